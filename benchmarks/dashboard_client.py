"""An open dashboard as the service sees it: session, ticket, socket, questions and pings as of `webui/source/src/client.js`."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PING_SECONDS = 8.0
ANSWER_SECONDS = 10.0


class DashboardClient:
    """Made by `opened`; reads all that comes until it is closed."""

    def __init__(self, socket: ClientConnection, token: str) -> None:
        self._socket = socket
        self._token = token
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._ping())]

    @classmethod
    async def opened(cls, web_port: int, websocket_port: int, key: str) -> DashboardClient:
        """Signed in, and in front of the printer page."""
        session = await asyncio.to_thread(_post, web_port, "/api/auth/session", {"key": key}, "")
        token = str(session["token"])
        ticket = (await asyncio.to_thread(_post, web_port, "/api/auth/ticket", None, token))["ticket"]
        url = f"ws://127.0.0.1:{websocket_port}/?ticket={ticket}"
        socket = await connect(url, subprotocols=["hydrogen-protocol"], proxy=None, compression=None, max_size=None)  # type: ignore[list-item]
        made = cls(socket, token)
        await made._send({"type": "authenticate", "id": "c1", "token": token})
        await made._send({"type": "command", "id": "c2", "operation": "temperature.history", "params": {}})
        return made

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._socket.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _read(self) -> None:
        async for _ in self._socket:
            pass

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self._send({"type": "ping", "id": "p"})

    async def _send(self, frame: dict[str, Any]) -> None:
        await self._socket.send(json.dumps(frame))


def _post(port: int, path: str, body: Any, token: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    data = b"" if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data=data, headers=headers, method="POST")
    with urllib.request.urlopen(asked, timeout=ANSWER_SECONDS) as answer:
        told: dict[str, Any] = json.load(answer)
    return told
