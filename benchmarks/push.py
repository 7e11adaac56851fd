"""`push`: OctoPrint's push clients while a file prints. What do fifty of them cost, and what does one that does not read?

The service as people run it prints a file at 500 lines a second and is told temperatures ten times a second. Windows without
push clients and with them take turns in one run, so that both have the same weather; the difference of the service's CPU is
theirs. In the last windows one client more has stopped reading.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import tempfile
import time
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

from benchmarks.child import TICKS_PER_SECOND, running_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import moves
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, running_house
from hydrogen.cli.client import connected
from hydrogen.fleet.runtime import read_service_record

CLIENTS = 50
WINDOW_SECONDS = 5.0
LONG_WINDOW_SECONDS = 20.0
PAIRS = 2

LINE_SECONDS = 0.002
REPORT_SECONDS = 0.1
LINES = 60_000
"""Two minutes: more than all windows take."""

LONG_LINES = 240_000
MOST_PAYLOAD_BYTES = 4096


@dataclass
class Heard:
    """By all clients of a window together; sizes in characters."""

    messages: int = 0
    largest: int = 0
    currents: int = 0
    sizes: list[int] = field(default_factory=list)


def measure(plan: Plan) -> Iterable[Sample]:
    window = LONG_WINDOW_SECONDS if plan.is_long else WINDOW_SECONDS
    lines = moves(LONG_LINES if plan.is_long else LINES)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer("--line-seconds", str(LINE_SECONDS), "--report-seconds", str(REPORT_SECONDS)) as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        house.put_file(lines)
        return asyncio.run(_measure(house, Path(folder), window))


async def _measure(house: House, folder: Path, window: float) -> list[Sample]:
    record = read_service_record(folder / "run")
    if record is None:
        raise BenchmarkFailed("the service has not told its port")
    async with connected(house.address) as asker:
        await await_idle(asker)
        await asker.command("job.start", PRINTER, {"file": FILE})
        without, with_all, heard = [], [], Heard()
        for _ in range(PAIRS):
            without.append(await _cpu_share(house, window))
            audience = await _audience(record.web_port, CLIENTS, heard)
            with_all.append(await _cpu_share(house, window))
            await audience.close()
        quiet = await _stalled(house, record.web_port, window)
        await asker.command("job.cancel", PRINTER)
    cost = statistics.median(with_all) - statistics.median(without)
    crowd = f"{CLIENTS} push clients"
    return [
        Sample(name=f"{crowd}, CPU of all together", value=100 * cost, unit="%", goal="<= 5"),
        Sample(name="service without them", value=100 * statistics.median(without), unit="%"),
        Sample(
            name=f"{crowd}, `current` a second for each", value=heard.currents / CLIENTS / PAIRS / window, unit="1/s"
        ),
        Sample(name="`current`, largest", value=max(heard.sizes), unit="bytes", goal="< 4096"),
        Sample(name="one that does not read, messages of the others", value=quiet, unit="1/s"),
    ]


async def _cpu_share(house: House, seconds: float) -> float:
    """Of a core, of the service's process, over so long."""
    before, began = _cpu_seconds(house.pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (_cpu_seconds(house.pid) - before) / (time.monotonic() - began)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND


class _Audience:
    def __init__(self, sockets: list[ClientConnection], tasks: list[asyncio.Task[None]]) -> None:
        self._sockets = sockets
        self._tasks = tasks

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*(socket.close() for socket in self._sockets))
        await asyncio.wait(self._tasks)


async def _audience(port: int, count: int, heard: Heard) -> _Audience:
    """So many that have logged in and read."""
    auth = await asyncio.to_thread(_session, port)
    sockets = [await _logged_in(port, auth) for _ in range(count)]
    return _Audience(sockets, [asyncio.create_task(_count(socket, heard)) for socket in sockets])


async def _logged_in(port: int, auth: str) -> ClientConnection:
    socket = await connect(f"ws://127.0.0.1:{port}/sockjs/websocket", proxy=None, compression=None, max_size=None)
    await socket.send(json.dumps({"auth": auth}))
    while not str(await socket.recv()).startswith('{"history"'):
        pass
    return socket


async def _count(socket: ClientConnection, heard: Heard) -> None:
    async for message in socket:
        heard.messages += 1
        if str(message).startswith('{"current"'):
            heard.currents += 1
            heard.sizes.append(len(message))


async def _stalled(house: House, port: int, window: float) -> float:
    """What the others hear in a second while one has stopped reading."""
    stalled = await _logged_in(port, await asyncio.to_thread(_session, port))
    stalled.transport.pause_reading()
    heard = Heard()
    audience = await _audience(port, CLIENTS, heard)
    await _cpu_share(house, window)
    await audience.close()
    stalled.transport.abort()
    return heard.messages / window


def _session(port: int) -> str:
    """`name:session`, by a passive login."""
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/login",
        data=b'{"passive":true}',
        headers={"X-Api-Key": KEY, "Content-Type": "application/json", "User-Agent": f"benchmark {os.getpid()}"},
    )
    with urllib.request.urlopen(asked, timeout=10) as answer:
        told: dict[str, Any] = json.load(answer)
    return f"{told['name']}:{told['session']}"
