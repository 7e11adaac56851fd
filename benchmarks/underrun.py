"""`underrun`: does the planner ever run empty in the middle of a curve, while others keep the house busy?

The whole service prints segments of 0.2 mm at 100 mm/s, 500 a second, over a serial wire of 250000 baud into a planner of 16
blocks that takes real time: a line takes 1.6 ms of the 2 ms that its segment lasts. Meanwhile clients come and go all the
time, and a file is written and read. An underrun is a block that found the planner empty behind another one.
"""

from __future__ import annotations

import asyncio
import math
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import PIPE

from benchmarks.child import last_words, line_of, running, running_wired_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, check_completed, frame_where, running_house
from hydrogen.cli.client import connected

BAUD = 250000
LATENCIES_SECONDS = (0.0, 0.001)
"""Of a UART on the board, and of a USB adapter."""

RING_BYTES = 128
PLANNER_BLOCKS = 16

SEGMENT_MM = 0.2
SPEED_MM_PER_SECOND = 100
RADIUS_MM = 50.0
CENTRE_MM = 100.0
SEGMENTS_PER_SECOND = int(SPEED_MM_PER_SECOND / SEGMENT_MM)

SECONDS = 20
LONG_SECONDS = 600
MEGABYTES = 4
LONG_MEGABYTES = 100
CLIENTS = 20

IDLE_SECONDS = 3.0
"""Between connecting and the job, as in life: by then the driver knows the receive buffer and has tried out the wire."""

SETTLED_SECONDS = 2
"""Of printing, from the first segment; then the link knows its wire."""


def measure(plan: Plan) -> Iterable[Sample]:
    for latency in LATENCIES_SECONDS:
        yield from _measure(latency, plan)


def _measure(latency_seconds: float, plan: Plan) -> Iterator[Sample]:
    seconds = LONG_SECONDS if plan.is_long else SECONDS
    megabytes = LONG_MEGABYTES if plan.is_long else MEGABYTES
    lines = curve(seconds * SEGMENTS_PER_SECOND)
    settings = {"ring_size": RING_BYTES, "planner_size": PLANNER_BLOCKS, "prevent_cold_extrusion": False}
    with (
        tempfile.TemporaryDirectory() as folder,
        running_wired_printer(baud=BAUD, latency_seconds=latency_seconds, settings=settings) as printer,
        running_house(Path(folder), printer.port, baud=BAUD) as house,
    ):
        house.put_file(lines)
        with _disturbed(house, Path(folder), megabytes, seconds) as visits:
            asyncio.run(_print(house, seconds * 3 + 20))
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    settled = SETTLED_SECONDS * SEGMENTS_PER_SECOND
    late = record.underruns - record.underruns_at[settled]
    pace = (record.moves - 1 - settled) / (record.last_move_at - record.moved_at[settled])
    what = f"latency {latency_seconds * 1000:g} ms"
    yield Sample(name=f"{what}: planner underruns", value=record.underruns, unit="", goal="0")
    yield Sample(name=f"{what}: of these behind the first {settled:,} segments", value=late, unit="")
    yield Sample(name=f"{what}: segments behind them", value=pace, unit="1/s")
    yield Sample(name=f"{what}: printer's process late by", value=record.late_seconds * 1000, unit="ms")
    yield Sample(name=f"{what}: connections made meanwhile", value=visits["connections"], unit="")
    yield Sample(name=f"{what}: written meanwhile", value=visits["bytes"] / 1e6, unit="MB")


def curve(count: int) -> list[bytes]:
    """To the circle, and then round it: no two segments differ enough in direction to cost time."""
    lines = [b"G1 X%.3f Y%.3f F%d" % (CENTRE_MM + RADIUS_MM, CENTRE_MM, SPEED_MM_PER_SECOND * 60)]
    for i in range(1, count + 1):
        angle = i * SEGMENT_MM / RADIUS_MM
        x, y = CENTRE_MM + RADIUS_MM * math.cos(angle), CENTRE_MM + RADIUS_MM * math.sin(angle)
        lines.append(b"G1 X%.3f Y%.3f E%.4f" % (x, y, i * 0.01))
    return lines


async def _print(house: House, patience_seconds: float) -> None:
    async with connected(house.address) as client:
        await await_idle(client)
        await asyncio.sleep(IDLE_SECONDS)
        await client.command("job.start", PRINTER, {"file": FILE})
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", patience_seconds)
        check_completed(finished)


@contextmanager
def _disturbed(house: House, folder: Path, megabytes: int, seconds: float) -> Iterator[dict[str, int]]:
    """Behind the block the answer has what was done: connections and bytes."""
    command = [sys.executable, "-m", "benchmarks.disturbance", str(house.port), KEY, str(CLIENTS), str(folder)]
    visits: dict[str, int] = {}
    with running([*command, str(megabytes * 1_000_000), str(seconds)], stdout=PIPE) as process:
        if line_of(process) != "ready":
            raise BenchmarkFailed("the clients could not connect")
        yield visits
        visits |= last_words(process)
