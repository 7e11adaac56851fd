"""A push client for tests: raw or framed, over a WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from tests.web.conftest import KEY, Web

PATIENCE_SECONDS = 20.0


async def session_of(web: Web, key: str = KEY) -> str:
    """`name:session`, as a client logs in with it."""
    answer = await web.ask("POST", "/api/login", key=None, headers={"X-Api-Key": key}, body={"passive": True})
    assert answer.status == 200
    return f"{answer.json['name']}:{answer.json['session']}"


class PushPeer:
    def __init__(self, socket: ClientConnection, *, is_framed: bool) -> None:
        self.socket = socket
        self._is_framed = is_framed

    async def send(self, **told: Any) -> None:
        text = json.dumps(told)
        await self.socket.send(json.dumps([text]) if self._is_framed else text)

    async def next(self) -> dict[str, Any]:
        """The next message; of SockJS' frames, what is in the array."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                frame = str(await self.socket.recv())
                if not self._is_framed:
                    return dict(json.loads(frame))
                if frame.startswith("a"):
                    (told,) = json.loads(frame[1:])
                    return dict(told)
                assert frame in ("o", "h"), frame

    async def until(self, kind: str) -> Any:
        """The payload of the next message of this kind."""
        while True:
            told = await self.next()
            if kind in told:
                return told[kind]

    async def event(self, name: str) -> Any:
        """The payload of the next event of this type."""
        while True:
            told = await self.until("event")
            if told["type"] == name:
                return told["payload"]

    async def log_in(self, web: Web, key: str = KEY) -> Any:
        """Logged in; the history."""
        await self.send(auth=await session_of(web, key))
        return await self.until("history")


@asynccontextmanager
async def push_peer(
    web: Web, path: str = "/sockjs/websocket", *, is_framed: bool = False, **options: Any
) -> AsyncIterator[PushPeer]:
    async with connect(f"ws://127.0.0.1:{web.port}{path}", proxy=None, compression=None, **options) as socket:
        yield PushPeer(socket, is_framed=is_framed)
