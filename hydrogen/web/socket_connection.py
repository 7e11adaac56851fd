"""One WebSocket on the HTTP port: uvicorn's, with the limits that it does not have by itself.

It counts among the port's connections, of which there are so many in all and from one address (connection.py). A client that
does not read is cut off: what it is sent waits in buffers of a known size, and not for long.
"""

from __future__ import annotations

import asyncio
import logging
from socket import SO_LINGER, SO_SNDBUF, SOL_SOCKET
from struct import pack
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import Frame

from hydrogen.web.settings import WebSettings

KERNEL_BUFFER_BYTES = 131_072
"""Of the kernel's send buffer; left to itself it grows to 4 MiB, in which a dead client looks alive for minutes."""

MOST_UNSENT_BYTES = 1_048_576
"""Behind it. Pongs are written whether their receiver reads or not."""

MOST_FRAGMENTS = 1024
"""Of one message: empty ones weigh nothing in the library's limit, and memory in ours."""

RESET = pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: what is unsent is dropped (socket(7))."""

GOING_AWAY = 1001


class SocketConnection(WebSocketsSansIOProtocol):
    """Signs asyncio.Protocol."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        settings: WebSettings,
        logger: logging.Logger,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.logger = logger
        self.close_timeout = settings.grace_seconds
        self._settings = settings
        self._fragments = 0
        self._patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        bound = transport.get_extra_info("socket")
        if bound is not None:
            bound.setsockopt(SOL_SOCKET, SO_SNDBUF, KERNEL_BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_patience()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MOST_UNSENT_BYTES:
            self.cut()

    def handle_cont(self, event: Frame) -> None:
        self._fragments = 0 if event.fin else self._fragments + 1
        if self._fragments > MOST_FRAGMENTS:
            self.cut()
            return
        super().handle_cont(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._patience is None:
            self._patience = self.loop.call_later(self._settings.unsent_seconds, self.cut)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._drop_patience()

    def shutdown(self) -> None:
        """The service goes: 1001, as on the WebSocket's own port."""
        if self.handshake_complete and not self.close_sent:
            self.stop_keepalive()
            self.queue.put_nowait({"type": "websocket.disconnect", "code": GOING_AWAY})
            self.conn.send_close(GOING_AWAY, "the server is shutting down")
            self.close_sent = True
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()
            return
        super().shutdown()

    def cut(self) -> None:
        """End it, whatever the client does: with a reset, so that the kernel does not keep what it would not read."""
        self._drop_patience()
        bound = self.transport.get_extra_info("socket")
        if bound is not None and not self.transport.is_closing():
            bound.setsockopt(SOL_SOCKET, SO_LINGER, RESET)
        self.transport.abort()

    def _drop_patience(self) -> None:
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
