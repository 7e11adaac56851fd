"""One HTTP connection: uvicorn's, with the deadlines and the room that it does not have by itself.

A client that sends its request's head byte by byte (slowloris) is cut off after `head_seconds`, whether it is the first
request of the connection or a later one.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from hydrogen.web.settings import WebSettings

LONGEST_HEAD_BYTES = 32_768
"""Of a request's head; a token of a provider with many groups may take half of it. h11 answers 400 above."""

HEAD_PIECE_BYTES = 4096
"""So much of a head is looked at before its length is."""


class HttpConnection(H11Protocol):
    """Signs asyncio.Protocol."""

    def __init__(self, config: Config, state: ServerState, settings: WebSettings) -> None:
        super().__init__(config, state, {})
        self._settings = settings
        self._head_deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if not self._has_room():
            transport.abort()
            return
        self._review()

    def connection_lost(self, exc: Exception | None) -> None:
        self._drop_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        # h11 measures a head only as long as it is incomplete: what came in one piece might have any length.
        while data and not self.transport.is_closing():
            size = len(data) if self._is_served() else HEAD_PIECE_BYTES
            super().data_received(data[:size])
            data = data[size:]
        self._review()

    def on_response_complete(self) -> None:
        self._drop_deadline()
        super().on_response_complete()

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

    def _give_up(self) -> None:
        self._head_deadline = None
        self.transport.abort()


def _host_of(connection: Any) -> str:
    client = connection.client
    return client[0] if client else ""
