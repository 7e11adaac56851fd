"""The project's virtual printer behind a serial adapter that takes its time: `python -m benchmarks.wired_printer`.

Prints `ready PORT` (the pty to open), works in real time until SIGTERM, then prints one JSON line: the fields of `WiredRecord`
(child.py). Times are CLOCK_MONOTONIC.

Every byte and every deadline is dealt with at the moment at which it was due, one after the other, even when this process got
the CPU late: what is measured is the host and not the scheduling of the simulator, unless that is later than the adapter.
A board has a processor of its own; this one goes before all others where the system allows it (`own_processor`).
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import os
import re
import select
import signal
import sys
import time
import tty
from collections.abc import Callable
from typing import Any

from benchmarks.printer import Stopped, stop
from benchmarks.serial_wire import SerialWire
from hydrogen_simulators.faults import FaultPlan, FaultyWire
from hydrogen_simulators.firmware.marlin import MarlinSettings, VirtualMarlin
from hydrogen_simulators.ledger import ExecutionLedger, is_move

READ_BYTES = 4096

REAL_TIME_PRIORITY = 10
"""Of 1 to 99; any stands before every process without real time."""

_EMERGENCY_WORD = re.compile(rb"M(?:108|112)(?=[\r\n])")


class MoveLedger(ExecutionLedger):
    """Notes of each move when it was executed and how many bytes had come by then, and nothing that takes long: folding
    kilobytes into a hash byte by byte would make the printer late."""

    def __init__(self) -> None:
        super().__init__(keep_lines=False)
        self.moved_at: list[float] = []
        self.bytes_at: list[int] = []
        self.read_underruns: Callable[[], int] = int
        self.underruns_at: list[int] = []
        self.lost_before_moves = 0
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """SHA-256 over the moves, each with a newline."""
        return self._digest.hexdigest()

    def record(self, command: str, now: float, *, from_card: bool = False) -> bool:
        """See ExecutionLedger.record."""
        self.counts["lines_executed"] += 1
        if not is_move(command):
            return False
        if not self.move_count:
            self.lost_before_moves = self.counts["rx_overflow_bytes"]
        self.move_count += 1
        self._digest.update(command.encode("latin-1", "replace") + b"\n")
        self.moved_at.append(now)
        self.bytes_at.append(self.counts["bytes_in"])
        self.underruns_at.append(self.read_underruns())
        return True


class WiredPrinter:
    """One pty, the adapter's two wires with their weather, and the board."""

    def __init__(
        self, settings: MarlinSettings, *, baud: int, latency_seconds: float, faults: FaultPlan, seed: int
    ) -> None:
        self._ledger = MoveLedger()
        self._board = VirtualMarlin(settings, seed, self._ledger)
        self._ledger.read_underruns = lambda: self._board.planner_underruns
        self._weather = FaultyWire(faults, seed)
        self._inbound = SerialWire(baud, latency_seconds)
        self._outbound = SerialWire(baud, latency_seconds)
        self._master, self._slave = os.openpty()  # the slave stays open: without a reader the master would end
        tty.setraw(self._slave)
        self._tail = b""
        self._late_seconds = 0.0
        self._words: list[tuple[str, float]] = []
        self._began = time.monotonic()  # the board's clock begins at 0
        self._board.power_on(0.0)
        self._board.data_to_send()  # nobody was there to hear the greeting

    @property
    def port(self) -> str:
        return os.ttyname(self._slave)

    @property
    def record(self) -> dict[str, Any]:
        ledger = self._ledger
        moved_at = [at + self._began for at in ledger.moved_at]
        return {
            "moves": ledger.move_count,
            "hash": ledger.digest,
            "first_move_at": moved_at[0] if moved_at else 0.0,
            "last_move_at": moved_at[-1] if moved_at else 0.0,
            "moved_at": moved_at,
            "bytes_at": ledger.bytes_at,
            "underruns_at": ledger.underruns_at,
            "underruns": self._board.planner_underruns,
            "lost_bytes": ledger.counts["rx_overflow_bytes"] - ledger.lost_before_moves,
            "faults": sum(self._weather.counts.values()),
            "late_seconds": self._late_seconds,
            "words": self._words,
        }

    def run(self) -> None:
        """For ever."""
        while True:
            wake_at = min(self._inbound.next_at, self._deadline(), self._outbound.next_at)
            seconds = None if wake_at == math.inf else max(wake_at - self._now(), 0.0)
            readable, _, _ = select.select([self._master], [], [], seconds)
            now = self._now()
            self._late_seconds = max(self._late_seconds, now - wake_at)
            if readable:
                self._hear(os.read(self._master, READ_BYTES), now)
            self._catch_up(now)
            said = self._outbound.take(now)
            if said:
                os.write(self._master, said)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _deadline(self) -> float:
        deadline = self._board.next_deadline()
        return math.inf if deadline is None else deadline

    def _hear(self, data: bytes, now: float) -> None:
        """Bytes are on the port: emergency words are noted here, the board gets them when the wire has carried them."""
        seen = self._tail + data
        found = list(_EMERGENCY_WORD.finditer(seen))
        self._words += [(match.group().decode(), now + self._began) for match in found]
        self._tail = seen[found[-1].end() if found else -4 :][-4:]
        self._inbound.push(data, now)

    def _catch_up(self, now: float) -> None:
        """Everything that was due by `now`, in its order."""
        while (due := min(self._inbound.next_at, self._deadline())) <= now:
            arrived = self._weather.towards_printer(self._inbound.take(due))
            if arrived:
                self._board.receive(arrived, due)
            self._board.handle_deadline(due)
            self._outbound.push(self._weather.towards_host(self._board.data_to_send()), due)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.wired_printer")
    parser.add_argument("--baud", type=int, default=115200)
    parser.add_argument("--latency", type=float, default=0.0, help="seconds, each way")
    parser.add_argument("--settings", type=json.loads, default={}, help="fields of MarlinSettings, as JSON")
    parser.add_argument("--faults", type=json.loads, default={}, help="fields of FaultPlan, as JSON")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def own_processor() -> None:
    """Come as near to a processor of one's own as the system allows (root, CAP_SYS_NICE): where hosts and their load fill every
    processor, the board would else wait for one, which no board does, and the host would be blamed for it."""
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REAL_TIME_PRIORITY))


def main() -> int:
    """Returns the exit code."""
    options = _parse()
    own_processor()
    printer = WiredPrinter(
        MarlinSettings(**options.settings),
        baud=options.baud,
        latency_seconds=options.latency,
        faults=FaultPlan(**options.faults),
        seed=options.seed,
    )
    try:
        signal.signal(signal.SIGTERM, stop)
        print(f"ready {printer.port}", flush=True)
        printer.run()
    except Stopped:
        print(json.dumps(printer.record), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
