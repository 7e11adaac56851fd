"""Children of the benchmark: started, watched by /proc, ended by their pid."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.figure import BenchmarkFailed
from benchmarks.serial_wire import BITS_PER_BYTE

ROOT = Path(__file__).parents[1]
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")

READY_SECONDS = 10.0
"""From the start of an interpreter to its first line."""

END_SECONDS = 10.0
"""For a child to end after SIGTERM: the service promises it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterRecord:
    """What the printer process says of itself; times are monotonic seconds."""

    moves: int
    hash: str
    first_move_at: float
    last_move_at: float
    reports: list[tuple[float, float]] = field(default_factory=list)

    @property
    def lines_per_second(self) -> float:
        """From the first move to the last."""
        seconds = self.last_move_at - self.first_move_at
        return (self.moves - 1) / seconds if seconds > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WiredRecord(PrinterRecord):
    """What the printer behind a wire says.

    moved_at, bytes_at, underruns_at: of each move, when it was executed, the bytes the printer had received by then, and the
    underruns of its planner so far. lost_bytes: what a full receive ring lost since the first move; before it the driver fills
    the ring on purpose, to measure it. faults: injected ones. late_seconds: how late the printer's process got the CPU at
    worst, which the host is not to blame for. words: emergency words, and when their bytes were on the port.
    """

    moved_at: list[float]
    bytes_at: list[int]
    underruns_at: list[int]
    underruns: int
    lost_bytes: int
    faults: int
    late_seconds: float
    words: list[tuple[str, float]]

    @property
    def longest_gap_seconds(self) -> float:
        """The longest standstill between two moves."""
        return max((after - before for before, after in pairwise(self.moved_at)), default=0.0)

    def share(self, baud: int, first: int = 0) -> float:
        """Of what the wire could have carried from the move `first` to the last one, this part was carried."""
        seconds = self.moved_at[-1] - self.moved_at[first]
        return (self.bytes_at[-1] - self.bytes_at[first]) * BITS_PER_BYTE / baud / seconds


class PrinterProcess:
    """A running `benchmarks.printer`; `port` is what to open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        word, _, self.port = line_of(process).partition(" ")
        if word != "ready":
            raise BenchmarkFailed(f"the printer did not start: {word} {self.port}")

    def stop(self) -> PrinterRecord:
        """End it and take its record."""
        return PrinterRecord(**last_words(self._process))


class WiredPrinterProcess(PrinterProcess):
    """A running `benchmarks.wired_printer`."""

    def stop(self) -> WiredRecord:
        """End it and take its record."""
        return WiredRecord(**last_words(self._process))


@contextmanager
def running_printer(*arguments: str) -> Iterator[PrinterProcess]:
    """A printer on a pty, gone behind the block."""
    command = [sys.executable, "-m", "benchmarks.printer", *arguments]
    with running(command, stdout=subprocess.PIPE) as process:
        yield PrinterProcess(process)


@contextmanager
def running_wired_printer(
    *,
    baud: int,
    latency_seconds: float,
    settings: Mapping[str, object] | None = None,
    faults: Mapping[str, object] | None = None,
) -> Iterator[WiredPrinterProcess]:
    """The virtual printer on a wire that takes its time; `settings` are fields of MarlinSettings, `faults` of FaultPlan."""
    command = [sys.executable, "-m", "benchmarks.wired_printer", "--baud", str(baud), "--latency", str(latency_seconds)]
    command += ["--settings", json.dumps(settings or {}), "--faults", json.dumps(faults or {})]
    with running(command, stdout=subprocess.PIPE) as process:
        yield WiredPrinterProcess(process)


@contextmanager
def running(command: Sequence[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A child with text pipes that does not outlive the block."""
    process = subprocess.Popen(command, cwd=ROOT, text=True, **options)
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[str]) -> None:
    """SIGTERM, then SIGKILL; close the pipes. May be called twice."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def last_words(process: subprocess.Popen[str]) -> dict[str, Any]:
    """End it and take the JSON that it then says."""
    process.terminate()
    words: dict[str, Any] = json.loads(line_of(process))
    process.wait(END_SECONDS)
    return words


def line_of(process: subprocess.Popen[str]) -> str:
    """The next line, for a child that writes no more than one at a time."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
    line = process.stdout.readline().strip() if readable else ""
    if not line:
        raise BenchmarkFailed(f"a child said nothing: {process.args!r}")
    return line


# ------------------------------------------------------------------------------------------------------------- /proc


def family(pid: int) -> list[int]:
    """The process and all its descendants that live."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        fields = _stat(int(entry.name)) if entry.name.isdigit() else None
        if fields is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        member = waiting.pop()
        found.append(member)
        waiting += children.get(member, [])
    return found


def cpu_seconds(pids: Sequence[int]) -> float:
    """User and system time of these processes, without that of children that have ended."""
    stats = [fields for pid in pids if (fields := _stat(pid)) is not None]
    return sum(int(fields[11]) + int(fields[12]) for fields in stats) / TICKS_PER_SECOND


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What the living threads of a process have done so far: CPU, and how often they gave it up to wait."""

    cpu_seconds: float
    wakeups: int


def work_of(pid: int) -> Work:
    """By the scheduler's own count (/proc/PID/task/TID/schedstat), because a process that only wakes up for a moment is hard to
    see in ticks of 10 ms. Raises BenchmarkFailed where the kernel keeps none."""
    nanoseconds = wakeups = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            nanoseconds += int((task / "schedstat").read_text().split()[0])
            wakeups += _count_in(task / "status", "voluntary_ctxt_switches")
        except FileNotFoundError:
            raise BenchmarkFailed("this kernel keeps no schedstat") from None
        except ProcessLookupError:
            pass  # the thread has just ended
    return Work(cpu_seconds=nanoseconds / 1e9, wakeups=wakeups)


def rss_mib(pid: int) -> float:
    """Resident memory, shared pages counted in full."""
    return _kib_in(Path(f"/proc/{pid}/status"), "VmRSS") / 1024


def pss_mib(pid: int) -> float:
    """Resident memory, shared pages counted in parts."""
    return _kib_in(Path(f"/proc/{pid}/smaps_rollup"), "Pss") / 1024


def _stat(pid: int) -> list[str] | None:
    """The fields behind the name: state, parent …"""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2 :].split()


def _kib_in(path: Path, name: str) -> int:
    return _count_in(path, name)


def _count_in(path: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+)", path.read_text(), re.MULTILINE)
    if found is None:
        raise BenchmarkFailed(f"{path} tells no {name}")
    return int(found[1])
