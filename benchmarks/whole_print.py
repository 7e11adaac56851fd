"""`print`: the whole service prints a file that a client started over the WebSocket."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from pathlib import Path

from benchmarks.child import cpu_seconds, running_printer
from benchmarks.figure import Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, PRINTER, House, await_idle, check_completed, frame_where, running_house
from hydrogen.cli.client import connected

LINES = 20_000
PRINT_SECONDS = 40.0


def measure(_plan: Plan) -> Iterable[Sample]:
    lines = moves(LINES)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer() as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        house.put_file(lines)
        used_seconds = asyncio.run(_print(house))
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    yield Sample(name="lines", value=record.lines_per_second, unit="1/s", goal=">= 12,000")
    yield Sample(
        name="CPU per 1,000 lines, all processes", value=used_seconds / LINES * 1000, unit="s", goal="<= 0.035"
    )


async def _print(house: House) -> float:
    """CPU seconds of all processes of the house, from the command to the end of the job."""
    async with connected(house.address) as client:
        await await_idle(client)
        pids = house.pids
        before = cpu_seconds(pids)
        await client.command("job.start", PRINTER, {"file": FILE})
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", PRINT_SECONDS)
        check_completed(finished)
        return cpu_seconds(pids) - before
