"""`pty`: the Marlin driver on a real pty, side by side with the least a host can do.

The printer is the same Python process for both and answers at once, so the ratio says what our care costs; the lines per
second by themselves say as much of the printer as of the host.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

from benchmarks.child import PrinterProcess, running_printer
from benchmarks.driver_print import Used, print_with_driver
from benchmarks.figure import Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.yardstick import SmallestHost, frames_of

LINES = 20_000
PRINT_SECONDS = 40.0


@dataclass(frozen=True, slots=True)
class Pace:
    """Lines per second by the host's clock, and the host's CPU seconds per 1,000 lines."""

    lines_per_second: float
    cpu_per_1000: float


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
        pace = _pace(len(lines), Used(time.monotonic() - began, time.process_time() - cpu))
        host.close()
        _check(printer, lines)
    return pace


def _pace_of_driver(lines: list[bytes]) -> Pace:
    with running_printer() as printer:
        used = print_with_driver(printer.port, lines, baud=115200, patience_seconds=PRINT_SECONDS)
        _check(printer, lines)
    return _pace(len(lines), used)


def _pace(lines: int, used: Used) -> Pace:
    return Pace(lines / used.seconds, used.cpu_seconds / lines * 1000)


def _check(printer: PrinterProcess, lines: list[bytes]) -> None:
    record = printer.stop()
    check_executed(lines, record.moves, record.hash)
