"""uvicorn's HTTP/1.1 on sockets of ours, without uvicorn's server: that one takes the signals and ticks ten times a second."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import ServerState

from hydrogen.core.tls import HANDSHAKE_SECONDS
from hydrogen.web.application import make_application
from hydrogen.web.connection import LONGEST_HEAD_BYTES, HttpConnection, library_logger
from hydrogen.web.door import Door
from hydrogen.web.house import WebHouse
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints


class Listener:
    """Accepts and serves on bound sockets; `close` may be called twice."""

    def __init__(self, settings: WebSettings) -> None:
        self._settings = settings
        self._state = ServerState()
        self._servers: list[asyncio.Server] = []
        self._application: ASGIApp | None = None

    async def listen(
        self, sockets: Sequence[socket.socket], house: WebHouse, *, is_refusing: Callable[[], bool]
    ) -> None:
        """Requests are answered when it returns."""
        door = Door(house.authority, self._settings, house.proxies)
        application = make_application(
            all_endpoints(door, house),
            door,
            settings=self._settings,
            proxies=house.proxies,
            is_refusing=is_refusing,
            report=house.report,
            on_answer=house.metrics.count_answer,
            clock=house.clock,
            log=house.log,
        )
        self._application = application
        config = self._make_config(application)
        loop = asyncio.get_running_loop()

        logger = library_logger(house.log)

        def connection() -> HttpConnection:
            return HttpConnection(config, self._state, self._settings, logger)

        for bound in sockets:
            handshake_seconds = None if house.tls is None else HANDSHAKE_SECONDS
            self._servers.append(
                await loop.create_server(connection, sock=bound, ssl=house.tls, ssl_handshake_timeout=handshake_seconds)
            )

    def _make_config(self, application: object) -> Config:
        config = Config(
            application,  # type: ignore[arg-type]
            log_config=None,
            access_log=False,
            lifespan="off",
            ws="none",  # HttpConnection brings its own
            ws_max_size=self._settings.max_message_bytes,
            ws_ping_interval=self._settings.ping_seconds,
            ws_ping_timeout=self._settings.ping_seconds,
            ws_per_message_deflate=False,
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
