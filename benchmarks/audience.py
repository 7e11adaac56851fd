"""WebSocket clients that only count: `python -m benchmarks.audience PORT KEY COUNT`.

Prints `ready` when all of them have their snapshot, and `{"deliveries", "seconds", "p50_ms", "p99_ms"}` when each has seen the
last event. The frames are counted in the raw bytes, so that the clients do not become the brake. A temperature that is the
moment of its publishing (CLOCK_MONOTONIC, seconds) tells how long it was under way; with others the two delays mean nothing.
"""

from __future__ import annotations

import json
import re
import select
import socket
import statistics
import sys
import time
from collections.abc import Sequence

from benchmarks.house import handshake

COUNTED = b'"temperature.measured"'
MOMENT = re.compile(rb'"actual_celsius":([0-9.]+),')
LAST = b'"printer.connected"'
SNAPSHOT = b'"snapshot"'

OPEN_SECONDS = 30.0
QUIET_SECONDS = 20.0
"""Without a byte for so long the audience gives up."""

READ_BYTES = 262_144

PING = re.compile(rb"\x89\x04(.{4})", re.DOTALL)
"""The server's ping (RFC 6455, 5.5.2); its first byte stands in no frame of ours, which are ASCII."""

PONG_HEAD = b"\x8a\x84\0\0\0\0"
"""Of the answer, with a mask that changes nothing."""

FEW_BYTES = 2048
"""In one read: events at a pace at which their delay is looked at, and not only their number."""

REST_SECONDS = 0.002
"""Between two rounds of reading. Frames then come in bunches, as over a network, and the clients do not take the CPU that the
server is measured with."""


class Member:
    """One client; `deliveries` counts whole event frames."""

    def __init__(self, port: int, key: str) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=OPEN_SECONDS)
        self.socket.sendall(handshake("127.0.0.1", port, key))
        said = b""
        while SNAPSHOT not in said:
            more = self.socket.recv(READ_BYTES)
            if not more:
                raise ConnectionError(f"refused: {said[:200]!r}")
            said += more
        self.socket.setblocking(False)
        self.deliveries = 0
        self.delays: list[float] = []
        self.is_done = False
        self._tail = b""

    def read(self) -> None:
        """Take what is there."""
        data = self.socket.recv(READ_BYTES)
        if not data:
            raise ConnectionError("closed by the server")
        for payload in PING.findall(data):
            self.socket.sendall(PONG_HEAD + payload)
        text = self._tail + data
        self.deliveries += text.count(COUNTED)
        if len(data) < FEW_BYTES:
            now = time.monotonic()
            self.delays.extend(now - float(moment) for moment in MOMENT.findall(data))
        self.is_done = self.is_done or LAST in text
        kept = len(COUNTED) - 1  # shorter than the word, so that nothing is counted twice
        self._tail = text[-kept:]


def main(port: int, key: str, count: int) -> int:
    """Returns the exit code."""
    members = [Member(port, key) for _ in range(count)]
    print("ready", flush=True)
    try:
        seconds = _listen({member.socket.fileno(): member for member in members})
    except ConnectionError as error:
        print(f"a client was lost: {error}", file=sys.stderr)
        return 1
    print(json.dumps(_heard(members) | {"seconds": seconds}), flush=True)
    return 0


def _heard(members: Sequence[Member]) -> dict[str, float]:
    delays = [delay * 1000 for member in members for delay in member.delays] or [0.0]
    cuts = statistics.quantiles([*delays, delays[0]], n=100, method="inclusive")
    return {"deliveries": sum(member.deliveries for member in members), "p50_ms": cuts[49], "p99_ms": cuts[98]}


def _listen(members: dict[int, Member]) -> float:
    """Until each has seen the last event; the seconds since the first byte."""
    poll = select.epoll()
    for descriptor in members:
        poll.register(descriptor, select.EPOLLIN)
    waiting = set(members)
    began = 0.0
    while waiting:
        ready = poll.poll(QUIET_SECONDS)
        if not ready:
            raise ConnectionError(f"{len(waiting)} wait in vain")
        began = began or time.monotonic()
        for descriptor, _ in ready:
            member = members[descriptor]
            member.read()
            if member.is_done:
                waiting.discard(descriptor)
        time.sleep(REST_SECONDS)
    return time.monotonic() - began


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
