"""`idle`: the CPU that a service and its spooler take while nothing happens, without a client and with one that listens.

The printer is the virtual Marlin behind a wire; it reports its temperatures as often as the driver asks it to.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.child import running_wired_printer, work_of
from benchmarks.figure import Plan, Sample
from benchmarks.house import House, await_idle, running_house
from hydrogen.cli.client import Client, connected

BAUD = 115200
LATENCY_SECONDS = 0.001

SETTLE_SECONDS = 6.0
"""Behind the connection: its questions are answered, the receive buffer is measured, the last library is loaded."""

SNAPSHOT_SECONDS = 1.0
"""For a client to come or go."""

SECONDS = 60.0
LONG_SECONDS = 300.0

GOAL = "<= 0.06"


def measure(plan: Plan) -> Iterable[Sample]:
    seconds = LONG_SECONDS if plan.is_long else SECONDS
    with (
        tempfile.TemporaryDirectory() as folder,
        running_wired_printer(baud=BAUD, latency_seconds=LATENCY_SECONDS) as printer,
        running_house(Path(folder), printer.port, baud=BAUD) as house,
    ):
        yield from asyncio.run(_both(house, seconds))


async def _both(house: House, seconds: float) -> list[Sample]:
    async with connected(house.address) as client:
        await await_idle(client)
        await asyncio.sleep(SETTLE_SECONDS)
    alone = await _watch(house, seconds, "no client")
    async with connected(house.address) as client:
        listening = asyncio.create_task(_listen(client), name="idle client")
        try:
            return alone + await _watch(house, seconds, "one client")
        finally:
            listening.cancel()
            await asyncio.wait([listening])


async def _listen(client: Client) -> None:
    async for _ in client.frames():
        pass


async def _watch(house: House, seconds: float, what: str) -> list[Sample]:
    await asyncio.sleep(SNAPSHOT_SECONDS)
    pids = {"service": house.pid, "spooler": house.spooler_pid}
    before = {name: work_of(pid) for name, pid in pids.items()}
    await asyncio.sleep(seconds)
    samples, both = [], 0.0
    for name, pid in pids.items():
        after = work_of(pid)
        used = (after.cpu_seconds - before[name].cpu_seconds) / seconds * 60
        wakeups = (after.wakeups - before[name].wakeups) / seconds
        samples.append(Sample(name=f"{what}: {name}", value=used, unit="s/min"))
        samples.append(Sample(name=f"{what}: {name}, woken up", value=wakeups, unit="1/s"))
        both += used
    return [*samples, Sample(name=f"{what}: both", value=both, unit="s/min", goal=GOAL)]
