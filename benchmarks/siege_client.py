"""Clients that behave badly: `python -m benchmarks.siege_client reconnect|trickle PORT KEY ...`. Each ends with a JSON object.

`reconnect PORT KEY RATE SECONDS`: comes, reads its snapshot and goes again, RATE times a second; every second one goes without
a farewell. `trickle PORT KEY SECONDS`: says `ready`, reads one byte a second and comes back when it is cut off; in the end it
resumes from its first snapshot, reads as one should, and counts the jobs that it hears of.
"""

from __future__ import annotations

import json
import re
import socket
import struct
import sys
import time

from benchmarks.house import handshake

OPEN_SECONDS = 20.0
READ_BYTES = 262_144
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


def trickle(port: int, key: str, seconds: float) -> dict[str, float]:
    ends_at = time.monotonic() + seconds
    since, cuts = "", 0
    while time.monotonic() < ends_at:
        connection, said = greeted(port, key, receive_buffer=4096)
        first = SNAPSHOT.search(said)
        assert first is not None
        if not since:
            since = f"{first[1].decode()}.{int(first[2])}"
            print("ready", flush=True)
        cuts += _trickle_until_cut(connection, ends_at)
        connection.close()
    connection, said = greeted(port, key, query=f"?since={since}")
    while LAST not in said:
        said += connection.recv(READ_BYTES) or LAST
    connection.close()
    return {"cuts": cuts, "jobs": len(set(JOB.findall(said)))}


def _trickle_until_cut(connection: socket.socket, ends_at: float) -> int:
    try:
        while time.monotonic() < ends_at:
            if not connection.recv(1):
                return 1
            time.sleep(1.0)
    except ConnectionError:
        return 1
    return 0


if __name__ == "__main__":
    role, port, key, *numbers = sys.argv[1:]
    print(
        json.dumps({"reconnect": reconnect, "trickle": trickle}[role](int(port), key, *map(float, numbers))), flush=True
    )
