"""octorest (PyPI), its push: SockJS over a streamed request and over a WebSocket."""

from __future__ import annotations

import asyncio
import queue
from typing import Any

import pytest

from tests.compat.conftest import Host

octorest = pytest.importorskip("octorest")
websocket = pytest.importorskip("octorest.websocket")

PATIENCE_SECONDS = 20.0


async def auth_of(host: Host) -> str:
    told = (await host.ask("POST", "/api/login", {"passive": True})).json
    return f"{told['name']}:{told['session']}"


async def test_its_generator_streams_the_state(host: Host) -> None:
    generator = octorest.XHRStreamingGenerator(host.url)
    auth = await auth_of(host)

    def listen() -> list[str]:
        assert generator.info()["websocket"] is True
        kinds: list[str] = []
        for message in generator.read_loop():
            (kind,) = message
            kinds.append(kind)
            if kind == "connected":
                assert generator.send({"auth": auth}).status_code == 204
            if kind == "current":
                generator.session.close()
                return kinds
        return kinds

    kinds = await asyncio.wait_for(asyncio.to_thread(listen), PATIENCE_SECONDS)
    assert kinds[:2] == ["connected", "history"] and kinds[-1] == "current"


async def test_its_handler_hears_the_state_over_a_websocket(host: Host) -> None:
    heard: queue.Queue[dict[str, Any]] = queue.Queue()
    handler = octorest.WebSocketEventHandler(host.url, on_message=lambda _socket, message: heard.put(message))
    auth = await auth_of(host)

    def listen() -> list[str]:
        handler.run()
        kinds = [next(iter(heard.get(timeout=PATIENCE_SECONDS)))]
        handler.send({"auth": auth})
        while kinds[-1] != "current":
            kinds.append(next(iter(heard.get(timeout=PATIENCE_SECONDS))))
        return kinds

    try:
        kinds = await asyncio.to_thread(listen)
    finally:
        handler.socket.close()
    assert kinds[:2] == ["connected", "history"]
