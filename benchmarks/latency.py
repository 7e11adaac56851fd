"""`latency`: from the moment a temperature is written to the pty until a WebSocket client has it, idle and printing."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from benchmarks.child import PrinterRecord, running_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, PRINTER, Frame, House, await_idle, check_completed, running_house
from hydrogen.cli.client import Client, connected

IDLE_SECONDS = 3.0
LINES = 1500
LINE_SECONDS = 0.002
"""500 lines a second: more than 115200 baud carries."""

REPORT_SECONDS = 0.03
PRINT_SECONDS = 40.0
FEWEST = 20
"""Reports below which a percentile says nothing."""


def measure(_plan: Plan) -> Iterable[Sample]:
    lines = moves(LINES)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_printer("--line-seconds", str(LINE_SECONDS), "--report-seconds", str(REPORT_SECONDS)) as printer,
        running_house(Path(folder), printer.port) as house,
    ):
        house.put_file(lines)
        ear = Ear()
        asyncio.run(_listen(house, ear))
        record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    idle = ear.delays(record, ear.idle_from, ear.idle_to)
    printing = ear.delays(record, record.first_move_at, record.last_move_at)
    for what, delays in (("idle", idle), ("printing", printing)):
        yield Sample(name=f"{what}, p50", value=_percentile(delays, 50), unit="ms", goal="<= 3")
        yield Sample(name=f"{what}, p95", value=_percentile(delays, 95), unit="ms", goal="<= 10")


class Ear:
    """What the client heard, and when; the clock is the printer's (CLOCK_MONOTONIC)."""

    def __init__(self) -> None:
        self.idle_from = 0.0
        self.idle_to = 0.0
        self._heard: dict[float, float] = {}

    async def listen(self, client: Client) -> Frame:
        """Until the job is finished."""
        async for frame in client.frames():
            if frame.get("type") == "temperature.measured" and frame.get("heater") == "tool0":
                self._heard.setdefault(float(frame["actual_celsius"]), time.monotonic())
            elif frame.get("type") == "job.finished":
                return frame
        raise BenchmarkFailed("the frames ended")

    def delays(self, record: PrinterRecord, begins_at: float, ends_at: float) -> list[float]:
        """Milliseconds of the reports that were written between these two moments."""
        reports = [(celsius, at) for celsius, at in record.reports if begins_at <= at <= ends_at]
        missing = [celsius for celsius, _ in reports if celsius not in self._heard]
        if len(reports) < FEWEST or missing:
            raise BenchmarkFailed(f"{len(reports)} reports were written, {len(missing)} of them never heard")
        return [(self._heard[celsius] - at) * 1000 for celsius, at in reports]


async def _listen(house: House, ear: Ear) -> None:
    async with connected(house.address) as listener, connected(house.address) as asker:
        await await_idle(asker)
        listening = asyncio.create_task(ear.listen(listener), name="ear")
        try:
            ear.idle_from = time.monotonic() + 0.2  # what is older may lie in the snapshot
            await asyncio.sleep(IDLE_SECONDS)
            ear.idle_to = time.monotonic() - 0.2
            await asker.command("job.start", PRINTER, {"file": FILE})
            async with asyncio.timeout(PRINT_SECONDS):
                check_completed(await listening)
        except TimeoutError:
            raise BenchmarkFailed(f"the job did not end within {PRINT_SECONDS:g} s") from None
        finally:
            listening.cancel()
            await asyncio.wait([listening])


def _percentile(values: list[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
