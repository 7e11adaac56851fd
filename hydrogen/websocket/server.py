"""The service: binds the port, lets clients in, keeps them told, bids them farewell."""

from __future__ import annotations

import asyncio
import errno
import http
import logging
import random
import ssl
from collections.abc import Callable
from typing import Any, cast

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from hydrogen.auth.authority import Authority
from hydrogen.auth.host_rule import HostRule
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.core.service import Service
from hydrogen.core.tls import HANDSHAKE_SECONDS
from hydrogen.errors import Forbidden, PortsExhausted, Unavailable
from hydrogen.model.codec import encode_json
from hydrogen.operations.operation import PrinterFleet
from hydrogen.operations.registry import Registry
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.system.service_metric import ClientLag
from hydrogen.websocket.auth import Doorkeeper, Refusal
from hydrogen.websocket.broadcast import Broadcaster
from hydrogen.websocket.connection import ClientConnection, ClientSocket
from hydrogen.websocket.context import ServerContext, WebSocketSettings
from hydrogen.websocket.credentials import CredentialGuard
from hydrogen.websocket.dispatch import Dispatcher
from hydrogen.websocket.lobby import Lobby, Room
from hydrogen.websocket.outbox import HIGH_WATER_BYTES, LOW_WATER_BYTES
from hydrogen.websocket.terminal import TerminalTap, TraceSwitch

PORTS_TRIED = 10
"""The configured port and the nine behind it (5001 to 5010), as the interface document has it."""

REFUSALS_LOGGED = Rate(per_second=0.5, burst=10)
"""Lines about one address that is turned away."""

MESSAGES_PER_TURN = 8
"""Of one client before the others have their turn: one read from a socket can hold thousands of small messages."""

GUARD_INTERVAL_SECONDS = 1.0

RELEASE_TIMEOUT_SECONDS = 1.0

LIBRARY_GRACE_SECONDS = 1.0
"""More than ours: where we bid farewell, we cut off, with a reset."""

FIRST_STATUS_TIMEOUT_SECONDS = 0.5


class WebSocketServer(Service):
    """See the package's docstring for the parts."""

    name = "websocket"

    def __init__(
        self,
        settings: WebSocketSettings,
        *,
        context: Context,
        bus: Bus,
        registry: Registry,
        authority: Authority,
        proxies: TrustedProxies,
        tls: ssl.SSLContext | None,
        status: StatusBuilder,
        figures: WebSocketFigures,
        fleet: PrinterFleet,
        clock: Clock,
        log: Log,
    ) -> None:
        """tls None: plain text. status and figures: the same `figures` object that the builder reads."""
        self._settings = settings
        self._bus = bus
        self._fleet = fleet
        self._status = status
        self._figures = figures
        self._clock = clock
        self._log = log
        self._context = ServerContext(settings, house=context, status=status, figures=figures, clock=clock, log=log)
        self._authority = authority
        self._proxies = proxies
        self._tls = tls
        self._doorkeeper = Doorkeeper(authority=authority, subprotocol=settings.subprotocol)
        self._host_rule = HostRule(settings.allowed_hosts)
        self._lobby = _lobby_of(settings)
        handshakes = Rate(per_second=settings.handshakes_per_second, burst=settings.handshakes_burst)
        self._handshakes = RateLimit("handshakes", handshakes, clock=clock)
        self._refusals = RateLimit("refusals in the log", REFUSALS_LOGGED, clock=clock)
        self._refusals_left_out = 0
        self._switch = TraceSwitch(fleet, log=log)
        self._broadcaster = Broadcaster(self._context, self._switch)
        self._credentials = CredentialGuard(authority, self._broadcaster, clock=clock)
        self._dispatcher = Dispatcher(
            self._context, registry=registry, broadcaster=self._broadcaster, credentials=self._credentials
        )
        self._farewells: set[asyncio.Task[None]] = set()
        self._unlisten: list[Callable[[], None]] = []
        self._server: Server | None = None
        self._is_refusing = False

    @property
    def terminal(self) -> TerminalTap:
        """Where other surfaces say whose conversation they want."""
        return self._switch

    @property
    def bound_port(self) -> int:
        """The port that clients reach, 0 while there is none."""
        return self._figures.port

    @property
    def is_serving(self) -> bool:
        """Does the port listen?"""
        return self._server is not None and self._server.is_serving()

    def lag(self) -> ClientLag:
        """How far the clients are behind, for the metrics."""
        figures, boxes = self._figures, [m.outbox for m in self._broadcaster.members if not m.is_over]
        queued = [box.unsent_bytes for box in boxes]
        return ClientLag(
            blocked=sum(box.is_blocked for box in boxes),
            queued_bytes=sum(queued),
            most_queued_bytes=max(queued, default=0),
            merged=figures.merged_samples + sum(box.merged for box in boxes),
            lagged=figures.lags + sum(box.lags for box in boxes),
            cut=figures.cut_clients,
        )

    # ------------------------------------------------------------------------------------------------------- service

    async def start(self) -> None:
        """Bound and listening when it returns. Raises PortsExhausted with the reason of each port that was tried."""
        await self._status.refresh(timeout_seconds=FIRST_STATUS_TIMEOUT_SECONDS)
        self._server = await self._bind()
        self._figures.port = int(self._server.sockets[0].getsockname()[1])
        self._figures.protocol = self._settings.subprotocol
        self._figures.max_message_bytes = self._settings.max_message_bytes
        self._figures.started_at = self._clock.wall()
        self._unlisten = [
            self._bus.listen(self._broadcaster.on_published, name="websocket broadcast"),
            self._bus.listen(self._switch.on_published, name="websocket terminal"),
            self._authority.on_changed(self._credentials.look_after),
        ]
        self._log.info("websocket bound", host=self._settings.host, port=self.bound_port)

    async def run(self) -> None:
        """Status frames, the guard against slow clients, the host's figures, the terminal switch."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._tell_status(), name="websocket status")
            tasks.create_task(self._guard(), name="websocket guard")
            tasks.create_task(self._keep_fresh(), name="websocket figures")
            tasks.create_task(self._switch.run(), name="websocket terminal")

    def refuse(self) -> None:
        """New handshakes get 503 from now on; those inside are told by a status frame."""
        if not self._is_refusing:
            self._is_refusing = True
            self._figures.is_shutting_down = True
            self._broadcaster.send_status()

    async def close_clients(self) -> None:
        """Commands in flight may end, then everybody is closed with 1001; whoever does not answer is cut off."""
        self.refuse()
        await self._dispatcher.drain(self._settings.drain_seconds)
        for member in self._broadcaster.members:
            member.cut(1001, "server shutting down")
        if self._farewells:
            await asyncio.wait(self._farewells)

    async def release(self) -> None:
        """The port is free when it returns. May be called twice."""
        self.refuse()
        for unlisten in self._unlisten:
            unlisten()
        await self._dispatcher.close()
        server, self._server = self._server, None
        if server is not None:
            await self._close(server)
            self._figures.port = 0
            self._log.info("websocket closed")

    async def _close(self, server: Server) -> None:
        server.close(close_connections=False)
        for guest in self._lobby.guests:
            if isinstance(guest, ClientSocket):
                guest.abort()
        try:
            async with asyncio.timeout(RELEASE_TIMEOUT_SECONDS):
                await server.wait_closed()
            if self._farewells:
                await asyncio.wait(self._farewells, timeout=RELEASE_TIMEOUT_SECONDS)
        except TimeoutError:
            self._log.warning("websocket handlers did not end", connections=len(self._lobby.guests))

    # ---------------------------------------------------------------------------------------------------- the door

    async def _bind(self) -> Server:
        first = self._settings.port
        count = PORTS_TRIED if self._settings.port_fallback and first else 1
        reasons: dict[str, str] = {}
        for port in range(first, min(first + count, 65_536)):
            try:
                return await self._listen(port)
            except OSError as error:
                reasons[str(port)] = error.strerror or str(error)
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    break
                self._log.info("port not available", port=port, reason=reasons[str(port)])
        told = ", ".join(f"{port}: {reason}" for port, reason in reasons.items())
        raise PortsExhausted(f"the WebSocket could not be bound on {self._settings.host}: {told}", ports=reasons)

    async def _listen(self, port: int) -> Server:
        settings = self._settings

        def connection_for(protocol: Any, server: Server, **options: Any) -> ClientSocket:
            return ClientSocket(protocol, server, lobby=self._lobby, settings=settings, **options)

        return await serve(
            self._serve_client,
            settings.host,
            port,
            ssl=self._tls,
            ssl_handshake_timeout=None if self._tls is None else HANDSHAKE_SECONDS,
            process_request=self._answer_handshake,
            select_subprotocol=self._select_subprotocol,
            compression=None,
            server_header=None,
            open_timeout=settings.handshake_timeout_seconds,
            ping_interval=settings.ping_interval_seconds,
            ping_timeout=settings.ping_timeout_seconds,
            close_timeout=settings.grace_seconds + LIBRARY_GRACE_SECONDS,
            max_size=settings.max_message_bytes,
            write_limit=(HIGH_WATER_BYTES, LOW_WATER_BYTES),
            logger=_library_logger(self._log),
            create_connection=cast(type[ServerConnection], connection_for),
        )

    async def _answer_handshake(self, socket: ServerConnection, request: Request) -> Response | None:
        """None lets the client in; the order of the checks is that of auth.py."""
        assert isinstance(socket, ClientSocket)
        try:
            self._doorkeeper.check_path(request)
            self._check_peer(socket, request.headers)
            self._check_room(socket.address)
            self._check_host(request.headers)
            visit = await self._doorkeeper.admit(request, socket.address)
            self._check_seats(socket.address)  # somebody else may have taken the last one meanwhile
        except Refusal as refusal:
            self._log_refusal(socket.address, refusal)
            return _response_of(refusal)
        socket.come_in(visit)
        return None

    def _check_peer(self, socket: ClientSocket, headers: Headers) -> None:
        try:
            self._proxies.check(socket.address)
        except Forbidden as error:
            raise Refusal(403, error) from None
        socket.told_address = self._proxies.client_address(socket.address, headers.get_all("X-Forwarded-For"))

    def _log_refusal(self, address: str, refusal: Refusal) -> None:
        """Some lines of one address tell it all; a flood of them would push everything else out of the log."""
        if self._refusals.wait_seconds(address):
            self._refusals_left_out += 1
            return
        left_out, self._refusals_left_out = self._refusals_left_out, 0
        more = {"left_out": left_out} if left_out else {}
        reason = refusal.error.message
        self._log.info("client refused", address=address, status=refusal.status, reason=reason, **more)

    def _check_room(self, address: str) -> None:
        wait_seconds = random.randint(1, 5)
        if self._is_refusing:
            raise Refusal(503, Unavailable("the server is shutting down"), wait_seconds)
        if self._handshakes.wait_seconds(address):
            raise Refusal(503, Unavailable("too many handshakes from this address"), wait_seconds)
        self._check_seats(address)

    def _check_seats(self, address: str) -> None:
        if not self._lobby.has_room_for(address):
            raise Refusal(503, Unavailable("too many connections"), random.randint(1, 5))

    def _check_host(self, headers: Headers) -> None:
        try:
            self._host_rule.check(hosts=headers.get_all("Host"), origins=headers.get_all("Origin"))
        except Forbidden as error:
            raise Refusal(403, error) from None

    def _select_subprotocol(self, _socket: ServerConnection, offered: Any) -> Subprotocol | None:
        ours = Subprotocol(self._settings.subprotocol)
        return ours if ours in offered else None

    # ------------------------------------------------------------------------------------------------------- inside

    async def _serve_client(self, socket: ServerConnection) -> None:
        assert isinstance(socket, ClientSocket)
        if socket.visit is None or self._is_refusing:
            await socket.close(1001, "server shutting down")
            return
        connection = ClientConnection(
            socket, socket.visit, context=self._context, printers=self._fleet.names, cut=self._bid_farewell
        )
        self._figures.active_connections += 1
        self._figures.total_connections += 1
        self._log.info("client connected", address=socket.address, principal=connection.principal.name)
        try:
            connection.greet()
            self._broadcaster.join(connection)
            await self._read(connection)
        finally:
            connection.close()
            self._broadcaster.leave(connection)
            self._figures.active_connections -= 1
            self._log.info("client left", address=socket.address, close_code=socket.close_code)

    async def _read(self, connection: ClientConnection) -> None:
        messages = 0
        try:
            async for text in connection.socket:
                if connection.is_over:
                    continue
                self._dispatcher.receive(connection, text)
                messages += 1
                if messages % MESSAGES_PER_TURN == 0:
                    await asyncio.sleep(0)
        except ConnectionClosed:
            return

    def _bid_farewell(self, connection: ClientConnection, code: int, reason: str) -> None:
        self._broadcaster.leave(connection)
        task = asyncio.create_task(self._close_client(connection.socket, code, reason), name="websocket farewell")
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    async def _close_client(self, socket: ClientSocket, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(self._settings.grace_seconds):
                await socket.close(code, reason)
        except TimeoutError:
            socket.abort()

    # ------------------------------------------------------------------------------------------------------ at work

    async def _tell_status(self) -> None:
        while True:
            await until_beat(self._settings.status_interval_seconds)
            self._broadcaster.send_status()

    async def _guard(self) -> None:
        while True:
            await until_beat(GUARD_INTERVAL_SECONDS)
            self.look_after()

    def look_after(self) -> None:
        """Cut off those that have not read for too long or whose credentials are over; done every second."""
        self._broadcaster.cut_hopeless()
        self._credentials.look_after()

    async def _keep_fresh(self) -> None:
        """The figures of the machine, only while somebody looks."""
        while True:
            if self._broadcaster.members and self._status.is_stale:
                await self._status.refresh()
            await until_beat(2 * GUARD_INTERVAL_SECONDS)


def _lobby_of(settings: WebSocketSettings) -> Lobby:
    return Lobby(
        seats=Room(places=settings.max_connections, places_per_address=settings.max_connections_per_address),
        door=Room(places=settings.max_handshakes, places_per_address=settings.max_handshakes_per_address),
    )


def _response_of(refusal: Refusal) -> Response:
    body = encode_json({"error": refusal.error.as_wire()})
    headers = Headers()
    headers["Content-Type"] = "application/json"
    headers["Content-Length"] = str(len(body))
    headers["Connection"] = "close"
    if refusal.status == http.HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Key realm="hydrogen"'
    if refusal.retry_after_seconds is not None:
        headers["Retry-After"] = str(refusal.retry_after_seconds)
    return Response(refusal.status, http.HTTPStatus(refusal.status).phrase, headers, body)


class _LibraryLog(logging.Handler):
    """Hands the library's warnings to our log."""

    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"text": record.getMessage()}
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = record.exc_info[1]
        self._log.warning("websocket library complained", **fields)


def _library_logger(log: Log) -> logging.Logger:
    """A logger of our own: at level DEBUG the library's would write every request line, keys included."""
    logger = logging.Logger("hydrogen.websocket.library", level=logging.WARNING)
    logger.addHandler(_LibraryLog(log))
    return logger
