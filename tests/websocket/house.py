"""A house with a WebSocket and a fleet that does what the test says; clients over real sockets on a free port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from hydrogen.auth.authority import Authority
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.rate_limit import RateLimit
from hydrogen.auth.session_store import SessionStore
from hydrogen.auth.sessions import SessionTokens
from hydrogen.auth.throttle import FailedLogins, ThrottleLimits
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.model.events import Event, TemperatureMeasured
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.operations.file import file_operations
from hydrogen.operations.freshness import Freshness
from hydrogen.operations.job import job_operations
from hydrogen.operations.operation import Operation
from hydrogen.operations.printer import printer_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from hydrogen.operations.system import system_operations
from hydrogen.spooler.request import Request
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.websocket.context import WebSocketSettings
from hydrogen.websocket.server import WebSocketServer
from tests.operations.fleet import DirectStarter, Ledger
from tests.support.recording_log import RecordingLog
from tests.websocket.frame_check import check_frame

KEY = "test-key-0123456789"
READER_KEY = "reader-key-0123456789"
BENCH_KEY = "bench-key-0123456789"
DEADLINE_SECONDS = 20.0

HANDSHAKE = (
    f"GET /?key={KEY} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
).encode()


class ObedientFleet:
    """Two printers, `ender3` and `voron`; remembers every request; `behave` decides what a request answers."""

    def __init__(self, names: tuple[str, ...] = ("ender3", "voron")) -> None:
        self.names = names
        self.requests: list[tuple[str, Request]] = []
        self.changed = asyncio.Event()
        self.behave: Callable[[str, Request], Awaitable[Mapping[str, Any]]] | None = None

    def resolve(self, printer: str | None) -> str:
        if printer is None:
            if len(self.names) != 1:
                raise InvalidMessage("there are several printers: say which", field="printer")
            return self.names[0]
        if printer not in self.names:
            raise NotFound(f"unknown printer {printer!r}", printer=printer)
        return printer

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        self.requests.append((printer, request))
        self.changed.set()
        return {} if self.behave is None else await self.behave(printer, request)


class EmptyShelf:
    """A files folder with one file, `cube.gcode`."""

    async def list(self) -> list[Any]:
        return []

    async def folders(self) -> list[str]:
        return []

    def free_bytes(self) -> int:
        return 0

    def resolve(self, path: str) -> Path:
        if path != "cube.gcode":
            raise NotFound(f"no file {path!r}", file=path)
        return Path("/files/cube.gcode")

    def name_of(self, path: str) -> str:
        return path


class CountingIds:
    def __init__(self) -> None:
        self.given = 0

    def new(self) -> str:
        self.given += 1
        return f"job{self.given}"


class Client:
    """A client that speaks JSON. Frames come in order; `first(type)` skips those of other types."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, body: Any) -> None:
        await self.socket.send(json.dumps(body))

    async def send_text(self, text: str | bytes) -> None:
        await self.socket.send(text)

    async def frame(self) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE_SECONDS):
            text = await self.socket.recv()
        assert isinstance(text, str)
        body = json.loads(text)
        assert isinstance(body, dict)
        check_frame(body)
        return body

    async def first(self, *types: str) -> dict[str, Any]:
        while True:
            body = await self.frame()
            if body["type"] in types:
                return body

    async def answer_to(self, message_id: str) -> dict[str, Any]:
        while True:
            body = await self.frame()
            if body.get("id") == message_id:
                return body

    async def ask(self, **message: Any) -> dict[str, Any]:
        """Send it with an id of its own and wait for what comes back."""
        await self.send({"id": "ask", **message})
        return await self.answer_to("ask")

    async def command(self, operation: str, *, printer: str | None = "ender3", **params: Any) -> dict[str, Any]:
        where = {} if printer is None else {"printer": printer}
        return await self.ask(type="command", operation=operation, params=params, **where)

    async def closed(self) -> int | None:
        """Read on until the end; the close code (1006 if there was no close frame)."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            try:
                while True:
                    await self.socket.recv()
            except ConnectionClosed:
                return self.socket.close_code


@dataclass
class House:
    """A running server and what it is made of."""

    server: WebSocketServer
    context: Context
    bus: Bus
    fleet: ObedientFleet
    figures: WebSocketFigures
    log: RecordingLog
    stack: AsyncExitStack
    authority: Authority

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.server.bound_port}/"

    @property
    def members(self) -> tuple[Any, ...]:
        """The server's side of the clients."""
        return self.server._broadcaster.members

    @property
    def guests(self) -> int:
        """TCP connections, those still at the door among them."""
        return len(self.server._lobby.guests)

    async def client(self, path: str = "", *, key: str | None = KEY, **options: Any) -> Client:
        headers = {} if key is None else {"Authorization": f"Key {key}"}
        options.setdefault("subprotocols", ["hydrogen-protocol"])
        socket = await connect(
            self.url + path,
            additional_headers=headers | options.pop("headers", {}),
            compression=None,
            proxy=None,
            **options,
        )
        self.stack.push_async_callback(_cut, socket)
        return Client(socket)

    async def greeted(self, path: str = "", **options: Any) -> Client:
        """A client behind its first status and snapshot."""
        client = await self.client(path, **options)
        await client.first("snapshot")
        return client

    def publish(self, *events: Event) -> None:
        for event in events:
            self.context.publish(event)

    def heat(self, celsius: float, printer: str = "ender3", heater: str = "tool0") -> None:
        self.publish(TemperatureMeasured(at=1.0, printer=printer, heater=heater, actual_celsius=celsius))


async def _cut(socket: ClientConnection) -> None:
    socket.transport.abort()
    await socket.wait_closed()


def key_ring() -> KeyRing:
    return KeyRing(
        [
            ApiKey(key=KEY, principal=Principal(name="owner")),
            ApiKey(key=READER_KEY, principal=Principal(name="reader", scopes=frozenset({"read"}))),
            ApiKey(key=BENCH_KEY, principal=Principal(name="guest", printers=frozenset({"voron"}))),
        ]
    )


def make_house(
    fleet: ObedientFleet,
    clock: Clock,
    extra: tuple[Operation, ...],
    options: dict[str, Any],
    stack: AsyncExitStack,
    proxies: TrustedProxies | None = None,
    command_limit: RateLimit | None = None,
    login_limits: ThrottleLimits | None = None,
) -> House:
    failures: list[tuple[str, BaseException]] = []
    bus = Bus(lambda name, error: failures.append((name, error)))

    def look_at_failures() -> None:
        assert failures == []

    stack.callback(look_at_failures)
    printers = MappingProxyType({name: PrinterState(status=PrinterStatus.IDLE) for name in fleet.names})
    context = Context(epoch="b7c1", initial=State(printers=printers), bus=bus)
    settings = replace(WebSocketSettings(port=0, status_interval_seconds=60.0), **options)
    figures = WebSocketFigures()
    status = StatusBuilder(clock=clock, epoch="b7c1", version="0.0.1", figures=figures)
    shelf = EmptyShelf()
    operations = [
        *printer_operations(fleet),
        *job_operations(fleet, shelf, CountingIds(), DirectStarter(fleet), Ledger()),
        *file_operations(shelf),
        *system_operations(status),
        *extra,
    ]
    log = RecordingLog()
    folder = Path(stack.enter_context(TemporaryDirectory()))
    sessions = SessionTokens(SessionStore(folder), clock=clock)
    failed_logins = FailedLogins(clock=clock, limits=login_limits)
    authority = Authority(key_ring(), clock=clock, sessions=sessions, failed_logins=failed_logins)
    server = WebSocketServer(
        settings,
        context=context,
        bus=bus,
        registry=Registry(
            operations,
            fleet=fleet,
            repeats=RepeatMemory(clock=clock),
            freshness=Freshness(clock=clock, is_synchronised=lambda: True),
            limit=command_limit,
        ),
        authority=authority,
        proxies=proxies or TrustedProxies(),
        tls=None,
        status=status,
        figures=figures,
        fleet=fleet,
        clock=clock,
        log=log,
    )
    return House(server, context, bus, fleet, figures, log, stack, authority)
