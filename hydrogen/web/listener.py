"""uvicorn's HTTP/1.1 on sockets of ours, without uvicorn's server: that one takes the signals and ticks ten times a second."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from hydrogen.auth.audit import AuditLog
from hydrogen.auth.authority import Authority
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.tls import HANDSHAKE_SECONDS
from hydrogen.system.info import StatusBuilder
from hydrogen.web.application import Report, make_application
from hydrogen.web.authentication import AuthenticationRoutes
from hydrogen.web.connection import LONGEST_HEAD_BYTES, HttpConnection
from hydrogen.web.door import Door
from hydrogen.web.settings import WebSettings
from hydrogen.web.system import SystemRoutes


class Listener:
    """Accepts and serves on bound sockets; `close` may be called twice."""

    def __init__(self, settings: WebSettings, *, log: Log) -> None:
        self._settings = settings
        self._log = log
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []
        self._application: ASGIApp | None = None

    async def listen(
        self,
        sockets: Sequence[socket.socket],
        *,
        authority: Authority,
        proxies: TrustedProxies,
        tls: ssl.SSLContext | None,
        audit: AuditLog,
        status: StatusBuilder,
        version: str,
        is_refusing: Callable[[], bool],
        report: Report,
        clock: Clock,
    ) -> None:
        """Requests are answered when it returns."""
        door = Door(authority, self._settings, proxies)
        routes = [
            *AuthenticationRoutes(door, audit).routes,
            *SystemRoutes(door, status=status, version=version).routes,
        ]
        application = make_application(
            routes, settings=self._settings, proxies=proxies, is_refusing=is_refusing, report=report, clock=clock
        )
        self._application = application
        config = self._make_config(application)
        loop = asyncio.get_running_loop()

        def connection() -> HttpConnection:
            return HttpConnection(config, self._state, self._settings)

        for bound in sockets:
            handshake_seconds = None if tls is None else HANDSHAKE_SECONDS
            self._servers.append(
                await loop.create_server(connection, sock=bound, ssl=tls, ssl_handshake_timeout=handshake_seconds)
            )

    def _make_config(self, application: object) -> Config:
        config = Config(
            application,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",
            interface="asgi3",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=int(self._settings.idle_seconds),
            h11_max_incomplete_event_size=LONGEST_HEAD_BYTES,
        )
        config.load()
        return config

    async def close_connections(self) -> None:
        """Requests in flight may end within the grace; connections that idle are closed at once."""
        for connection in tuple(self._state.connections):
            connection.shutdown()
        tasks = tuple(self._state.tasks)
        if tasks:
            await asyncio.wait(tasks, timeout=self._settings.grace_seconds)

    async def close(self) -> None:
        """Nobody is connected any more when it returns."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for connection in tuple(self._state.connections):
            connection.transport.abort()
        for task in tuple(self._state.tasks):
            task.cancel()
        if self._state.tasks:
            await asyncio.wait(tuple(self._state.tasks))
