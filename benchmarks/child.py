"""Children of the benchmark: started, watched by /proc, ended by their pid."""

from __future__ import annotations

import json
import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figure import BenchmarkFailed

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


class PrinterProcess:
    """A running `benchmarks.printer`; `port` is what to open."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        word, _, self.port = _line_of(process).partition(" ")
        if word != "ready":
            raise BenchmarkFailed(f"the printer did not start: {word} {self.port}")

    def stop(self) -> PrinterRecord:
        """End it and take its record."""
        self._process.terminate()
        record = PrinterRecord(**json.loads(_line_of(self._process)))
        self._process.wait(END_SECONDS)
        return record


@contextmanager
def running_printer(*arguments: str) -> Iterator[PrinterProcess]:
    """A printer on a pty, gone behind the block."""
    command = [sys.executable, "-m", "benchmarks.printer", *arguments]
    with running(command, stdout=subprocess.PIPE) as process:
        yield PrinterProcess(process)


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


def _line_of(process: subprocess.Popen[str]) -> str:
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
    found = re.search(rf"^{name}:\s+(\d+) kB", path.read_text(), re.MULTILINE)
    if found is None:
        raise BenchmarkFailed(f"{path} tells no {name}")
    return int(found[1])
