"""How often a client may ask: each limit with its answer, and what is never limited."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from hydrogen.auth.rate_limit import Rate, RateLimit
from hydrogen.core.clock import ManualClock
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import HANDSHAKE, READER_KEY, Client, House


async def answers(client: Client, messages: list[dict[str, Any]]) -> list[str]:
    """What comes back: the answer's type, or the code of the error."""
    for number, message in enumerate(messages):
        await client.send({"id": str(number), **message})
    frames = [await client.answer_to(str(number)) for number in range(len(messages))]
    return [frame["error"]["code"] if "error" in frame else frame["type"] for frame in frames]


@pytest.mark.parametrize(
    ("settings", "message", "answer"),
    [
        ({"messages_burst": 2}, {"type": "ping"}, "pong"),
        ({"questions_burst": 2}, {"type": "ping"}, "pong"),
        ({"questions_burst": 2}, {"type": "status"}, "status"),
        ({"subscriptions_burst": 2}, {"type": "subscribe"}, "subscribed"),
    ],
)
async def test_more_than_the_burst_is_rate_limited_and_the_connection_stays(
    start_house: StartHouse, settings: dict[str, int], message: dict[str, Any], answer: str
) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False, **settings)
    client = await house.greeted()
    assert await answers(client, [message] * 4) == [answer, answer, "rate_limited", "rate_limited"]
    clock.advance(1.0)
    assert await answers(client, [message] * 2) == [answer, answer]


async def test_commands_are_limited_by_principal_over_all_its_connections(start_house: StartHouse) -> None:
    clock = ManualClock()
    limit = RateLimit("commands", Rate(per_second=30.0, burst=60.0), clock=clock)
    house = await start_house(clock=clock, is_running=False, command_limit=limit)
    first, second = await house.greeted(), await house.greeted()
    command = {"type": "command", "operation": "system.status"}
    for client in (first, second):
        for _ in range(3):
            assert await answers(client, [command] * 10) == ["result"] * 10
    assert await answers(second, [command]) == ["rate_limited"]
    other = await house.greeted(key=READER_KEY)
    assert await answers(other, [command]) == ["result"]
    clock.advance(1.0)
    assert await answers(first, [command] * 30) == ["result"] * 30
    assert await answers(first, [command]) == ["rate_limited"]


@pytest.mark.parametrize("urgent", ["printer.emergency_stop", "printer.cool_down"])
async def test_making_safe_is_never_limited(start_house: StartHouse, urgent: str) -> None:
    clock = ManualClock()
    limit = RateLimit("commands", Rate(per_second=1.0, burst=1.0), clock=clock)
    house = await start_house(clock=clock, is_running=False, command_limit=limit, messages_burst=1)
    client = await house.greeted()
    command = {"type": "command", "operation": urgent, "printer": "ender3"}
    assert await answers(client, [command] * 20) == ["result"] * 20
    assert await answers(client, [{"type": "ping"}] * 2) == ["pong", "rate_limited"]
    assert await answers(client, [command] * 20) == ["result"] * 20


async def test_messages_of_one_address_are_limited_whoever_they_are_from(start_house: StartHouse) -> None:
    house = await start_house(clock=ManualClock(), is_running=False, messages_burst=4)
    assert await answers(await house.greeted(), [{"type": "ping"}] * 3) == ["pong"] * 3
    other = await house.greeted(key=READER_KEY)
    assert await answers(other, [{"type": "ping"}] * 3) == ["pong", "rate_limited", "rate_limited"]


# --------------------------------------------------------------------------------------------------------- the door


async def test_too_many_handshakes_get_503_with_a_random_time_to_wait(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False, handshakes_burst=3)
    for _ in range(3):
        await house.client()
    waits = set()
    for _ in range(30):
        with pytest.raises(InvalidStatus) as caught:
            await house.client()
        assert caught.value.response.status_code == 503
        assert json.loads(caught.value.response.body or b"")["error"]["code"] == "unavailable"
        waits.add(int(caught.value.response.headers["Retry-After"]))
    assert waits <= {1, 2, 3, 4, 5} and len(waits) > 1
    clock.advance(0.1)
    await house.client()


async def test_flood_of_refusals_does_not_flood_the_log(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    for _ in range(40):
        with pytest.raises(InvalidStatus):
            await house.client(key="wrong-key-0123456789")
    assert house.log.events().count("client refused") == 10
    clock.advance(2.0)
    with pytest.raises(InvalidStatus):
        await house.client(key="wrong-key-0123456789")
    last = [entry for entry in house.log.entries if entry.event == "client refused"][-1]
    assert last.fields["left_out"] == 30


async def connect_only(house: House) -> socket.socket:
    raw = socket.socket()
    raw.setblocking(False)
    await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", house.server.bound_port))
    house.stack.callback(raw.close)
    return raw


async def test_those_who_only_stand_at_the_door_are_bounded_and_keep_nobody_out(start_house: StartHouse) -> None:
    house = await start_house(max_handshakes_per_address=3, handshake_timeout_seconds=0.5)
    idlers = [await connect_only(house) for _ in range(10)]
    gone = await asyncio.gather(*(_end_of(raw) for raw in idlers[3:]))
    assert gone == [b""] * 7
    await wait_until(lambda: house.guests == 0, what="the door's patience to end")
    await house.greeted()


async def test_handshake_that_comes_byte_by_byte_is_cut_off(start_house: StartHouse) -> None:
    house = await start_house(handshake_timeout_seconds=0.3)
    raw = await connect_only(house)
    loop = asyncio.get_running_loop()
    ended = asyncio.create_task(_end_of(raw))
    for byte in b"GET / HTTP/1.1\r\nHost: x\r\n" * 1000:
        if ended.done():
            break
        await loop.sock_sendall(raw, bytes([byte]))
        await asyncio.wait([ended], timeout=0.01)
    assert ended.done() and ended.result() == b""
    assert house.guests == 0


async def _end_of(raw: socket.socket) -> bytes:
    """What comes until the other side is gone."""
    said = b""
    try:
        async with asyncio.timeout(10):
            while more := await asyncio.get_running_loop().sock_recv(raw, 4096):
                said += more
    except ConnectionResetError:
        pass
    return said


@pytest.mark.parametrize("head", [b"X-Long: " + b"x" * 100_000, b"\r\n".join(b"X-%d: y" % n for n in range(1000))])
async def test_oversized_headers_are_refused_and_nobody_stays_at_the_door(start_house: StartHouse, head: bytes) -> None:
    house = await start_house(handshake_timeout_seconds=0.2, grace_seconds=0.1)
    raw = await connect_only(house)
    loop = asyncio.get_running_loop()
    try:
        await loop.sock_sendall(raw, b"GET / HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n\r\n")
    except (ConnectionResetError, BrokenPipeError):
        pass
    assert b" 101 " not in await _end_of(raw)
    await wait_until(lambda: house.guests == 0)
    assert "Traceback" not in str(house.log.entries)


async def test_machine_that_answers_no_ping_is_closed(start_house: StartHouse) -> None:
    house = await start_house(ping_interval_seconds=0.05, ping_timeout_seconds=0.2)
    raw = await connect_only(house)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(raw, HANDSHAKE)
    await wait_until(lambda: house.figures.active_connections == 1)
    await wait_until(lambda: house.figures.active_connections == 0, what="the dead machine to be closed")


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("evil.example:5001", "http://evil.example:5001", 403),
        ("evil.example:5001", "null", 403),
        ("evil.example:5001", None, 101),
        ("printer.example.com:5001", "http://printer.example.com:5000", 101),
        ("127.0.0.1:5001", "http://127.0.0.1:5000", 101),
        ("127.0.0.1:5001", "http://evil.example", 403),
    ],
)
async def test_page_must_call_us_by_a_name_that_is_ours(
    start_house: StartHouse, host: str, origin: str | None, status: int
) -> None:
    house = await start_house(allowed_hosts=("printer.example.com",))
    raw = await connect_only(house)
    head = f"Host: {host}\r\n" + ("" if origin is None else f"Origin: {origin}\r\n")
    await asyncio.get_running_loop().sock_sendall(raw, HANDSHAKE.replace(b"Host: x\r\n", head.encode()))
    said = await asyncio.get_running_loop().sock_recv(raw, 4096)
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
