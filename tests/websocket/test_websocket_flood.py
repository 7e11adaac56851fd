"""What a client can send that the library would take: empty fragments, pings whose answers it never reads, a trickle."""

from __future__ import annotations

import asyncio
import json
import select
import socket
import struct

from hydrogen.core.clock import ManualClock
from hydrogen.model.events import JobStarted
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import HANDSHAKE, House

MASK = b"\0\0\0\0"


def client_frame(opcode: int, payload: bytes = b"", *, fin: bool = True) -> bytes:
    """A frame of a client (RFC 6455, 5.2), with a mask that changes nothing."""
    size = len(payload)
    length = bytes([0x80 | size]) if size < 126 else b"\xfe" + struct.pack("!H", size)
    return bytes([(0x80 if fin else 0) | opcode]) + length + MASK + payload


async def raw_client(house: House) -> socket.socket:
    """Through the handshake, and nothing more; its kernel takes little on its behalf."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    before = house.figures.active_connections
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", house.server.bound_port))
    await asyncio.get_running_loop().sock_sendall(raw, HANDSHAKE)
    await wait_until(lambda: house.figures.active_connections == before + 1)
    house.stack.callback(raw.close)
    return raw


async def send_until_cut(raw: socket.socket, data: bytes, most_bytes: int) -> int:
    """How much went out before the other side had enough."""
    sent = 0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(20):
            while sent < most_bytes:
                await loop.sock_sendall(raw, data)
                sent += len(data)
    except (ConnectionResetError, BrokenPipeError):
        pass
    return sent


async def test_empty_fragments_without_end_are_not_kept(house: House) -> None:
    raw = await raw_client(house)
    fragments = client_frame(1, b"{", fin=False) + client_frame(0, fin=False) * 2000
    await asyncio.get_running_loop().sock_sendall(raw, fragments)
    await wait_until(lambda: house.figures.active_connections == 0, what="the flood to be closed")


async def test_message_in_many_fragments_is_still_one_message(house: House) -> None:
    raw = await raw_client(house)
    text = json.dumps({"type": "ping", "id": "p" * 100}).encode()
    pieces = [client_frame(0, bytes([byte]), fin=False) for byte in text[1:-1]]
    message = client_frame(1, text[:1], fin=False) + b"".join(pieces) + client_frame(0, text[-1:])
    for _ in range(20):
        await asyncio.get_running_loop().sock_sendall(raw, message)
    await wait_until(lambda: house.figures.total_requests == 20)
    assert house.figures.active_connections == 1


async def test_pings_whose_answers_nobody_reads_are_cut_off_before_they_fill_the_memory(
    start_house: StartHouse,
) -> None:
    house = await start_house(max_unsent_bytes=262_144)
    raw = await raw_client(house)
    sent = await send_until_cut(raw, client_frame(9, b"x" * 125) * 500, most_bytes=50_000_000)
    assert sent < 10_000_000
    await wait_until(lambda: house.figures.active_connections == 0)


async def test_client_that_reads_one_byte_at_a_time_costs_little_and_misses_no_job_after_resuming(
    start_house: StartHouse,
) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    good, raw = await house.greeted(), await raw_client(house)
    slow = house.members[-1]
    jobs: list[str] = []

    async def one_more_job() -> None:
        jobs.append(f"j{len(jobs)}")
        house.publish(JobStarted(at=1.0, printer="ender3", job=jobs[-1], file="f" * 500, lines_total=1, bytes_total=1))
        house.heat(float(len(jobs)))
        assert (await good.first("job.started"))["job"] == jobs[-1]
        raw.recv(1)

    while not slow.outbox.is_blocked:
        await one_more_job()
    for _ in range(300):
        await one_more_job()
        assert slow.outbox.unsent_bytes < 1_048_576
    clock.advance(10.1)
    house.server.look_after()
    assert slow.is_over and not house.members[0].is_over
    await wait_until(lambda: house.figures.active_connections == 1)
    poll = select.poll()
    poll.register(raw, select.POLLRDHUP)
    await wait_until(lambda: poll.poll(0), what="the reset to arrive")
    back = await house.client("?since=b7c1.0")
    assert [(await back.first("job.started"))["job"] for _ in jobs] == jobs
