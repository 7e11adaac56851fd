"""`siege`: clients that come and go without end, and one that reads a byte a second. What does it cost the others?

The server runs in this process, so that its tasks and descriptors can be counted; the clients run in others.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import statistics
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from benchmarks import slow_client
from benchmarks.child import ROOT, running_printer
from benchmarks.fanout import PACE, audience, heat, line_of, serving
from benchmarks.figure import Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, check_completed, frame_where, running_house
from benchmarks.whole_print import LINES, PRINT_SECONDS
from hydrogen.cli.client import connected
from hydrogen.core.context import Context

RECONNECTS_PER_SECOND = 200
RECONNECT_SECONDS = 10.0
LONG_RECONNECT_SECONDS = 60.0
WARM_UP_SECONDS = 3.0
"""The same before the counting begins: caches, the allocator's arenas."""

ANSWER_SECONDS = 60.0


LISTENERS = 60
"""Beside a print; as many as one address may have."""

PAIRS = 2
"""Prints with and without listeners, in turn, so that both have the same weather."""


def measure(plan: Plan) -> Iterable[Sample]:
    yield from asyncio.run(_reconnects(LONG_RECONNECT_SECONDS if plan.is_long else RECONNECT_SECONDS))
    yield from asyncio.run(slow_client.measure(slow_client.LONG_PAIRS if plan.is_long else slow_client.PAIRS))
    yield from _prints()


def _prints() -> Iterable[Sample]:
    """The lines per second of a print that nobody and that everybody watches."""
    alone, watched = [], []
    for _ in range(PAIRS):
        alone.append(_print_beside(0))
        watched.append(_print_beside(LISTENERS))
    yield Sample(name="print, lines alone", value=statistics.mean(alone), unit="1/s")
    yield Sample(name=f"print, lines with {LISTENERS} clients", value=statistics.mean(watched), unit="1/s")
    share = 100 * statistics.mean(watched) / statistics.mean(alone)
    yield Sample(name="print, of its speed alone", value=share, unit="%", goal=">= 95")


def _print_beside(listeners: int) -> float:
    lines = moves(LINES)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer() as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        house.put_file(lines)
        asyncio.run(_print(house, listeners))
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    return record.lines_per_second


async def _print(house: House, listeners: int) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected(house.address))
        await await_idle(client)
        if listeners:
            await stack.enter_async_context(audience(house.port, listeners))
        await client.command("job.start", PRINTER, {"file": FILE})
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", PRINT_SECONDS)
        check_completed(finished)


async def _reconnects(seconds: float) -> list[Sample]:
    async with serving() as (server, context):
        await _besiege(server.bound_port, context, WARM_UP_SECONDS)
        before = await _figures_at_rest()
        told = await _besiege(server.bound_port, context, seconds)
        after = await _figures_at_rest()
    memory, tasks, descriptors = (later - earlier for earlier, later in zip(before, after, strict=True))
    return [
        Sample(name="reconnects", value=told["reconnects"] / told["seconds"], unit="1/s", goal=">= 190"),
        Sample(name="reconnects, memory grown", value=memory / 1024, unit="KiB", goal="<= 1,024"),
        Sample(name="reconnects, tasks left", value=tasks, unit="", goal="0"),
        Sample(name="reconnects, descriptors left", value=descriptors, unit="", goal="0"),
    ]


async def _besiege(port: int, context: Context, seconds: float) -> dict[str, float]:
    async with _client("reconnect", port, RECONNECTS_PER_SECOND, seconds) as client:
        publishing = asyncio.create_task(_publish(context), name="publish")
        told: dict[str, float] = json.loads(await line_of(client, seconds + ANSWER_SECONDS))
        publishing.cancel()
        await asyncio.wait([publishing])
    return told


async def _figures_at_rest() -> tuple[int, int, int]:
    """Resident bytes, tasks, descriptors."""
    await asyncio.sleep(1.5)  # the door's patience with those that are gone
    gc.collect()
    resident_bytes, descriptors = _figures_of_process()
    return resident_bytes, len(asyncio.all_tasks()), descriptors


def _figures_of_process() -> tuple[int, int]:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE"), sum(1 for _ in Path("/proc/self/fd").iterdir())


async def _publish(context: Context) -> None:
    """Temperatures at the pace, until cancelled."""
    while True:
        context.publish(heat(20.0))
        await asyncio.sleep(1 / PACE)


@asynccontextmanager
async def _client(role: str, port: int, *numbers: float) -> AsyncIterator[Process]:
    command = (sys.executable, "-m", "benchmarks.siege_client", role, str(port), KEY, *map(str, numbers))
    process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, cwd=ROOT)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
