"""What else goes on in a house: `python -m benchmarks.disturbance PORT KEY CLIENTS FOLDER BYTES SECONDS`.

CLIENTS WebSocket connections, of which the oldest is closed and opened again every 10 ms, and a file of BYTES that is written
over SECONDS with fsync, and read back. Prints `ready`, goes on until SIGTERM, then prints `{"connections", "bytes"}`.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections import deque
from pathlib import Path

from benchmarks.house import handshake
from benchmarks.printer import Stopped, stop

TURN_SECONDS = 0.01
OPEN_SECONDS = 10.0
BLOCK_BYTES = 65_536
READ_BYTES = 262_144
SNAPSHOT = b'"snapshot"'


class Clients:
    """So many connections, each gone before it has grown old."""

    def __init__(self, port: int, key: str, count: int) -> None:
        self._port = port
        self._key = key
        self.opened = 0
        self._sockets: deque[socket.socket] = deque()
        for _ in range(count):
            self._open()

    def replace_oldest(self) -> None:
        """Take its snapshot, close it, open another one. Raises ConnectionError when the service did not let it in."""
        oldest = self._sockets.popleft()
        said = b""
        while SNAPSHOT not in said:
            more = oldest.recv(READ_BYTES)
            if not more:
                raise ConnectionError(f"refused: {said[:200]!r}")
            said += more
        oldest.close()
        self._open()

    def _open(self) -> None:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=OPEN_SECONDS)
        connection.sendall(handshake("127.0.0.1", self._port, self._key))
        self._sockets.append(connection)
        self.opened += 1


class Writer(threading.Thread):
    """Writes a block, syncs it and reads it back, evenly over the time; then begins anew."""

    def __init__(self, folder: Path, size: int, seconds: float) -> None:
        super().__init__(name="writer", daemon=True)
        self._path = folder / "disturbance.bin"
        self._blocks = max(size // BLOCK_BYTES, 1)
        self._pause_seconds = seconds / self._blocks
        self.written = 0

    def run(self) -> None:
        """For ever."""
        while True:
            with self._path.open("w+b", buffering=0) as file:
                for number in range(self._blocks):
                    file.write(os.urandom(BLOCK_BYTES))
                    os.fsync(file.fileno())
                    file.seek(number * BLOCK_BYTES)
                    file.read(BLOCK_BYTES)
                    self.written += BLOCK_BYTES
                    time.sleep(self._pause_seconds)


def main(port: int, key: str, count: int, folder: Path, size: int, seconds: float) -> int:
    """Returns the exit code."""
    signal.signal(signal.SIGTERM, stop)
    try:
        writer = Writer(folder, size, seconds)
        clients = Clients(port, key, count)
        writer.start()
        print("ready", flush=True)
        while True:
            time.sleep(TURN_SECONDS)
            clients.replace_oldest()
    except Stopped:
        print(json.dumps({"connections": clients.opened, "bytes": writer.written}), flush=True)
    except OSError as error:
        print(f"a client was lost: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]))
    )
