"""A WebSocket on the HTTP port: whoever does not read, or sends what has no end, is cut off; the others notice nothing."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from typing import Any

import pytest

from hydrogen.model.events import PrinterPositionReported, PrinterStateChanged
from hydrogen.model.printer import Position, PrinterStatus
from hydrogen.web import socket_connection
from tests.octoprint.push.push_peer import push_peer, session_of
from tests.support.waiting import wait_until
from tests.web.conftest import Web

HANDSHAKE = (
    b"GET /sockjs/websocket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
MASK = b"\0\0\0\0"


def frame(opcode: int, payload: bytes, *, fin: bool = True) -> bytes:
    length = bytes([0x80 | len(payload)]) if len(payload) < 126 else b"\xfe" + struct.pack("!H", len(payload))
    return bytes([(0x80 if fin else 0) | opcode]) + length + MASK + payload


async def opened(web: Web, *, receive_buffer: int | None = None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection of raw bytes behind the handshake."""
    bare = socket.socket()
    if receive_buffer is not None:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    bare.setblocking(False)
    await asyncio.get_running_loop().sock_connect(bare, ("127.0.0.1", web.port))
    reader, writer = await asyncio.open_connection(sock=bare, limit=4096)
    writer.write(HANDSHAKE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    return reader, writer


async def is_cut(reader: asyncio.StreamReader) -> bool:
    """Does the connection end within a while?"""
    try:
        async with asyncio.timeout(20):
            while await reader.read(65_536):
                pass
    except ConnectionError:
        pass
    return True


async def test_a_client_that_does_not_read_is_cut_off_and_the_others_hear_everything(
    start_web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_connection, "KERNEL_BUFFER_BYTES", 4096)
    web = await start_web(unsent_seconds=0.2)
    _reader, writer = await opened(web, receive_buffer=4096)
    writer.write(frame(1, json.dumps({"auth": await session_of(web)}).encode()))
    async with push_peer(web) as peer:
        await peer.log_in(web)
        await wait_until(lambda: len(web.server._listener._state.connections) == 2)  # type: ignore[union-attr]
        web.context.publish(PrinterStateChanged(at=1.0, printer="ender3", status=PrinterStatus.IDLE))
        for number in range(1500):
            web.context.publish(
                PrinterPositionReported(at=1.0, printer="ender3", position=Position(x_mm=float(number), z_mm=1.0))
            )
            assert (await peer.event("PositionUpdate"))["x"] == number
        await wait_until(lambda: len(web.server._listener._state.connections) == 1)  # type: ignore[union-attr]
    writer.close()


async def test_a_message_in_pieces_without_end_is_cut_off(web: Web) -> None:
    reader, writer = await opened(web)
    writer.write(frame(1, b"", fin=False))
    for _ in range(1100):
        writer.write(frame(0, b"", fin=False))
    assert await is_cut(reader)
    writer.close()


async def test_what_follows_the_handshake_at_once_is_heard(web: Web) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    auth = frame(1, b'{"auth": "x:y"}')
    writer.write(HANDSHAKE + b"")
    await reader.readuntil(b"\r\n\r\n")
    for byte in auth:
        writer.write(bytes([byte]))
        await writer.drain()
    async with asyncio.timeout(20):
        told = b""
        while b"reauthRequired" not in told:
            told += await reader.read(4096)
    writer.close()


async def test_a_client_that_answers_no_ping_is_cut_off(start_web: Any) -> None:
    web = await start_web(ping_seconds=0.1)
    reader, writer = await opened(web)
    assert await is_cut(reader)
    writer.close()


async def test_a_page_of_another_host_and_one_that_is_too_many_are_refused_before_the_upgrade(start_web: Any) -> None:
    web = await start_web(requests_burst=1, requests_per_second=0.01)
    for host, status in ((b"evil.example", b"403"), (b"localhost", b"429")):
        reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
        page = HANDSHAKE.replace(b"Host: localhost", b"Host: " + host + b"\r\nOrigin: http://" + host)
        writer.write(page)
        head = await reader.readuntil(b"\r\n")
        assert head.split()[1] == status
        writer.close()


async def test_there_is_no_socket_elsewhere(web: Web) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(HANDSHAKE.replace(b"/sockjs/websocket", b"/nowhere"))
    assert (await reader.readuntil(b"\r\n")).split()[1] in (b"403", b"404")
    writer.close()
