"""The service: binds the port at once, answers as soon as starlette and uvicorn are loaded, bids farewell.

Loading takes a tenth of a second and is done in a thread after the start: the WebSocket does not wait for it. A client that
comes earlier waits in the kernel's queue.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from typing import TYPE_CHECKING

from hydrogen.core.service import Service
from hydrogen.errors import PortsExhausted
from hydrogen.web.house import WebHouse
from hydrogen.web.settings import WebSettings

if TYPE_CHECKING:
    from hydrogen.web.listener import Listener

PORTS_TRIED = 10
BACKLOG = 128


class WebServer(Service):
    """HTTP, beside the WebSocket and in the same loop."""

    name = "web"

    def __init__(self, settings: WebSettings, house: WebHouse) -> None:
        self._settings = settings
        self._house = house
        self._figures = house.figures
        self._log = house.log
        self._sockets: list[socket.socket] = []
        self._listener: Listener | None = None
        self._is_refusing = False

    @property
    def bound_port(self) -> int:
        """The port that clients reach, 0 while there is none."""
        return self._figures.web_port

    @property
    def is_listening(self) -> bool:
        """Are requests being answered?"""
        return self._listener is not None

    async def start(self) -> None:
        """Bound when it returns. Raises PortsExhausted with the reason of each port that was tried."""
        self._sockets = await self._bind()
        self._figures.web_port = int(self._sockets[0].getsockname()[1])
        self._log.info("web bound", host=self._settings.host, port=self.bound_port)

    async def run(self) -> None:
        await asyncio.to_thread(_load_libraries)
        from hydrogen.web.listener import Listener

        listener = Listener(self._settings)
        self._listener = listener
        await listener.listen(self._sockets, self._house, is_refusing=lambda: self._is_refusing)
        await asyncio.Event().wait()

    def refuse(self) -> None:
        """New requests get 503 from now on."""
        self._is_refusing = True

    async def close_clients(self) -> None:
        """Requests in flight may end; then every connection is closed."""
        self.refuse()
        if self._listener is not None:
            await self._listener.close_connections()

    async def release(self) -> None:
        """The port is free when it returns. May be called twice."""
        self.refuse()
        listener, self._listener = self._listener, None
        if listener is not None:
            await listener.close()
        sockets, self._sockets = self._sockets, []
        for bound in sockets:
            bound.close()
        if sockets:
            self._figures.web_port = 0
            self._log.info("web closed")

    async def _bind(self) -> list[socket.socket]:
        first = self._settings.port
        count = PORTS_TRIED if self._settings.port_fallback and first else 1
        reasons: dict[str, str] = {}
        for port in range(first, min(first + count, 65_536)):
            try:
                return await self._bind_all(port)
            except OSError as error:
                reasons[str(port)] = error.strerror or str(error)
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    break
                self._log.info("web port not available", port=port, reason=reasons[str(port)])
        told = ", ".join(f"{port}: {reason}" for port, reason in reasons.items())
        raise PortsExhausted(f"HTTP could not be bound on {self._settings.host}: {told}", ports=reasons)

    async def _bind_all(self, port: int) -> list[socket.socket]:
        """A listening socket for each address of the host's name, all on one port."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self._settings.host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        bound: list[socket.socket] = []
        try:
            for family, kind, protocol, _, address in dict.fromkeys(found):
                if bound and not port:
                    address = (address[0], bound[0].getsockname()[1], *address[2:])
                bound.append(_listening(family, kind, protocol, address))
        except OSError:
            for one in bound:
                one.close()
            raise
        return bound


def _listening(family: int, kind: int, protocol: int, address: object) -> socket.socket:
    made = socket.socket(family, kind, protocol)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)  # type: ignore[arg-type]
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _load_libraries() -> None:
    import hydrogen.web.listener  # noqa: F401
