"""SockJS over plain requests, against the running port."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from hydrogen.octoprint.push import xhr_session
from tests.octoprint.push.push_peer import session_of
from tests.octoprint.push.test_octoprint_websocket import measured
from tests.web.conftest import Web

BASE = "/sockjs/000/abcdefgh"


async def send(web: Web, **told: object) -> int:
    body = json.dumps([json.dumps(told)]).encode()
    headers = {"Content-Type": "text/plain"}
    return (await web.ask("POST", f"{BASE}/xhr_send", key=None, headers=headers, body=body)).status


async def poll(web: Web) -> str:
    answer = await web.ask("POST", f"{BASE}/xhr", key=None, body=b"")
    assert answer.status == 200 and answer.body.endswith(b"\n")
    return answer.body.decode()[:-1]


@asynccontextmanager
async def stream(web: Web) -> AsyncIterator[asyncio.StreamReader]:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(f"POST {BASE}/xhr_streaming HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n".encode())
    try:
        async with asyncio.timeout(20):
            await reader.readuntil(b"\r\n\r\n")
            yield reader
    finally:
        writer.close()


async def next_frame(reader: asyncio.StreamReader) -> str:
    """A line of the body that is no size of a chunk."""
    while True:
        line = (await reader.readline()).decode().strip()
        if line and line[0] in "oahc" and not line.startswith("hhh") and not _is_size(line):
            return line


def _is_size(line: str) -> bool:
    return len(line) > 1 and all(character in "0123456789abcdef" for character in line)


async def test_who_asks_first_is_told_what_there_is(web: Web) -> None:
    for path in ("/sockjs", "/sockjs/"):
        assert (await web.ask("GET", path, key=None)).body == b"Welcome to SockJS!\n"
    info = await web.ask("GET", "/sockjs/info?t=1", key=None)
    assert info.status == 200
    assert {**info.json, "entropy": 0} == {"websocket": True, "cookie_needed": False, "origins": ["*:*"], "entropy": 0}


async def test_polling_opens_greets_logs_in_and_tells(web: Web) -> None:
    assert await poll(web) == "o"
    assert "connected" in json.loads((await poll(web))[1:])[0]
    assert await send(web, auth=await session_of(web)) == 204
    assert "history" in json.loads((await poll(web))[1:])[0]
    web.context.publish(measured(204.5))
    told = json.loads((await poll(web))[1:])
    assert told[0]["current"]["temps"][0]["tool0"]["actual"] == 204.5


async def test_streaming_tells_as_it_comes_and_one_request_receives_at_a_time(web: Web) -> None:
    async with stream(web) as reader:
        assert await next_frame(reader) == "o"
        assert (await next_frame(reader)).startswith('a[{"connected":')
        assert await poll(web) == 'c[2010,"Another connection still open"]'
        assert await send(web, auth=await session_of(web)) == 204
        assert (await next_frame(reader)).startswith('a[{"history":')
        web.context.publish(measured(20.0))
        assert (await next_frame(reader)).startswith('a[{"current":')


async def test_sending_needs_a_session_and_sense(web: Web) -> None:
    assert await send(web, throttle=1) == 404
    await poll(web)
    for body, answer in (
        (b"", b"Payload expected."),
        (b"x", b"Broken JSON encoding."),
        (b"[1]", b"Broken JSON encoding."),
    ):
        refused = await web.ask("POST", f"{BASE}/xhr_send", key=None, headers={"Content-Type": "text/plain"}, body=body)
        assert (refused.status, refused.body) == (500, answer)


async def test_a_session_that_nobody_receives_for_ends(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhr_session, "STALE_SECONDS", 0.0)
    await poll(web)
    assert await send(web, throttle=1) == 404


async def test_sessions_are_bounded(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xhr_session, "MOST_SESSIONS", 1)
    await poll(web)
    refused = await web.ask("POST", "/sockjs/000/other/xhr", key=None, body=b"")
    assert refused.status == 503 and isinstance(refused.json["error"], str)
