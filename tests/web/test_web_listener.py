"""Serving on sockets that were bound by somebody else; ending it."""

from __future__ import annotations

import asyncio

from tests.web.conftest import Web


async def test_a_request_in_flight_may_end_and_an_idle_connection_may_not_stay(web: Web) -> None:
    listener = web.server._listener
    assert listener is not None
    idle, idle_writer = await asyncio.open_connection("127.0.0.1", web.port)
    busy, busy_writer = await asyncio.open_connection("127.0.0.1", web.port)
    busy_writer.write(b"POST /api/auth/session HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{")
    await asyncio.sleep(0)
    while len(listener._state.tasks) < 1:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    closing = asyncio.create_task(listener.close_connections())
    async with asyncio.timeout(20):
        assert await idle.read() == b""
        busy_writer.write(b"}")
        assert (await busy.readline()).split()[1] == b"401"
        await closing
    await listener.close()
    await listener.close()
    for writer in (idle_writer, busy_writer):
        writer.close()
