"""The whole service as people run it, in a temporary folder, with one printer called `bench`."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.child import family, running
from benchmarks.figure import BenchmarkFailed
from benchmarks.watched_service import VARIABLE
from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import Client
from hydrogen.fleet.runtime import read_service_record

PRINTER = "bench"
FILE = "bench.gcode"
KEY = "bench-key-" + secrets.token_hex(8)

START_SECONDS = 20.0
POLL_SECONDS = 0.002

CONFIGURATION = """
[server]
environment = "development"
data_dir = "{folder}/data"
runtime_dir = "{folder}/run"
[websocket]
host = "127.0.0.1"
port = {port}
port_fallback = false
handshakes_per_second = 1000.0
handshakes_burst = 1000
commands_per_second = 1000.0
commands_burst = 1000
[web]
host = "127.0.0.1"
port = 0
[auth]
keys = ["{key}"]
"""

PRINTER_TABLE = """
[printers.{printer}]
driver = "marlin"
port = "{device}"
baud = {baud}
"""

Frame = Mapping[str, Any]


class House:
    """A running service. `start_seconds`: from exec to the first handshake that was answered."""

    def __init__(self, folder: Path, process: subprocess.Popen[str], port: int, began: float) -> None:
        self._folder = folder
        self._process = process
        self._port = port
        self._wait_until_served()
        self.start_seconds = time.monotonic() - began

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def port(self) -> int:
        """Of the WebSocket server, on 127.0.0.1."""
        return self._port

    @property
    def web_port(self) -> int:
        """Of the HTTP server, on 127.0.0.1."""
        ends_at = time.monotonic() + START_SECONDS
        while time.monotonic() < ends_at:
            record = read_service_record(self._folder / "run")
            if record is not None and record.web_port:
                return record.web_port
            time.sleep(POLL_SECONDS)
        raise BenchmarkFailed(f"the service tells no HTTP port; {self.said}")

    @property
    def address(self) -> ServiceAddress:
        return ServiceAddress(url=f"ws://127.0.0.1:{self._port}/", key=KEY)

    @property
    def pids(self) -> list[int]:
        """The service and its spooler."""
        return family(self.pid)

    @property
    def spooler_pid(self) -> int:
        for pid in self.pids:
            if b"spooler_process" in Path(f"/proc/{pid}/cmdline").read_bytes():
                return pid
        raise BenchmarkFailed(f"there is no spooler; {self.said}")

    @property
    def said(self) -> str:
        """The end of the service's log."""
        return (self._folder / "service.log").read_text(errors="replace")[-2000:]

    def put_file(self, lines: list[bytes]) -> None:
        """The file that is to be printed."""
        self.put_content(FILE, b"\n".join(lines) + b"\n")

    def put_content(self, name: str, content: bytes) -> None:
        """A file as it is."""
        (self._folder / "data" / "files" / name).write_bytes(content)

    def _wait_until_served(self) -> None:
        ends_at = time.monotonic() + START_SECONDS
        while not self._is_served():
            if self._process.poll() is not None or time.monotonic() > ends_at:
                raise BenchmarkFailed(f"the service did not come up; {self.said}")
            time.sleep(POLL_SECONDS)

    def _is_served(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=START_SECONDS) as connection:
                connection.sendall(handshake("127.0.0.1", self._port, KEY))
                return connection.recv(4096).startswith(b"HTTP/1.1 101 ")
        except OSError:
            return False


def handshake(host: str, port: int, key: str) -> bytes:
    """The request of a WebSocket client (RFC 6455 section 1.3; the nonce is the RFC's)."""
    return (
        f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: hydrogen-protocol\r\nAuthorization: Key {key}\r\n\r\n"
    ).encode()


@contextmanager
def running_house(
    folder: Path,
    device: str,
    *,
    baud: int = 115200,
    watched: Path | None = None,
    others: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[House]:
    """A service with its own spooler on `device`; both are gone behind the block, and if this process dies.

    others: further printers, and the devices that they are on. watched: where the turns of its loop are told behind the block
    (watched_service.py).
    """
    port = _free_port()
    configuration = folder / "hydrogen.toml"
    printers = {PRINTER: device, **others}
    tables = "".join(PRINTER_TABLE.format(printer=name, device=place, baud=baud) for name, place in printers.items())
    configuration.write_text(CONFIGURATION.format(folder=folder, port=port, key=KEY) + tables)
    command = [
        sys.executable,
        "-m",
        "hydrogen" if watched is None else "benchmarks.watched_service",
        "serve",
        "--config",
        str(configuration),
        "--own-spoolers",
        "--lifeline",
    ]
    with (folder / "service.log").open("wb") as log:
        began = time.monotonic()
        environment = os.environ if watched is None else {**os.environ, VARIABLE: str(watched)}
        with running(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment) as process:
            yield House(folder, process, port, began)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def frame_where(client: Client, fits: Callable[[Frame], object], seconds: float) -> Frame:
    """The first frame that fits; raises BenchmarkFailed when none comes in time."""
    try:
        async with asyncio.timeout(seconds):
            async for frame in client.frames():
                if fits(frame):
                    return frame
    except TimeoutError:
        pass
    raise BenchmarkFailed(f"the service did not say within {seconds:g} s what was waited for")


async def await_idle(client: Client) -> None:
    """The printer takes jobs."""
    await frame_where(client, lambda frame: _status_in(frame) == "idle", START_SECONDS)


def _status_in(frame: Frame) -> object:
    if frame.get("type") == "snapshot":
        return frame["state"]["printers"][PRINTER]["status"]
    if frame.get("type") == "printer.attached":
        return frame["state"]["status"]
    return frame.get("status") if frame.get("type") == "printer.state_changed" else None


def check_completed(finished: Frame) -> None:
    """Raises BenchmarkFailed unless the job's end is a good one."""
    if finished.get("outcome") != "completed":
        raise BenchmarkFailed(f"the job ended {finished.get('outcome')}: {finished.get('reason')}")
