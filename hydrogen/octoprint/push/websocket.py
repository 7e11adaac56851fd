"""Push over WebSockets: raw at `/sockjs/websocket`, in SockJS' frames at `/sockjs/<server>/<session>/websocket`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.websockets import WebSocket, WebSocketDisconnect

from hydrogen.octoprint.push.client import PushClient
from hydrogen.octoprint.push.framing import HEARTBEAT, OPEN

HEARTBEAT_SECONDS = 25.0
"""SockJS' own; the socket's pings are below it, and not every proxy counts them."""

FAREWELL_SECONDS = 0.5
"""For the close frame to a client that still reads."""

MakeClient = Callable[[str | None, bool], PushClient]
"""(printer, is_framed): a client that has just come."""


class PushSockets:
    """Serves both framings."""

    def __init__(self, make_client: MakeClient) -> None:
        self._make_client = make_client

    async def raw(self, socket: WebSocket) -> None:
        """Every text is one JSON object."""
        await self._serve(socket, is_framed=False)

    async def framed(self, socket: WebSocket) -> None:
        """SockJS' frames."""
        await self._serve(socket, is_framed=True)

    async def _serve(self, socket: WebSocket, *, is_framed: bool) -> None:
        await socket.accept()
        client = self._make_client(socket.path_params.get("printer"), is_framed)
        sending = asyncio.create_task(_send(socket, client, is_framed=is_framed), name="push sender")
        try:
            client.greet()
            await _receive(socket, client)
        finally:
            client.close()
            await asyncio.wait({sending}, timeout=FAREWELL_SECONDS)
            sending.cancel()
            await asyncio.wait({sending})


async def _receive(socket: WebSocket, client: PushClient) -> None:
    """Until it is gone."""
    while not client.outbox.is_over:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            return
        text = message.get("text")
        if isinstance(text, str):
            await client.receive(text)


async def _send(socket: WebSocket, client: PushClient, *, is_framed: bool) -> None:
    """Until it is gone, or given up."""
    try:
        if is_framed:
            await socket.send_text(OPEN)
        while not client.outbox.is_over:
            messages = []
            try:
                async with asyncio.timeout(HEARTBEAT_SECONDS if is_framed else None):
                    messages = await client.outbox.take()
            except TimeoutError:
                await socket.send_text(HEARTBEAT)
            for message in messages:
                await socket.send_text(message.framed if is_framed else message.raw)
        await socket.close(1008, "too much waits, or too much came")
    except (WebSocketDisconnect, RuntimeError):
        pass  # it went while it was being sent something: the receiving side learns of it, too
