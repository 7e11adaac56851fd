"""`simulator`: the virtual printer itself, in front of the least a host can do: lines served, and a print of ten hours.

The host runs in this process, the printer in another one, as fast as it can (`--speed max`). One line in flight is a game of
ping-pong between two processes: the machine's scheduler has as much of a say as the printer. So the least board that a Python
process can be (`echo_board.py`) plays the same game in the same run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import moves
from benchmarks.yardstick import SmallestHost, WindowedHost, frames_of
from hydrogen_simulators.ledger import job_hash

LINES = 20_000
QUEUE = 4
"""Lines that the default board's command queue holds: as many may be in flight without asking the ring."""

WINDOW = 16
TEN_HOURS = 36_000.0
LONG_MOVES = 100_000
LONG_MOVE_MM = 36.0
"""At F6000 a move of this length takes 0.36 s: a hundred thousand of them are ten hours."""

WIDE = ("--queue", "32", "--ring", "2048", "--planner", "32")


def measure(plan: Plan) -> Iterable[Sample]:
    lines = [b"G1 F6000", *moves(LINES)]
    echoed = _echoed_rate(lines)
    yield Sample(name="lines served by an echo, one in flight", value=echoed, unit="1/s")
    for name, in_flight, more, goal in (
        ("one in flight", 1, (), ""),
        (f"{QUEUE} in flight, as its queue holds", QUEUE, (), ">= 15,000"),
        (f"{WINDOW} in flight, wide buffers", WINDOW, WIDE, ">= 15,000"),
        ("one in flight, no motion", 1, ("--instant-motion",), ""),
        (f"{WINDOW} in flight, wide buffers, no motion", WINDOW, (*WIDE, "--instant-motion"), ">= 15,000"),
    ):
        with _printer(*more) as printer:
            rate = _rate(printer, lines, in_flight)
            yield Sample(name=f"lines served, {name}", value=rate, unit="1/s", goal=goal)
        if in_flight == 1:
            yield Sample(name=f"of what the echo serves, {name}", value=rate / echoed, unit="")
    count = LONG_MOVES if plan.is_long else LONG_MOVES // 10
    with _printer() as printer:
        seconds = count / _rate(printer, _long_moves(count), 1)
        yield Sample(
            name=f"a print of {count * TEN_HOURS / LONG_MOVES / 3600:.0f} h, {count:,} moves",
            value=seconds,
            unit="s",
            goal="<= 60 for 10 h",
        )
        yield Sample(name="resident memory", value=_resident_mebibytes(printer.process.pid), unit="MiB", goal="<= 20")


class _Printer:
    def __init__(self, folder: Path, more: Iterable[str]) -> None:
        self.port = folder / "tty"
        self.ledger = folder / "ran.json"
        options = ("--link", str(self.port), "--ledger", str(self.ledger), "--speed", "max", "--no-advanced-ok")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hydrogen_simulators", *options, "--allow-cold-extrusion", *more],
            stdout=subprocess.PIPE,
        )
        if self.process.stdout is None or not self.process.stdout.readline().startswith(b"ready"):
            raise BenchmarkFailed("the virtual printer did not start")

    def executed_hash(self) -> str:
        before = self.ledger.stat().st_mtime_ns if self.ledger.exists() else 0
        os.kill(self.process.pid, signal.SIGUSR2)
        until = time.monotonic() + 20
        while time.monotonic() < until:
            if self.ledger.exists() and self.ledger.stat().st_mtime_ns != before:
                return str(json.loads(self.ledger.read_text(encoding="utf-8"))["job_hash"])
            time.sleep(0.01)
        raise BenchmarkFailed("the virtual printer wrote no ledger")


@contextmanager
def _printer(*more: str) -> Iterator[_Printer]:
    with tempfile.TemporaryDirectory() as folder:
        printer = _Printer(Path(folder), more)
        try:
            yield printer
        finally:
            printer.process.terminate()
            printer.process.wait(20)
            if printer.process.stdout is not None:
                printer.process.stdout.close()


def _rate(printer: _Printer, lines: list[bytes], in_flight: int) -> float:
    frames = frames_of(lines)
    host = SmallestHost(str(printer.port)) if in_flight == 1 else WindowedHost(str(printer.port), in_flight)
    began = time.monotonic()
    host.print_frames(frames)
    seconds = time.monotonic() - began
    if printer.executed_hash() != job_hash([line.decode("ascii") for line in lines]):
        raise BenchmarkFailed("executed is not what was sent")
    host.close()
    return len(lines) / seconds


def _echoed_rate(lines: list[bytes]) -> float:
    frames = frames_of(lines)
    with subprocess.Popen([sys.executable, "-m", "benchmarks.echo_board"], stdout=subprocess.PIPE) as board:
        try:
            if board.stdout is None or not (port := board.stdout.readline().decode("ascii").strip()):
                raise BenchmarkFailed("the echo did not start")
            host = SmallestHost(port)
            began = time.monotonic()
            host.print_frames(frames)
            seconds = time.monotonic() - began
            host.close()
        finally:
            board.terminate()
    return len(lines) / seconds


def _long_moves(count: int) -> list[bytes]:
    return [b"G1 X%d Y%d.%03d F6000" % (100 + LONG_MOVE_MM / 2 * (-1) ** i, i // 1000, i % 1000) for i in range(count)]


def _resident_mebibytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
