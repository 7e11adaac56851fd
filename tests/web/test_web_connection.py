"""Connections that do not behave: too slow, too long, too many."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from tests.support.http_peer import raw
from tests.support.waiting import wait_until
from tests.web.conftest import KEY, StartWeb, Web


async def ended(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(10):
        try:
            return await reader.read()
        except ConnectionError:
            return b""


async def test_a_head_that_drips_is_cut_off(start_web: StartWeb) -> None:
    web = await start_web(head_seconds=0.3)
    for beginning in (b"", b"GET /api/system/health HTTP/1.1\r\nHost: a\r\nX: "):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        writer.write(beginning)
        assert await ended(reader) == b""
        writer.close()


async def test_a_second_head_that_drips_is_cut_off_too(start_web: StartWeb) -> None:
    web = await start_web(head_seconds=0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(b"GET /api/system/health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"200"
    writer.write(b"GET /api/sys")
    await ended(reader)
    writer.close()


async def test_a_body_that_drips_is_refused(start_web: StartWeb) -> None:
    web = await start_web(body_seconds=0.2)
    request = b"POST /api/auth/session HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\nConnection: close\r\n\r\n{"
    assert (await raw(web.port, request)).status == 400


async def test_heads_that_are_too_long_and_lines_that_are_no_http_get_400(web: Web) -> None:
    endless = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 400_000
    for data in (endless, b"nonsense\r\n\r\n", b"GET  /\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n"):
        assert (await raw(web.port, data)).status in (0, 400)
    assert (await web.ask("GET", "/api/system/health")).status == 200


async def test_a_head_that_comes_in_one_piece_may_be_no_longer(web: Web) -> None:
    for lines in (b"X-A: " + b"x" * 60_000, b"\r\n".join(b"X-%d: y" % number for number in range(6000))):
        answer = await raw(web.port, b"GET /api/system/health HTTP/1.1\r\nHost: a\r\n" + lines + b"\r\n\r\n")
        assert answer.status in (0, 431)


async def test_a_body_behind_its_head_in_one_piece_arrives_whole(web: Web) -> None:
    body = b'{"key":"' + b"x" * 60_000 + b'"}'
    answer = await web.ask("POST", "/api/auth/session", key=None, body=body)
    assert (answer.status, answer.code) == (401, "auth_failed")


async def test_idle_connections_are_closed(start_web: StartWeb) -> None:
    web = await start_web(idle_seconds=1)
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(b"GET /api/system/health HTTP/1.1\r\nHost: a\r\n\r\n")
    assert b"200" in await ended(reader)
    writer.close()


async def test_one_address_may_hold_so_many_connections(start_web: StartWeb) -> None:
    web = await start_web(max_connections_per_address=3)
    held = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(3)]
    await wait_until(lambda: len(web.server._listener._state.connections) == 3)  # type: ignore[union-attr]
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    assert await ended(reader) == b""
    writer.close()
    for _, one in held:
        one.close()
    await wait_until(lambda: not web.server._listener._state.connections)  # type: ignore[union-attr]
    assert (await web.ask("GET", "/api/system/health")).status == 200


async def test_so_many_connections_in_all(start_web: StartWeb) -> None:
    web = await start_web(max_connections=2)
    held = [await asyncio.open_connection("127.0.0.1", web.port) for _ in range(2)]
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    assert await ended(reader) == b""
    for one in (writer, *(pair[1] for pair in held)):
        one.close()


async def test_who_does_not_read_the_answer_is_cut_off(start_web: StartWeb) -> None:
    web = await start_web(upload_idle_seconds=0.3, idle_seconds=1)
    (web.files.folder / "long.gcode").write_bytes(b"G1 X1\n" * 2_000_000)
    head = f"GET /api/storage/long.gcode HTTP/1.1\r\nHost: a\r\nAuthorization: Key {KEY}\r\n".encode()
    for rest in (b"\r\n", b"Connection: close\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", web.port)) as deaf:
            deaf.sendall(head + rest)
            await wait_until(lambda: len(web.server._listener._state.connections) == 1)  # type: ignore[union-attr]
            await wait_until(lambda: not web.server._listener._state.connections)  # type: ignore[union-attr]


async def test_who_does_not_read_what_little_there_is_cannot_keep_a_connection_from_being_closed(
    start_web: StartWeb,
) -> None:
    """Answers that fill the kernel's buffers, and not ours: nothing waits for room, and closing waits for the client."""
    web = await start_web(upload_idle_seconds=0.3, idle_seconds=1)
    with socket.create_connection(("127.0.0.1", web.port)) as deaf:
        deaf.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                deaf.send(b"GET /api/system/health HTTP/1.1\r\nHost: a\r\n\r\n" * 100)
        await wait_until(lambda: len(web.server._listener._state.connections) == 1)  # type: ignore[union-attr]
        await wait_until(lambda: not web.server._listener._state.connections)  # type: ignore[union-attr]
