"""The smallest printer as a process of its own: `python -m benchmarks.printer` (imports nothing of ours but this package).

Prints `ready PORT` (the pty to open), answers until SIGTERM, then prints one JSON line:

    {"moves", "hash", "first_move_at", "last_move_at", "reports": [[celsius, at], …]}

Times are CLOCK_MONOTONIC, which is the same in every process. With --line-seconds each move takes that long; with
--report-seconds temperatures nobody asked for are written, each with a tool temperature that no other one has; --heaters says
of how many heaters (nozzles, then bed and chamber).
"""

from __future__ import annotations

import argparse
import json
import os
import select
import signal
import sys
import time
import tty
from collections import deque
from typing import Any

from benchmarks.smallest_marlin import SmallestMarlin

FIRST_REPORT_CELSIUS = 100.0
"""Reports count up from here in hundredths; what is below is an answer to M105."""


class Stopped(Exception):
    """SIGTERM."""


class Printer:
    """One pty and the printer behind it."""

    def __init__(self, *, line_seconds: float, report_seconds: float, heaters: int = 2) -> None:
        self._others = _others(heaters)
        self._marlin = SmallestMarlin()
        self._line_seconds = line_seconds
        self._report_seconds = report_seconds
        self._master, self._slave = os.openpty()  # the slave stays open: without a reader the master would end
        tty.setraw(self._slave)
        self._partial = b""
        self._moves_noted = 0
        self._first_move_at = 0.0
        self._last_move_at = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._report_at = time.monotonic() + report_seconds
        self._reports: list[tuple[float, float]] = []

    @property
    def port(self) -> str:
        return os.ttyname(self._slave)

    @property
    def record(self) -> dict[str, Any]:
        return {
            "moves": self._marlin.move_count,
            "hash": self._marlin.digest,
            "first_move_at": self._first_move_at,
            "last_move_at": self._last_move_at,
            "reports": self._reports,
        }

    def run_at_full_speed(self) -> None:
        """Read, answer, for ever."""
        master, answer = self._master, self._marlin.answer
        while True:
            lines = self._lines(os.read(master, 4096))
            said = b"".join([answer(line) for line in lines])
            self._note_moves(time.monotonic())
            if said:
                os.write(master, said)

    def run_in_time(self) -> None:
        """As a printer that needs time for a move and reports temperatures by itself."""
        while True:
            readable, _, _ = select.select([self._master], [], [], self._seconds_to_wait())
            if readable:
                self._take(self._lines(os.read(self._master, 4096)))
            now = time.monotonic()
            while self._waiting and self._waiting[0][0] <= now:
                os.write(self._master, self._waiting.popleft()[1])
            if self._report_seconds and now >= self._report_at:
                self._report()

    def _lines(self, data: bytes) -> list[bytes]:
        *lines, self._partial = (self._partial + data).split(b"\n")
        return lines

    def _note_moves(self, now: float) -> None:
        if self._marlin.move_count != self._moves_noted:
            self._moves_noted = self._marlin.move_count
            self._last_move_at = now
            self._first_move_at = self._first_move_at or now

    def _take(self, lines: list[bytes]) -> None:
        now = time.monotonic()
        for line in lines:
            moves_before = self._marlin.move_count
            said = self._marlin.answer(line)
            is_move = self._marlin.move_count > moves_before
            begins_at = self._waiting[-1][0] if self._waiting else now
            self._waiting.append((max(begins_at, now) + (self._line_seconds if is_move else 0.0), said))
        self._note_moves(now)

    def _seconds_to_wait(self) -> float | None:
        due = [self._waiting[0][0]] if self._waiting else []
        if self._report_seconds:
            due.append(self._report_at)
        return max(min(due) - time.monotonic(), 0.0) if due else None

    def _report(self) -> None:
        number = len(self._reports)
        celsius = round(FIRST_REPORT_CELSIUS + number / 100, 2)
        at = time.monotonic()
        os.write(self._master, b"T:%.2f /200.00 %s @:64 B@:32\n" % (celsius, self._others))
        self._reports.append((celsius, at))
        # an uneven rhythm: an even one could fall in step with a timer of the host's and flatter or punish it
        self._report_at = at + self._report_seconds * (0.8 + number * 7 % 13 / 30)


def _others(heaters: int) -> bytes:
    """What a report tells of the heaters beside the first nozzle."""
    last = [b"B:60.00 /60.00", b"C:40.00 /0.00"][: heaters - 1]
    tools = range(heaters - len(last)) if heaters > 3 else ()
    return b" ".join([*(b"T%d:%d.00 /200.00" % (tool, 190 + tool) for tool in tools), *last])


def stop(_number: int, _frame: object) -> None:
    """A handler for SIGTERM; a second one is not heard."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise Stopped


def main() -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.printer")
    parser.add_argument("--line-seconds", type=float, default=0.0)
    parser.add_argument("--report-seconds", type=float, default=0.0)
    parser.add_argument("--heaters", type=int, default=2)
    options = parser.parse_args()
    printer = Printer(line_seconds=options.line_seconds, report_seconds=options.report_seconds, heaters=options.heaters)
    try:
        signal.signal(signal.SIGTERM, stop)
        print(f"ready {printer.port}", flush=True)
        if options.line_seconds or options.report_seconds:
            printer.run_in_time()
        else:
            printer.run_at_full_speed()
    except Stopped:
        print(json.dumps(printer.record), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
