"""A running HTTP port for every test that asks for one."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from hydrogen.analysis.desk import AnalysisDesk
from hydrogen.analysis.kind import Kind
from hydrogen.analysis.shelf import AnalysisShelf
from hydrogen.auth.app_keys import AppKeys
from hydrogen.auth.audit import AuditLog
from hydrogen.auth.audit_files import AuditFiles
from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import OriginRule
from hydrogen.auth.key_store import KeyStore, usable_entries
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.session_store import SessionStore
from hydrogen.auth.sessions import SessionTokens
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.core.context import Context
from hydrogen.core.log_ring import LogRing
from hydrogen.files.store import FileStore
from hydrogen.fleet.printer import PrinterDisplay, TemperaturePreset, Webcam
from hydrogen.fleet.temperature_history import TemperatureHistory
from hydrogen.jobs.ids import JobIds
from hydrogen.model.job import JobState
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.moonraker.mount import mount_moonraker
from hydrogen.octoprint.mount import mount_octoprint
from hydrogen.operations.app_key import app_key_operations
from hydrogen.operations.backlog import queue_operations
from hydrogen.operations.file import file_operations
from hydrogen.operations.job import job_operations
from hydrogen.operations.log import log_operations
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.system import host_operations, system_operations
from hydrogen.operations.temperature import temperature_operations
from hydrogen.system.host_control import HostControl
from hydrogen.system.host_metric import Places
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.system.metric_source import MetricSource
from hydrogen.system.service_metric import ClientLag
from hydrogen.web.house import WebHouse
from hydrogen.web.server import WebServer
from hydrogen.web.settings import WebSettings
from tests.operations.fleet import DirectStarter, Ledger, WillingFleet
from tests.operations.test_operations_backlog import IdleQueue
from tests.support.http_peer import Answer, ask
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

KEY = "web-test-key-01"
READER_KEY = "web-reader-key-01"
UPLOAD_KEY = "web-upload-key-01"
BLIND_KEY = "web-blind-key-01"
PAGE = "https://panel.example"

StartWeb = Callable[..., Awaitable["Web"]]

DISPLAYS = {
    "ender3": PrinterDisplay(
        webcam=Webcam(
            name="Bed", stream_url="http://pi:8080/?action=stream", snapshot_url="http://pi:8080/?action=snapshot"
        ),
        presets=(TemperaturePreset(name="PLA", nozzle_celsius=205.0, bed_celsius=60.0),),
    )
}


def key_ring() -> KeyRing:
    return KeyRing(
        [
            ApiKey(key=KEY, principal=Principal(name="owner")),
            ApiKey(key=READER_KEY, principal=Principal(name="reader", scopes=frozenset({"read"}))),
            ApiKey(key=UPLOAD_KEY, principal=Principal(name="slicer", scopes=frozenset({"read", "files"}))),
            ApiKey(key=BLIND_KEY, principal=Principal(name="blind", scopes=frozenset({"print"}))),
        ]
    )


def house_context(bus: Bus) -> Context:
    """A house with one printer that prints."""
    job = JobState(id="j1", file="cube.gcode", fraction=0.25, remaining_seconds=90.0, started_at=1_700_000_000.0)
    printer = PrinterState(status=PrinterStatus.PRINTING, driver="marlin", job=job)
    state = State(printers=MappingProxyType({"ender3": printer}))
    return Context(epoch="e", initial=state, bus=bus)


class RecordingTerminal:
    """Remembers whose conversation was wanted last, and by whom."""

    def __init__(self) -> None:
        self.wanted: dict[str, frozenset[str]] = {}

    def want(self, printers: frozenset[str], *, by: str) -> None:
        self.wanted[by] = printers


@dataclass
class Web:
    server: WebServer
    authority: Authority
    figures: WebSocketFigures
    log: RecordingLog
    fleet: WillingFleet
    queue: IdleQueue
    shelf: AnalysisShelf
    files: FileStore
    context: Context
    logs: LogRing
    terminal: RecordingTerminal
    app_keys: AppKeys
    reports: list[tuple[str, BaseException]] = field(default_factory=list)

    @property
    def port(self) -> int:
        return self.server.bound_port

    async def ask(
        self,
        method: str,
        path: str,
        *,
        key: str | None = KEY,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Answer:
        given = {} if key is None else {"Authorization": f"Key {key}"}
        return await ask(self.port, method, path, headers={**given, **(headers or {})}, body=body)


@pytest.fixture
async def start_web(tmp_path: Path) -> AsyncIterator[StartWeb]:
    async with AsyncExitStack() as stack:

        async def start(
            *,
            clock: Clock | None = None,
            proxies: TrustedProxies | None = None,
            tls: ssl.SSLContext | None = None,
            store: Mapping[str, Any] | None = None,
            **settings: Any,
        ) -> Web:
            clock = clock or SystemClock()
            log, figures, reports = RecordingLog(), WebSocketFigures(), []  # type: ignore[var-annotated]
            audit_files = AuditFiles(tmp_path)
            authority = Authority(
                key_ring(),
                clock=clock,
                origins=OriginRule([PAGE]),
                sessions=SessionTokens(SessionStore(tmp_path), clock=clock),
            )
            audit = AuditLog(
                audit_files, clock=clock, log=log, report=lambda name, error: reports.append((name, error))
            )
            status = StatusBuilder(clock=clock, epoch="e", version="1.2.3", figures=figures)
            bus = Bus(lambda name, error: reports.append((name, error)))
            fleet, queue, context = WillingFleet(), IdleQueue(), house_context(bus)
            files = FileStore(tmp_path / "files", **(store or {}))
            files.folder.mkdir(exist_ok=True)
            logs = LogRing(clock)
            shelf = AnalysisShelf(tmp_path / "analysis")
            desk = AnalysisDesk(
                files=files, shelf=shelf, kinds=lambda: {"ender3": Kind()}, publish=print, wall=clock.wall
            )
            metrics = MetricSource(
                context=context,
                bus=bus,
                figures=figures,
                lag=ClientLag,
                places=Places(data_dir=tmp_path, runtime_dir=tmp_path),
                version="1.2.3",
                clock=clock,
            )
            terminal, temperatures = RecordingTerminal(), TemperatureHistory()
            bus.listen(temperatures.on_published, name="temperature history")

            async def take_keys() -> None:
                stored = usable_entries(KeyStore(tmp_path).records())
                authority.take_keys(key_ring().with_entries(stored))

            app_keys = AppKeys(KeyStore(tmp_path), on_stored=take_keys, clock=clock)
            house = WebHouse(
                analyses=desk,
                authority=authority,
                proxies=proxies or TrustedProxies(),
                tls=tls,
                audit=audit,
                registry=Registry(
                    [
                        *printer_operations(fleet),
                        *queue_operations(queue, fleet),
                        *job_operations(fleet, files, JobIds(clock), DirectStarter(fleet), Ledger()),
                        *file_operations(files),
                        *system_operations(status),
                        *host_operations(HostControl({}, log=log, begin_anew=lambda: None), lambda: ()),
                        *log_operations(logs),
                        *app_key_operations(app_keys.book),
                        *temperature_operations(temperatures),
                    ],
                    fleet=fleet,
                    repeats=RepeatMemory(clock=clock),
                    audit=audit,
                ),
                context=context,
                bus=bus,
                files=files,
                data_dir=tmp_path,
                displays=DISPLAYS,
                status=status,
                figures=figures,
                metrics=metrics,
                version="1.2.3",
                configuration=lambda: {"config": {"web": {"port": 0}}, "sources": {}},
                report=lambda name, error: reports.append((name, error)),
                clock=clock,
                log=log,
                terminal=terminal,
                app_keys=app_keys,
                mounts=(mount_octoprint, mount_moonraker),
            )
            server = WebServer(replace(WebSettings(port=0, allowed_origins=(PAGE,)), **settings), house)
            await server.start()
            stack.push_async_callback(server.release)
            stack.push_async_callback(server.close_clients)
            running = asyncio.create_task(server.run())
            stack.push_async_callback(_end, running)
            await wait_until(lambda: server.is_listening and server._listener._servers)  # type: ignore[union-attr]
            return Web(
                server, authority, figures, log, fleet, queue, shelf, files, context, logs, terminal, app_keys, reports
            )

        yield start


@pytest.fixture
async def web(start_web: StartWeb) -> Web:
    return await start_web()


async def _end(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.wait([running])
