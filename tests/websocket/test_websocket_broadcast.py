"""One event to many clients: encoded once, order kept, and nobody pays for the one who does not read."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.model.codec import encode_event
from hydrogen.model.events import ErrorRaised, PublishedEvent, TerminalLineReported
from hydrogen.model.printer import ErrorReport
from hydrogen.websocket import broadcast as module
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import HANDSHAKE, Client, House


def fault(text: str = "") -> ErrorRaised:
    return ErrorRaised(at=1.0, printer="ender3", error=ErrorReport(code="x", message=text))


async def stalled_client(house: House) -> socket.socket:
    """Shakes hands and never reads again; its kernel takes little on its behalf."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    before = house.figures.active_connections
    await loop.sock_connect(raw, ("127.0.0.1", house.server.bound_port))
    await loop.sock_sendall(raw, HANDSHAKE)
    await wait_until(lambda: house.figures.active_connections == before + 1)
    house.stack.callback(raw.close)
    return raw


async def take(client: Client, count: int) -> list[dict[str, Any]]:
    return [await client.first("error.raised", "temperature.measured") for _ in range(count)]


async def test_stalled_client_is_cut_off_and_the_others_get_everything(house: House) -> None:
    good = [await house.greeted() for _ in range(5)]
    await stalled_client(house)
    reading = [asyncio.create_task(take(client, 300)) for client in good]
    for _ in range(300):
        house.publish(fault("x" * 10_000))
        await asyncio.sleep(0)
    for frames in await asyncio.gather(*reading):
        assert [frame["seq"] for frame in frames] == list(range(1, 301))
    await wait_until(lambda: house.figures.active_connections == 5, what="the stalled client to be cut off")
    assert "slow client cut off" in house.log.events("warning")
    assert house.server.lag().cut == 1


async def test_stalled_client_costs_no_memory_that_grows(house: House) -> None:
    await stalled_client(house)
    member = house.members[0]
    for number in range(5_000):
        house.heat(float(number))
    assert member.outbox.is_blocked
    assert member.outbox.unsent_bytes < 200_000
    assert not member.is_over
    lag = house.server.lag()
    assert (lag.blocked, lag.cut) == (1, 0)
    assert lag.queued_bytes == lag.most_queued_bytes == member.outbox.unsent_bytes > 0
    assert 1_000 < lag.merged < 5_000
    member.close()
    assert house.server.lag().merged == lag.merged


async def test_client_that_stops_reading_for_too_long_is_cut_off_by_the_guard(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    await stalled_client(house)
    member = house.members[0]
    while not member.outbox.is_blocked:
        house.publish(fault("x" * 1000))
    house.server.look_after()
    assert not member.is_over
    clock.advance(10.1)
    house.server.look_after()
    assert member.is_over
    await wait_until(lambda: house.figures.active_connections == 0)


async def test_client_that_reads_again_is_told_that_it_lagged(house: House) -> None:
    raw = await stalled_client(house)
    member = house.members[0]
    for _ in range(3000):
        house.publish(fault())
    assert member.outbox.is_blocked and not member.is_over
    received = bytearray()
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(10):
        while b'"type":"lagged"' not in received or member.outbox.is_blocked:
            received += await loop.sock_recv(raw, 65_536)
        house.publish(fault("the-end"))
        while b"the-end" not in received:
            received += await loop.sock_recv(raw, 65_536)
    behind = bytes(received).partition(b'"type":"lagged"')[2]
    assert b'"type":"snapshot","epoch":"b7c1","seq":3000' in behind
    assert behind.count(b'"type":"error.raised"') == 1
    assert house.server.lag().lagged == 1


async def test_event_is_encoded_once_for_all_clients(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []

    def counting(published: PublishedEvent) -> bytes:
        encoded.append(published.seq)
        return encode_event(published)

    monkeypatch.setattr(module, "encode_event", counting)
    clients = [await house.greeted() for _ in range(5)]
    await clients[0].ask(type="subscribe", topics=[])
    house.heat(1.0)
    for client in clients[1:]:
        assert (await client.frame())["seq"] == 1
    assert encoded == [1]


async def test_event_that_nobody_wants_is_not_encoded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "encode_event", None)
    client = await house.greeted()
    await client.ask(type="subscribe", topics=[])
    house.heat(1.0)
    assert (await client.ask(type="ping"))["type"] == "pong"


async def test_no_task_stands_between_publisher_and_socket(house: House) -> None:
    client = await house.greeted()
    member = house.members[0]
    sent: list[bytes] = []
    transport = member.socket.transport
    write = transport.write

    def recording(data: bytes) -> None:
        sent.append(bytes(data))
        write(data)

    member.socket.transport = _Wrapped(transport, recording)
    house.heat(7.5)
    assert b"7.5" in b"".join(sent)
    assert (await client.frame())["actual_celsius"] == 7.5


class _Wrapped:
    """A transport whose writes are looked at."""

    def __init__(self, transport: Any, write: Any) -> None:
        self._transport = transport
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


async def test_hundred_clients_hear_everything(start_house: StartHouse) -> None:
    house = await start_house(max_connections_per_address=100, handshakes_burst=100)
    clients = [await house.greeted() for _ in range(100)]
    for number in range(20):
        house.heat(float(number))
    for client in clients:
        assert [(await client.first("temperature.measured"))["seq"] for _ in range(20)] == list(range(1, 21))


async def test_terminal_lines_reach_only_those_who_asked_and_carry_no_seq(house: House) -> None:
    listener, other = await house.greeted(), await house.greeted()
    await listener.ask(type="subscribe", topics=["terminal"], printers=["ender3"])
    house.publish(TerminalLineReported(at=1.0, printer="voron", lines=("> G28",)))
    house.publish(TerminalLineReported(at=1.0, printer="ender3", lines=("> M105", "< ok T:20")))
    house.heat(1.0)
    frame = await listener.frame()
    assert (frame["type"], frame["lines"]) == ("terminal.line", ["> M105", "< ok T:20"])
    assert "seq" not in frame
    assert (await other.frame())["type"] == "temperature.measured"
