"""Builds parts of the house: what lets things go, its shelves with the limits of `[retention]`; what reads files; what turns
the host off; what reads sensors; who starts spoolers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial

from hydrogen.analysis.analyst import Analyst
from hydrogen.analysis.desk import AnalysisDesk
from hydrogen.analysis.kind import Kinds
from hydrogen.analysis.shelf import MOST_BYTES, AnalysisShelf
from hydrogen.auth.audit_files import FOLDER as AUDIT_FOLDER
from hydrogen.config import Configuration
from hydrogen.config_retention import RetentionSection
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.doctor.desk import DoctorDesk
from hydrogen.doctor.kernel_reader import KernelLogReader
from hydrogen.doctor.notebook import Notebook
from hydrogen.files.store import FileStore
from hydrogen.fleet.fleet import Fleet
from hydrogen.fleet.plugins import PluginShelf
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.sensors.guard import Hands, SensorGuard
from hydrogen.fleet.sensors.keeper import SensorKeeper
from hydrogen.fleet.sensors.sensor import ConfiguredSensor, sensors_by_device
from hydrogen.jobs.print_queue import PrintQueue
from hydrogen.jobs.store import JobStore
from hydrogen.operations.operation import Operation
from hydrogen.operations.printer_profile import PrinterProfile, profile_operations
from hydrogen.operations.system import host_operations
from hydrogen.retention.folder import FolderShelf, GroupShelf, LogShelf, SpoolShelf
from hydrogen.retention.keeper import RetentionKeeper
from hydrogen.retention.need import Need, need_of
from hydrogen.retention.policy import Limits
from hydrogen.retention.record import FilesShelf, HistoryShelf, ReceiptShelf
from hydrogen.retention.shelf import Shelf
from hydrogen.spooler.wire.launcher import SpoolerLauncher
from hydrogen.spooler.wire.socket_unit import SocketUnits
from hydrogen.system.clock_trust import is_clock_synchronised
from hydrogen.system.disk_watch import DiskThresholds, DiskWatch
from hydrogen.system.disturbance import DisturbanceWatch
from hydrogen.system.host_control import HostControl
from hydrogen.system.host_trouble import HostTroubleMemory
from hydrogen.system.sampler import HostSampler

ANALYSIS_FOLDER = "analysis"
"""Names begin with the digest of the file that they are of."""


def make_launcher(configuration: Configuration, *, own_spoolers: bool) -> SpoolerLauncher | SocketUnits:
    """Who starts spoolers; with own_spoolers it is always us."""
    server = configuration.server
    if server.spoolers == "socket" and not own_spoolers:
        return SocketUnits(server.runtime_dir)
    return SpoolerLauncher(server.runtime_dir, own=own_spoolers)


def make_retention(
    configuration: Configuration,
    *,
    store: JobStore,
    files: FileStore,
    queue: PrintQueue,
    fleet: Fleet,
    context: Context,
    bus: Bus,
    clock: Clock,
    log: Log,
    is_clock_right: Callable[[], bool] = is_clock_synchronised,
) -> RetentionKeeper:
    """Listening to the bus already."""

    def need() -> Need:
        return need_of(context.state, queue.book.entries, fleet.attached)

    keeper = RetentionKeeper(
        make_shelves(configuration, store=store, files=files),
        need=need,
        state=lambda: context.state,
        is_clock_right=is_clock_right,
        clock=clock,
        log=log,
    )
    bus.listen(keeper.on_published, name=keeper.name)
    return keeper


def make_shelves(configuration: Configuration, *, store: JobStore, files: FileStore) -> list[Shelf]:
    """Caches first: they are what a full disk can do without most easily."""
    section, server = configuration.retention, configuration.server
    data_dir = server.data_dir
    analyses = Limits(days=_limit(section.analysis_days), most_bytes=MOST_BYTES, is_cache=True)
    return [
        GroupShelf("analysis", data_dir / ANALYSIS_FOLDER, analyses, ends="-."),
        LogShelf("log", server.runtime_dir, "*.log", Limits(each_bytes=section.log_bytes)),
        FolderShelf("damaged", data_dir, "hydrogen.db.damaged-*", Limits(days=_limit(section.damaged_days))),
        SpoolShelf(data_dir / "spool", Limits(days=section.spool_days)),
        FolderShelf(
            "audit",
            data_dir / AUDIT_FOLDER,
            "audit-*.jsonl",
            Limits(days=_limit(section.audit_days)),
            keeps_last=True,
        ),
        ReceiptShelf(data_dir / "receipts", store, Limits(days=_limit(section.receipt_days), most=section.receipts)),
        HistoryShelf(store, Limits(days=_limit(section.history_days), most=section.history_jobs or None)),
        FilesShelf(files, Limits(days=_limit(section.files_days), most_bytes=section.files_bytes or None)),
    ]


def make_disk_watch(section: RetentionSection) -> DiskWatch:
    """With the configured thresholds."""
    return DiskWatch(DiskThresholds(low_bytes=section.disk_low_bytes, critical_bytes=section.disk_critical_bytes))


def _limit(days: float) -> float | None:
    return days or None


def make_host_watch(
    configuration: Configuration, *, context: Context, bus: Bus, is_watched: Callable[[], bool], clock: Clock, log: Log
) -> tuple[HostSampler, HostTroubleMemory]:
    """What measures the host, and what remembers its troubles; both and the watch over the links listen from now on."""
    memory = HostTroubleMemory()
    sampler = HostSampler(
        context=context,
        clock=clock,
        data_dir=configuration.server.data_dir,
        disk_watch=make_disk_watch(configuration.retention),
        is_watched=is_watched,
        log=log,
    )
    disturbances = DisturbanceWatch(lambda event: context.publish(memory.stamped(event)))
    bus.listen(memory.on_published, name="host trouble")
    bus.listen(disturbances.on_published, name="link disturbances")
    bus.listen(sampler.on_published, name=sampler.name)
    return sampler, memory


def make_doctor(*, context: Context, bus: Bus, clock: Clock) -> DoctorDesk:
    """It takes notes from now on."""
    notebook = Notebook()
    bus.listen(notebook.on_published, name="doctor")
    return DoctorDesk(context=context, notebook=notebook, clock=clock, read_kernel=KernelLogReader(clock).read)


def make_analyses(
    configuration: Configuration,
    printers: Sequence[ConfiguredPrinter],
    *,
    files: FileStore,
    context: Context,
    bus: Bus,
    clock: Clock,
    log: Log,
) -> tuple[AnalysisDesk, Analyst]:
    """What clients ask about files, and what has them read; it hears of every file from now on."""
    shelf = AnalysisShelf(configuration.server.data_dir / ANALYSIS_FOLDER)
    kinds = Kinds({p.name: (p.limits, p.machine) for p in printers}, lambda: context.state.printers)
    desk = AnalysisDesk(files=files, shelf=shelf, kinds=kinds, publish=context.publish, wall=clock.wall)
    analyst = Analyst(files.resolve, shelf=shelf, known=desk.known, on_end=desk.on_end, log=log)
    desk.work_with(analyst)
    bus.listen(desk.on_published, name="analysis")
    return desk, analyst


def make_profile_operations(printers: Sequence[ConfiguredPrinter]) -> list[Operation]:
    """What clients are told of what is configured of a printer."""
    profiles = {
        one.name: PrinterProfile(
            low_mm=one.machine.low_mm,
            high_mm=one.machine.high_mm,
            celsius=one.machine.celsius,
            presets=tuple(asdict(preset) for preset in one.display.presets),
        )
        for one in printers
    }
    return profile_operations(profiles.__getitem__)


def make_host_control(configuration: Configuration, log: Log) -> HostControl:
    """What turns the host off, by the programs of `[host]`, and what begins the service anew."""
    host = configuration.host
    return HostControl({"shutdown": host.shutdown_command, "reboot": host.reboot_command}, log=log)


def make_host_operations(control: HostControl, context: Context) -> list[Operation]:
    """What can be done to the host; never while it would cost a job."""
    return host_operations(
        control, lambda: [name for name, one in context.state.printers.items() if one.job is not None]
    )


def make_sensors(
    sensors: Sequence[ConfiguredSensor], *, hands: Hands, context: Context, clock: Clock, log: Log
) -> list[SensorKeeper]:
    """What reads the sensors, one service for each device. hands: what reaches the printers."""
    shelf = PluginShelf()
    make_guard = partial(SensorGuard, context=context, hands=hands, clock=clock, log=log)
    return [
        SensorKeeper(
            device,
            make_driver=partial(shelf.sensor_driver, device[0].driver, device[0].settings),
            make_guard=make_guard,
            context=context,
            clock=clock,
            log=log,
        )
        for device in sensors_by_device(sensors)
    ]
