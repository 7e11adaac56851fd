"""One HTTP connection: uvicorn's, with the deadlines and the room that it does not have by itself.

A client that sends its request's head byte by byte (slowloris) is cut off after `head_seconds`, whether it is the first
request of the connection or a later one. So is one that does not read its answer: its connection would be held for ever, also
when it is closed, which waits for what is not sent. What is no HTTP is refused in the words of every other refusal.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from hydrogen.core.log import Log
from hydrogen.errors import InvalidMessage
from hydrogen.model.codec import encode_json
from hydrogen.web.settings import WebSettings
from hydrogen.web.socket_connection import SocketConnection

LONGEST_HEAD_BYTES = 32_768
"""Of a request's head; a token of a provider with many groups may take half of it. 431 above."""

_HINTS: Mapping[int, str] = {
    431: f"the head of the request is longer than {LONGEST_HEAD_BYTES} bytes",
    501: "this Transfer-Encoding is not known here: use chunked",
}
"""What h11 knows a better status for than 400."""

TWO_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})

HEAD_PIECE_BYTES = 4096
"""So much of a head is looked at before its length is."""


class HttpConnection(H11Protocol):
    """Signs asyncio.Protocol."""

    def __init__(self, config: Config, state: ServerState, settings: WebSettings, logger: logging.Logger) -> None:
        """logger: what uvicorn writes to."""
        super().__init__(config, state, {})
        self.logger = logger
        self._inside, self.app = self.app, self._serve
        self._settings = settings
        self._head_deadline: asyncio.TimerHandle | None = None
        self._unread_deadline: asyncio.TimerHandle | None = None
        self._is_upgraded = False
        self.ws_protocol_class = partial(SocketConnection, settings=settings, logger=logger)  # type: ignore[assignment]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self._has_room():
            transport.abort()
            return
        self._review()

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        self._drop_unread()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # h11 measures a head only as long as it is incomplete: what came in one piece might have any length.
        while data and not self.transport.is_closing():
            size = len(data) if self._is_served() else HEAD_PIECE_BYTES
            super().data_received(data[:size])
            data = data[size:]
            if self._is_upgraded:
                if data:
                    self.transport.get_protocol().data_received(data)  # type: ignore[attr-defined]
                return
        self._review()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """From here on the connection is another protocol's; deadlines and limits are that one's (socket_connection.py)."""
        self._drop_deadline()
        self._drop_unread()
        self._is_upgraded = True
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_unread()

    def resume_writing(self) -> None:
        self._drop_unread()
        super().resume_writing()

    def on_response_complete(self) -> None:
        self._drop_deadline()
        super().on_response_complete()
        if self.transport.is_closing():
            self._watch_unread()

    def timeout_keep_alive_handler(self) -> None:
        super().timeout_keep_alive_handler()
        self._watch_unread()

    def send_400_response(self, msg: str) -> None:
        """What came is no request (uvicorn calls this while it handles what h11 raised): say why, and close."""
        if self._is_served():
            self.cycle.disconnected = True  # whoever waits for the rest of the body learns that there is none
            self.cycle.message_event.set()
        if self.conn.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            self.transport.abort()  # in the middle of an answer nothing else can be said
            return
        error = sys.exception()
        hint = error.error_status_hint if isinstance(error, h11.RemoteProtocolError) else 400
        status = HTTPStatus(hint) if hint in _HINTS else HTTPStatus.BAD_REQUEST
        body = encode_json({"error": InvalidMessage(_HINTS.get(hint, "this is no HTTP/1.1 request")).as_wire()})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        for event in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase.encode()),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()
        self._watch_unread()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        """The application. A client that still waits for 100 Continue when it is answered never sends its body: what comes
        next cannot be told from it, so the connection ends. So it does behind a body that is said to have two lengths, of which
        a proxy may have gone by the other one (RFC 9112 6.1)."""
        cycle = self.cycle
        has_two_lengths = {name for name, _ in scope["headers"]} >= TWO_LENGTHS

        async def send_last(message: Any) -> None:
            is_last = has_two_lengths or cycle.waiting_for_100_continue
            if message["type"] == "http.response.start" and is_last:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        await self._inside(scope, receive, send_last)

    def _has_room(self) -> bool:
        settings, address = self._settings, _host_of(self)
        if len(self.connections) > settings.max_connections:
            return False
        from_there = sum(_host_of(other) == address for other in self.connections)
        return from_there <= settings.max_connections_per_address

    def _is_served(self) -> bool:
        """Is there a request whose head has come and whose answer has not gone out?"""
        return self.cycle is not None and not self.cycle.response_complete

    def _review(self) -> None:
        """A deadline runs while a head is awaited, and none while a request is being served."""
        if self._is_served():
            self._drop_deadline()
        elif self._head_deadline is None:
            self._head_deadline = self.loop.call_later(self._settings.head_seconds, self._give_up)

    def _drop_deadline(self) -> None:
        if self._head_deadline is not None:
            self._head_deadline.cancel()
            self._head_deadline = None

    def _watch_unread(self) -> None:
        """From now on the client must take some of what waits for it, within each span of `upload_idle_seconds`."""
        if self._unread_deadline is None:
            waiting_bytes = self.transport.get_write_buffer_size()
            self._unread_deadline = self.loop.call_later(
                self._settings.upload_idle_seconds, self._look_at_unread, waiting_bytes
            )

    def _look_at_unread(self, before_bytes: int) -> None:
        self._unread_deadline = None
        if self.transport.get_write_buffer_size() >= before_bytes:
            self.transport.abort()
        else:
            self._watch_unread()

    def _drop_unread(self) -> None:
        if self._unread_deadline is not None:
            self._unread_deadline.cancel()
            self._unread_deadline = None

    def _give_up(self) -> None:
        self._head_deadline = None
        self.transport.abort()


class LibraryLog(logging.Handler):
    """Hands what uvicorn has to say to our log: its errors. That a stranger sent nonsense is no news."""

    def __init__(self, log: Log) -> None:
        super().__init__(level=logging.ERROR)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, object] = {"text": record.getMessage().strip()}
        if record.exc_info and record.exc_info[1] is not None:
            fields["error"] = record.exc_info[1]
        self._log.error("http library complained", **fields)


def library_logger(log: Log) -> logging.Logger:
    """A logger of our own: the library's would write past ours."""
    logger = logging.Logger("hydrogen.web.library", level=logging.ERROR)
    logger.addHandler(LibraryLog(log))
    return logger


def _host_of(connection: Any) -> str:
    client = connection.client
    return client[0] if client else ""
