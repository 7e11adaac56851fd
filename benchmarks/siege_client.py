"""Clients of the siege: `python -m benchmarks.siege_client reconnect|trickle|listen PORT KEY ...`. Each ends with JSON.

`reconnect PORT KEY RATE SECONDS`: comes, reads its snapshot and goes again, RATE times a second; every second one goes without
a farewell. `trickle PORT KEY`: says `ready`, reads one byte a second until its standard input ends, and comes back when it is
cut off; then it resumes from its first snapshot, reads as one should, and counts the jobs that it hears of. `listen PORT KEY`
does the same, but reads everything: what `trickle` is compared with.
"""

from __future__ import annotations

import json
import re
import select
import socket
import struct
import sys
import time
from types import MappingProxyType

from benchmarks.house import handshake

OPEN_SECONDS = 20.0
READ_BYTES = 262_144
LISTEN_SECONDS = 0.002
"""Between two reads, as in audience.py."""

SNAPSHOT = re.compile(rb'"type":"snapshot","epoch":"([^"]+)","seq":(\d+)')
JOB = re.compile(rb'"type":"job.started","seq":(\d+)')
LAST = b'"printer.connected"'
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, 0 s: closing sends a reset."""


def greeted(port: int, key: str, *, query: str = "", receive_buffer: int = 0) -> tuple[socket.socket, bytes]:
    """A client behind its snapshot (or, with `since` in the query, behind `subscribed`), and what it has read."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(OPEN_SECONDS)
    connection.connect(("127.0.0.1", port))
    connection.sendall(handshake("127.0.0.1", port, key).replace(b"GET / ", f"GET /{query} ".encode()))
    said = b""
    while SNAPSHOT.search(said) is None and b'"type":"subscribed"' not in said:
        more = connection.recv(READ_BYTES)
        if not more:
            raise ConnectionError(f"refused: {said[:200]!r}")
        said += more
    return connection, said


def reconnect(port: int, key: str, rate: float, seconds: float) -> dict[str, float]:
    began = time.monotonic()
    done = 0
    while (now := time.monotonic()) < began + seconds:
        due = began + done / rate
        if due > now:
            time.sleep(due - now)
        connection, _ = greeted(port, key)
        if done % 2:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        connection.close()
        done += 1
    return {"reconnects": done, "seconds": time.monotonic() - began}


def trickle(port: int, key: str) -> dict[str, float]:
    since, cuts = "", 0
    while not _is_over(0):
        connection, said = greeted(port, key, receive_buffer=4096)
        since = since or _entered(said)
        cuts += _trickle_until_cut(connection)
        connection.close()
    return {"cuts": cuts, "jobs": _jobs_since(port, key, since)}


def listen(port: int, key: str) -> dict[str, float]:
    connection, said = greeted(port, key)
    since = _entered(said)
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    poll.register(sys.stdin, select.POLLIN)
    while True:
        ready = [descriptor for descriptor, _ in poll.poll()]
        if connection.fileno() in ready and not connection.recv(READ_BYTES):
            raise ConnectionError("closed by the server")
        if sys.stdin.fileno() in ready:
            connection.close()
            return {"cuts": 0, "jobs": _jobs_since(port, key, since)}
        time.sleep(LISTEN_SECONDS)


def _entered(said: bytes) -> str:
    """Tells that we are inside; from where to resume."""
    first = SNAPSHOT.search(said)
    assert first is not None
    print("ready", flush=True)
    return f"{first[1].decode()}.{int(first[2])}"


def _jobs_since(port: int, key: str, since: str) -> int:
    connection, said = greeted(port, key, query=f"?since={since}")
    while LAST not in said:
        said += connection.recv(READ_BYTES) or LAST
    connection.close()
    return len(set(JOB.findall(said)))


def _trickle_until_cut(connection: socket.socket) -> int:
    """1 if it was cut off. What the kernel has received can be read long after a reset, so the socket itself is asked."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    try:
        while True:
            if poll.poll(0) or not connection.recv(1):
                return 1
            if _is_over(1.0):
                return 0
    except ConnectionError:
        return 1


def _is_over(seconds: float) -> bool:
    """Does our standard input end within so long?"""
    return bool(select.select([sys.stdin], [], [], seconds)[0])


ROLES = MappingProxyType({"reconnect": reconnect, "trickle": trickle, "listen": listen})

if __name__ == "__main__":
    role, port, key, *numbers = sys.argv[1:]
    print(json.dumps(ROLES[role](int(port), key, *map(float, numbers))), flush=True)
