"""The composition root of the service: configuration in, objects out, wired once, handed to the supervisor.

Everything that is built is built here, and nothing is looked up later. The order of the services is the order in which
they start: the folder is taken, the record opened, the ports bound and announced (clients are served from here on), then
come the printers. They are released in the reverse order.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from hydrogen import __version__
from hydrogen.access import Access, FrontDoor
from hydrogen.auth.app_keys import AppKeys
from hydrogen.catalogue import Parts, make_registry
from hydrogen.config import Configuration, configured_printers
from hydrogen.config_report import configuration_report
from hydrogen.config_sensor import configured_sensors
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.log_ring import LogRing
from hydrogen.core.service import Service
from hydrogen.core.supervisor import ShutdownLimits, Supervisor
from hydrogen.errors import HydrogenError
from hydrogen.files.digest import DigestIndex
from hydrogen.files.space import Space
from hydrogen.files.store import FileStore
from hydrogen.files.unpacking import unpack
from hydrogen.files.watch import ACTOR as WATCHED_FOLDER
from hydrogen.files.watch import FileWatch
from hydrogen.fleet.discovery import PortDesk
from hydrogen.fleet.fleet import Fleet
from hydrogen.fleet.hotplug import PortWatch
from hydrogen.fleet.left_spooler import LeftSpoolers
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.runtime import Announcement, RuntimeFolder, ServiceRecord
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.fleet.temperature_history import TemperatureHistory
from hydrogen.housekeeping import (
    make_analyses,
    make_doctor,
    make_host_control,
    make_host_watch,
    make_launcher,
    make_retention,
    make_sensors,
)
from hydrogen.jobs.ids import JobIds
from hydrogen.jobs.needs import JobNeeds
from hydrogen.jobs.print_queue import PrintQueue
from hydrogen.jobs.receipts import HostWatch, ReceiptShelf, RecordKeeper
from hydrogen.jobs.store import JobStore
from hydrogen.mdns.announced import HouseCard
from hydrogen.mdns.announcer import BoundHosts, announcers_of
from hydrogen.model.events import ErrorRaised
from hydrogen.model.printer import ErrorReport, PrinterState
from hydrogen.model.state import State
from hydrogen.moonraker.mount import mount_moonraker
from hydrogen.octoprint.mount import mount_octoprint
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.repeat_file import FILE_NAME, RepeatFile
from hydrogen.port_settings import web_settings, websocket_settings
from hydrogen.printer_book import PrinterBook
from hydrogen.retention.keeper import RetentionKeeper
from hydrogen.spooler.wire.client import Launcher, SpoolerClient
from hydrogen.system.host_control import RESTART
from hydrogen.system.host_metric import Places
from hydrogen.system.host_trouble import HostTroubleMemory
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.system.metric_source import MetricSource
from hydrogen.system.sampler import HostSampler
from hydrogen.web.house import WebHouse
from hydrogen.web.server import WebServer
from hydrogen.websocket.server import WebSocketServer
from hydrogen.webui.mount import mount_dashboard

SHUTDOWN_LIMITS = ShutdownLimits()
"""The interface document's numbers: 2 s for clients, 5 s for tasks; 9.5 s in all."""

OWN_SPOOLERS_LIMITS = ShutdownLimits(stop_tasks_seconds=5.5, release_seconds=1.7)
"""9.7 s in all; most of it for spoolers of our own, which need up to 6.5 s to stop a job with the heaters off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What the command line adds to the configuration.

    own_spoolers: they and their jobs end with the service. has_lifeline: so does the service, when its standard input ends.
    may_restart: asked on SIGHUP; raises HydrogenError when the configuration as it stands now would not start, and then nothing
    happens. keeps_changes: is what clients add to the configuration still there in the next life? log_ring: where the log's
    last lines are kept; None for a house whose log nobody can ask for.
    """

    own_spoolers: bool = False
    has_lifeline: bool = False
    may_restart: Callable[[], object] = lambda: None
    keeps_changes: bool = True
    log_ring: LogRing | None = None


class Hydrogen:
    """One life of the service: build, run, end. Nothing is open before `run`."""

    def __init__(
        self, configuration: Configuration, access: Access, *, options: ServeOptions, clock: Clock, log: Log
    ) -> None:
        self._configuration = configuration
        self._options = options
        self._clock = clock
        self._log = log
        self.is_started = False
        self._printers = printers = configured_printers(configuration)
        sensors = configured_sensors(configuration.sensors, configuration.printers)
        self._epoch = secrets.token_hex(8)
        self._log_ring = options.log_ring or LogRing(clock)
        self._bus = Bus(self._report)
        self._context = Context(epoch=self._epoch, initial=_initial_state(printers, sensors), bus=self._bus)
        self._folder = RuntimeFolder(
            configuration.server.runtime_dir, data_dir=configuration.server.data_dir, printers=printers
        )
        self._files = self._make_files()
        self._job_ids = JobIds(clock)
        self._store = JobStore(configuration.server.data_dir / "hydrogen.db", clock, on_trouble=self._report)
        self._record_keeper = self._make_record_keeper()
        self._host_sampler, self._host_trouble = self._make_host_watch()
        self._launcher = make_launcher(configuration, own_spoolers=options.own_spoolers)
        self._displays = {one.name: one.display for one in printers}
        self._fleet = self._make_fleet(printers)
        self._sensors = make_sensors(sensors, hands=self._fleet, context=self._context, clock=clock, log=log)
        self._port_desk = PortDesk(printers)
        self._queue = self._make_queue()
        self._analyses, self._analyst = make_analyses(
            configuration, printers, files=self._files, context=self._context, bus=self._bus, clock=clock, log=log
        )
        self._retention = self._make_retention()
        self._temperatures = TemperatureHistory()
        self._bus.listen(self._temperatures.on_published, name="temperature history")
        self._file_watch = self._make_file_watch()
        self._door = FrontDoor(configuration, access, report=self._report, clock=clock, log=log)
        self._figures = WebSocketFigures()
        self._status = StatusBuilder(clock=clock, epoch=self._epoch, version=__version__, figures=self._figures)
        self._repeat_file = RepeatFile(
            configuration.server.data_dir / FILE_NAME,
            adopt=lambda results: self._repeats.adopt(results),
            clock=clock,
            log=log,
        )
        self._repeats = RepeatMemory(clock=clock, record=self._repeat_file)
        self.registry = self._make_registry()
        self._settings = websocket_settings(configuration, access)
        self._websocket = self._make_websocket()
        self._metrics = self._make_metrics()
        self.web_house = self._make_web_house()
        self._web = WebServer(web_settings(configuration, access), self.web_house)
        limits = OWN_SPOOLERS_LIMITS if options.own_spoolers else SHUTDOWN_LIMITS
        self.supervisor = Supervisor(self._services(access), clock=clock, log=log, report=self._report, limits=limits)

    @property
    def bound_port(self) -> int:
        return self._websocket.bound_port

    @property
    def is_serving(self) -> bool:
        """Can clients come in? False before the start and during the end."""
        return self._websocket.is_serving

    @property
    def state(self) -> State:
        """What is true now."""
        return self._context.state

    @property
    def app_keys(self) -> AppKeys:
        """The desk where apps get keys of their own."""
        return self._door.app_keys

    def will_come_back(self) -> None:
        """The end of this life is a restart: spoolers are left as they are."""
        self._fleet.will_come_back()

    def _services(self, access: Access) -> Sequence[Service]:
        return (
            self._folder,
            self._door.audit,
            self._store,
            self._repeat_file,
            *self._door.services,
            self._queue,
            self._file_watch,
            self._websocket,
            *([self._web] if self._configuration.web.enabled else []),
            Announcement(self._folder, self._record),
            *self._make_announcers(access),
            self._analyst,
            self._make_left_spoolers(),
            self._fleet,
            *self._sensors,
            PortWatch(self._fleet, clock=self._clock, log=self._log),
            self._host_sampler,
            self._retention,
        )

    def _make_port(self, name: str, *, launcher: Launcher | None) -> SpoolerClient:
        folder, epoch = self._configuration.server.runtime_dir, self._epoch
        return SpoolerClient(name, folder, self._clock, version=__version__, instance=epoch, launcher=launcher)

    def _make_left_spoolers(self) -> LeftSpoolers:
        return LeftSpoolers(
            self._configuration.server.runtime_dir,
            printers=self._fleet.names,
            make_port=partial(self._make_port, launcher=None),
            log=self._log,
        )

    def _make_fleet(self, printers: Sequence[ConfiguredPrinter]) -> Fleet:
        return Fleet(
            printers,
            context=self._context,
            clock=self._clock,
            log=self._log,
            make_port=partial(self._make_port, launcher=self._launcher),
            keep_fact=self._record_keeper.keep,
            own_spoolers=self._options.own_spoolers,
            is_outdated=self._folder.is_outdated,
            end_own=self._launcher.close,
            annotate=self._host_trouble.stamped,
        )

    def _make_host_watch(self) -> tuple[HostSampler, HostTroubleMemory]:
        return make_host_watch(
            self._configuration,
            context=self._context,
            bus=self._bus,
            is_watched=lambda: self._figures.active_connections > 0,
            clock=self._clock,
            log=self._log,
        )

    def _make_files(self) -> FileStore:
        data_dir, section = self._configuration.server.data_dir, self._configuration.files
        folder = data_dir / "files"
        return FileStore(
            folder,
            needs=JobNeeds(state=lambda: self._context.state, book=lambda: self._queue.book),
            tell=self._context.publish,
            index=DigestIndex(data_dir / "digests.jsonl"),
            unpack=unpack,
            space=Space(folder, reserve_bytes=section.reserve_bytes),
            clock=self._clock,
            limit_bytes=section.max_upload_bytes,
        )

    def _make_file_watch(self) -> FileWatch:
        section = self._configuration.files
        return FileWatch(
            self._files,
            watched=section.watched_folder,
            enqueue=partial(self._queue.add, actor=WATCHED_FOLDER) if section.watched_folder_queue else None,
            report=self._report,
            clock=self._clock,
            log=self._log,
            is_watched=lambda: self._figures.active_connections > 0,
        )

    def _make_record_keeper(self) -> RecordKeeper:
        watch = HostWatch()
        self._bus.listen(watch.on_published, name="host watch")
        shelf = ReceiptShelf(self._configuration.server.data_dir / "receipts")
        return RecordKeeper(self._store, shelf, watch)

    def _make_queue(self) -> PrintQueue:
        return PrintQueue(
            store=self._store,
            hands=self._fleet,
            files=self._files,
            ids=self._job_ids,
            context=self._context,
            bus=self._bus,
            clock=self._clock,
            log=self._log,
            on_trouble=self._report,
        )

    def _make_retention(self) -> RetentionKeeper:
        return make_retention(
            self._configuration,
            store=self._store,
            files=self._files,
            queue=self._queue,
            fleet=self._fleet,
            context=self._context,
            bus=self._bus,
            clock=self._clock,
            log=self._log,
        )

    def _make_metrics(self) -> MetricSource:
        server = self._configuration.server
        return MetricSource(
            context=self._context,
            bus=self._bus,
            figures=self._figures,
            lag=self._websocket.lag,
            places=Places(data_dir=server.data_dir, runtime_dir=server.runtime_dir),
            version=__version__,
            clock=self._clock,
        )

    def _make_web_house(self) -> WebHouse:
        return WebHouse(
            authority=self._door.authority,
            proxies=self._door.proxies,
            tls=self._door.tls,
            audit=self._door.audit,
            registry=self.registry,
            context=self._context,
            bus=self._bus,
            analyses=self._analyses,
            files=self._files,
            data_dir=self._configuration.server.data_dir,
            status=self._status,
            figures=self._figures,
            metrics=self._metrics,
            version=__version__,
            configuration=lambda: configuration_report(self._configuration),
            report=self._report,
            clock=self._clock,
            log=self._log,
            terminal=self._websocket.terminal,
            app_keys=self._door.app_keys,
            displays=self._displays,
            mounts=(mount_octoprint, mount_moonraker, mount_dashboard),
        )

    def _make_announcers(self, access: Access) -> Sequence[Service]:
        if not self._configuration.mdns.enabled:
            return ()
        card = HouseCard(
            host=socket.gethostname().partition(".")[0],
            version=__version__,
            printers=tuple(self._context.state.printers),
        )
        web_host = web_settings(self._configuration, access).host if self._configuration.web.enabled else None
        hosts = BoundHosts(web=web_host, websocket=self._settings.host, is_tls=self._door.tls is not None)
        return announcers_of(card, hosts, self._configuration.server.data_dir, self._figures, self._log)

    def _make_printer_book(self, restart: Callable[[], Awaitable[None]]) -> PrinterBook:
        return PrinterBook(
            self._configuration,
            state=lambda: self._context.state,
            may_restart=self._options.may_restart,
            restart=restart,
            dismiss=self._fleet.dismiss,
            keeps_changes=self._options.keeps_changes,
        )

    def _make_registry(self) -> Registry:
        host = make_host_control(self._configuration, self._log)
        return make_registry(
            Parts(
                configuration=self._configuration,
                context=self._context,
                door=self._door,
                fleet=self._fleet,
                files=self._files,
                store=self._store,
                job_ids=self._job_ids,
                queue=self._queue,
                analyses=self._analyses,
                temperatures=self._temperatures,
                printers=self._printers,
                printer_book=self._make_printer_book(partial(host.perform, RESTART)),
                status=self._status,
                host=host,
                ports=self._port_desk,
                log_ring=self._log_ring,
                retention=self._retention,
                doctor=make_doctor(context=self._context, bus=self._bus, clock=self._clock),
                repeats=self._repeats,
                clock=self._clock,
                log=self._log,
            )
        )

    def _make_websocket(self) -> WebSocketServer:
        return WebSocketServer(
            self._settings,
            context=self._context,
            bus=self._bus,
            registry=self.registry,
            authority=self._door.authority,
            proxies=self._door.proxies,
            tls=self._door.tls,
            status=self._status,
            figures=self._figures,
            fleet=self._fleet,
            clock=self._clock,
            log=self._log,
        )

    def _record(self) -> ServiceRecord:
        return ServiceRecord(
            pid=os.getpid(),
            epoch=self._epoch,
            version=__version__,
            websocket_host=self._settings.host,
            websocket_port=self._websocket.bound_port,
            data_dir=str(self._configuration.server.data_dir),
            started_at=self._clock.wall(),
            web_port=self._web.bound_port,
            certificate=str(self._configuration.tls.certificate or ""),
        )

    def _report(self, name: str, error: BaseException) -> None:
        """Tell the clients that a part of the house failed; what exactly is in the log, under the incident's id."""
        if isinstance(error, HydrogenError):
            code, message, details = error.code, f"{name}: {error.message}", dict(error.details)
        else:
            incident = secrets.token_hex(4)
            self._log.error("defect met", part=name, incident=incident, error=error)
            code, message, details = "server_error", f"{name} failed (incident {incident})", {"incident": incident}
        report = ErrorReport(code=code, message=message, details=MappingProxyType(details))
        self._context.publish(ErrorRaised(at=self._clock.wall(), error=report))


def _initial_state(printers: Sequence[ConfiguredPrinter], sensors: Sequence[ConfiguredSensor]) -> State:
    return State(
        printers=MappingProxyType(
            {p.name: PrinterState(driver=p.driver, port=p.port, baud=p.baud) for p in printers},
        ),
        sensors=MappingProxyType({sensor.name: sensor.initial_state for sensor in sensors}),
    )
