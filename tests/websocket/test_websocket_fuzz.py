"""Anything at all at the door and behind it: never an unhandled exception, never a traceback on the wire, nothing left behind.

Seeded. A few seconds by default; `HYDROGEN_FUZZ_SECONDS=60` hunts for a minute, with a new seed for each round.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from hydrogen.auth.throttle import ThrottleLimits
from hydrogen.core.clock import SystemClock
from hydrogen.model.events import TOPICS
from hydrogen.websocket.connection import ClientSocket
from tests.support.waiting import wait_until
from tests.websocket.house import HANDSHAKE, KEY, House, ObedientFleet, make_house

FUZZ_SECONDS = float(os.environ.get("HYDROGEN_FUZZ_SECONDS", "0"))
EXAMPLES = 300
ANSWER_SECONDS = 20.0

TURNS = 30
"""Of the loop that server and client share: enough for whatever the last byte sets off."""

OPEN_DOOR = {"handshakes_per_second": 1e6, "handshakes_burst": 1_000_000, "invalid_messages": 1_000_000}

# ------------------------------------------------------------------------------------------------------ what is sent

_words = st.sampled_from(
    [
        *("type", "id", "operation", "printer", "params", "since", "topics", "printers", "token", "idempotency_key"),
        *("status", "ping", "subscribe", "command", "authenticate", "issued_at", "heater", "target_celsius", "lines"),
        *(
            "printer.home",
            "printer.set_temperature",
            "printer.emergency_stop",
            "job.start",
            "file.list",
            "system.status",
        ),
        *("ender3", "voron", "tool0", "cube.gcode", "../../etc/passwd", "b7c1.0", "b7c1.99999999", "\x00", "9" * 400),
        *sorted(TOPICS),
    ]
)
_texts = _words | st.text(max_size=20)
_numbers = st.integers() | st.floats(allow_nan=False) | st.sampled_from([0, -1, 2**63, 2**64, 1e308])
_values = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4),
    max_leaves=12,
)
_near_messages = st.fixed_dictionaries(
    {"type": st.sampled_from(["status", "ping", "subscribe", "command", "authenticate"])},
    optional={
        "id": _texts | _values,
        "operation": _texts,
        "printer": _texts | _values,
        "params": st.dictionaries(_texts, _values, max_size=4) | _values,
        "topics": st.lists(_texts, max_size=4) | _values,
        "printers": st.lists(_texts, max_size=4) | _values,
        "since": _texts,
        "idempotency_key": st.text(min_size=16, max_size=20) | _values,
        "issued_at": _texts | st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
        "token": _texts,
    },
)
_json_texts = (_near_messages | _values).map(lambda value: json.dumps(value).encode())
_payloads = st.one_of(
    _json_texts,
    st.binary(max_size=300),
    st.tuples(_json_texts, st.integers(0, 40)).map(lambda cut: cut[0][: cut[1]]),
    st.integers(1, 3000).map(lambda depth: b"[" * depth),
    st.sampled_from(
        [b'{"type":"ping","id":"\\ud800"}', b'{"type":"ping","x":1e999}', b'{"a":1,"a":2}', b"\xff", b"x" * 70_000]
    ),
)


def _frame(first: int, payload: bytes, is_masked: bool, lie: int) -> bytes:
    """A frame of a client; lie: added to the length that it announces."""
    size = max(0, len(payload) + lie)
    if size < 126:
        length = bytes([size])
    elif size < 65_536:
        length = b"\x7e" + struct.pack("!H", size)
    else:
        length = b"\x7f" + struct.pack("!Q", size)
    if is_masked:
        length = bytes([length[0] | 0x80]) + length[1:] + b"\0\0\0\0"
    return bytes([first]) + length + payload


_whole_frames = _payloads.map(lambda payload: _frame(0x81, payload, True, 0))
_odd_frames = st.builds(_frame, st.integers(0, 255), _payloads, st.booleans(), st.sampled_from([0, 0, 0, -1, 1, 2**40]))
_streams = st.lists(st.one_of(_whole_frames, _whole_frames, _odd_frames, st.binary(max_size=30)), max_size=8).map(
    b"".join
)

_targets = st.sampled_from(
    [
        *("/", "/websocket", "/?key=" + KEY, "/?key=", "/?key=%00", "/?key=%ff%fe", "/?ticket=x", "/%2e%2e/", "*", ""),
        *(
            f"/?key={KEY}&since=b7c1.0&topics=job,x&printers=,",
            f"/?key={KEY}&since=%00",
            "/?" + "a=b&" * 500,
            "/" * 9000,
        ),
    ]
) | st.text(max_size=30)
_headers = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("Host", "Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Origin"),
                *(
                    "Sec-WebSocket-Protocol",
                    "Sec-WebSocket-Extensions",
                    "Authorization",
                    "Content-Length",
                    "X",
                    " X",
                    "X:",
                ),
            ]
        ),
        st.sampled_from(
            [
                *(
                    "websocket",
                    "Upgrade",
                    "13",
                    "AAAAAAAAAAAAAAAAAAAAAA==",
                    "hydrogen-protocol",
                    f"Key {KEY}",
                    "Key ",
                    "x",
                ),
                *(
                    "http://evil.example",
                    "[::1",
                    "permessage-deflate",
                    "-1",
                    "Bearer x.y.z",
                    "\x00",
                    "é",
                    "a" * 9000,
                    "",
                ),
            ]
        )
        | st.text(max_size=20),
    ),
    max_size=12,
)


def _request(method: str, target: str, version: str, headers: list[tuple[str, str]]) -> bytes:
    lines = [f"{method} {target} {version}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass")


_requests = st.one_of(
    st.builds(
        _request,
        st.sampled_from(["GET", "POST", "GE", ""]),
        _targets,
        st.sampled_from(["HTTP/1.1", "HTTP/9", ""]),
        _headers,
    ),
    st.binary(max_size=200),
    st.integers(0, len(HANDSHAKE)).map(lambda size: HANDSHAKE[:size]),
    st.tuples(st.integers(0, len(HANDSHAKE) - 1), st.integers(0, 255)).map(
        lambda change: HANDSHAKE[: change[0]] + bytes([change[1]]) + HANDSHAKE[change[0] + 1 :]
    ),
)

# ---------------------------------------------------------------------------------------------------------- the hunt


class Range:
    """A server, and a loop to shoot at it from."""

    def __init__(self, loop: asyncio.AbstractEventLoop, house: House) -> None:
        self._loop = loop
        self.house = house
        self.unhandled: list[dict[str, Any]] = []
        self.received = 0
        loop.set_exception_handler(lambda _loop, context: self.unhandled.append(context))

    def shoot(self, data: bytes) -> bytes:
        """Send this, and no more; what comes back until the other side is gone."""
        said = self._loop.run_until_complete(self._exchange(data))
        assert b"Traceback" not in said and b'File "' not in said
        assert self.unhandled == []
        complaints = [entry for entry in self.house.log.entries if entry.level in ("warning", "error")]
        assert complaints == []
        return said

    async def _exchange(self, data: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.house.server.bound_port)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                before = self.received
                writer.write(data)
                await wait_until(lambda: self.received == before + len(data) or reader.at_eof())
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                writer.write_eof()
                return await reader.read(4_000_000)
        except (ConnectionResetError, BrokenPipeError):
            return b""
        finally:
            writer.transport.abort()

    def is_well(self) -> bool:
        return self._loop.run_until_complete(self._serves())

    async def _serves(self) -> bool:
        await wait_until(lambda: self.house.guests == 0, within_seconds=15, what="everybody to be gone")
        client = await self.house.greeted()
        answer = await client.ask(type="ping")
        client.socket.transport.abort()
        await client.socket.wait_closed()
        await wait_until(lambda: self.house.guests == 0)
        return answer["type"] == "pong"


@contextmanager
def shooting_range() -> Iterator[Range]:
    loop = asyncio.new_event_loop()
    stack = AsyncExitStack()
    settings_ = OPEN_DOOR | {"handshake_timeout_seconds": 5.0}
    guesses = ThrottleLimits(free_failures=1_000_000_000)
    house = make_house(ObedientFleet(), SystemClock(), (), settings_, stack, login_limits=guesses)
    range_ = Range(loop, house)

    def counting(socket: ClientSocket, data: bytes) -> None:
        range_.received += len(data)
        receive(socket, data)

    receive, ClientSocket.data_received = ClientSocket.data_received, counting  # type: ignore[method-assign]
    loop.run_until_complete(house.server.start())
    try:
        yield range_
    finally:
        ClientSocket.data_received = receive  # type: ignore[method-assign]
        loop.run_until_complete(house.server.close_clients())
        loop.run_until_complete(house.server.release())
        loop.run_until_complete(stack.aclose())
        assert [task for task in asyncio.all_tasks(loop) if not task.done()] == []
        loop.close()


def hunt(strategy: st.SearchStrategy[bytes], attack: Callable[[bytes], object]) -> None:
    """One round with a fixed seed, or as many as there is time for."""
    ends_at = time.monotonic() + FUZZ_SECONDS
    rounds = 0
    while rounds == 0 or time.monotonic() < ends_at:
        rules = settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))

        @seed(rounds)
        @rules
        @given(data=strategy)
        def one_round(data: bytes) -> None:
            attack(data)

        one_round()
        rounds += 1


def descriptors() -> int:
    gc.collect()  # what a test before this one has dropped is none of ours
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.timeout(FUZZ_SECONDS + 120)
def test_anything_at_the_door() -> None:
    with shooting_range() as range_:
        before = descriptors()
        hunt(_requests, range_.shoot)
        assert range_.is_well()
        assert descriptors() == before


@pytest.mark.timeout(FUZZ_SECONDS + 120)
def test_anything_behind_the_door() -> None:
    with shooting_range() as range_:
        before = descriptors()
        hunt(_streams, lambda data: range_.shoot(HANDSHAKE + data))
        assert range_.is_well()
        assert descriptors() == before


def test_closed_door_is_told_from_an_open_one() -> None:
    """The hunt would be worth nothing if its shots did not come in."""
    with shooting_range() as range_:
        assert b" 101 " in range_.shoot(HANDSHAKE + _frame(0x81, b'{"type":"ping","id":"p"}', True, 0))
        assert b'{"type":"pong","id":"p"}' in range_.shoot(
            HANDSHAKE + _frame(0x81, b'{"type":"ping","id":"p"}', True, 0)
        )
        assert b" 401 " in range_.shoot(HANDSHAKE.replace(KEY.encode(), b"x"))
