"""`pty`: the Marlin driver on a real pty, side by side with the least a host can do.

The printer is the same Python process for both and answers at once, so the ratio says what our care costs; the lines per
second by themselves say as much of the printer as of the host.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import PrinterProcess, running_printer
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import ListSource, check_executed, moves
from benchmarks.yardstick import SmallestHost, frames_of
from hydrogen.errors import DeviceError
from hydrogen.model.events import Event
from hydrogen.spooler.journal import HotJournal
from hydrogen_drivers.marlin.driver import MarlinDriver

LINES = 20_000
PRINT_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Lines per second by the host's clock, and the host's CPU seconds per 1,000 lines."""

    lines_per_second: float
    cpu_per_1000: float


class DeafListener:
    """Signs ConnectionListener."""

    def on_event(self, event: Event) -> None:
        pass

    def on_action(self, action: str, text: str) -> None:
        pass

    def on_traffic(self, line: str) -> None:
        pass

    def on_lost(self, error: DeviceError) -> None:
        pass


def measure(_plan: Plan) -> Iterable[Sample]:
    lines = moves(LINES)
    smallest = _pace_of_smallest(lines)
    driver = _pace_of_driver(lines)
    speed = driver.lines_per_second / smallest.lines_per_second
    cost = driver.cpu_per_1000 / smallest.cpu_per_1000
    yield Sample(name="smallest host, lines", value=smallest.lines_per_second, unit="1/s")
    yield Sample(name="Marlin driver, lines", value=driver.lines_per_second, unit="1/s")
    yield Sample(name="ratio of lines", value=speed, unit="")
    yield Sample(name="smallest host, CPU per 1,000 lines", value=smallest.cpu_per_1000, unit="s")
    yield Sample(name="Marlin driver, CPU per 1,000 lines", value=driver.cpu_per_1000, unit="s", goal="<= 0.035")
    yield Sample(name="ratio of CPU", value=cost, unit="")


def _pace_of_smallest(lines: list[bytes]) -> Pace:
    frames = frames_of(lines)
    with running_printer() as printer:
        host = SmallestHost(printer.port)
        began, cpu = time.monotonic(), time.process_time()
        host.print_frames(frames)
        pace = _pace(len(lines), time.monotonic() - began, time.process_time() - cpu)
        host.close()
        _check(printer, lines)
    return pace


def _pace_of_driver(lines: list[bytes]) -> Pace:
    with tempfile.TemporaryDirectory() as folder, running_printer() as printer:
        journal = HotJournal(Path(folder) / "bench.journal")
        gc.collect()
        gc.freeze()  # as the spooler does
        try:
            pace = asyncio.run(_print(printer.port, journal, lines))
        finally:
            gc.unfreeze()
            journal.close()
        _check(printer, lines)
    return pace


async def _print(port: str, journal: HotJournal, lines: list[bytes]) -> Pace:
    driver = MarlinDriver(
        {"port": port, "baud": 115200, "connect_timeout_seconds": 10.0, "temperature_interval_seconds": 1}
    )
    connection = await driver.connect(DeafListener(), journal)
    try:
        async with asyncio.timeout(PRINT_SECONDS):
            began, cpu = time.monotonic(), time.process_time()
            connection.stream(ListSource(lines))
            await connection.finish()
            pace = _pace(len(lines), time.monotonic() - began, time.process_time() - cpu)
        if connection.stream_progress.lines != len(lines):
            raise BenchmarkFailed(f"the driver acknowledged {connection.stream_progress.lines} lines")
        return pace
    except TimeoutError:
        raise BenchmarkFailed(f"the driver did not print within {PRINT_SECONDS:g} s") from None
    finally:
        await connection.close()


def _pace(lines: int, seconds: float, cpu_seconds: float) -> Pace:
    return Pace(lines / seconds, cpu_seconds / lines * 1000)


def _check(printer: PrinterProcess, lines: list[bytes]) -> None:
    record = printer.stop()
    check_executed(lines, record.moves, record.hash)
