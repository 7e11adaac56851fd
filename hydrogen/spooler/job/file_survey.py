"""Places in a job's file: found by line, by height, by what a printer can have executed. All of it blocks, and reads in blocks,
so that a long file costs time and not memory. Raises FileUnreadable.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hydrogen.errors import FileUnreadable
from hydrogen.gcode.line import prepare
from hydrogen.gcode.program.execution_front import FrontWalk, moves_back
from hydrogen.gcode.program.job_lines import line_ends, raw_lines
from hydrogen.gcode.program.machine_scanner import MachineScanner
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.gcode.program.metadata import JobOutline, OutlineScanner
from hydrogen.spooler.job.job_source import BlockReader

BLOCK_BYTES = 1 << 16
"""Read and scanned at once; the spooler's loop gets its turn between."""

BACK_BYTES = 1 << 16
"""Looked back over for the moves that may still have been in the planner: 64 lines of a kilobyte."""

HEIGHT_TOLERANCE_MM = 0.001


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """The file as it is now."""

    size_bytes: int
    sha256: str
    outline: JobOutline


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedRange:
    """Everything before `certain_offset` was executed, nothing from `possible_offset` on. Z in mm: the lowest and the highest
    that the head can stand at; None while no height was named."""

    certain_offset: int
    possible_offset: int
    lowest_z_mm: float | None
    highest_z_mm: float | None


def survey(path: Path) -> FileSurvey:
    """Read the file from end to end."""
    digest, scanner, size = hashlib.sha256(), OutlineScanner(), 0
    try:
        with path.open("rb", buffering=0) as file:
            while chunk := file.read(BLOCK_BYTES):
                digest.update(chunk)
                scanner.feed(chunk)
                size += len(chunk)
    except OSError as error:
        raise FileUnreadable(f"the job's file cannot be read: {error.strerror or error}", file=path.name) from error
    return FileSurvey(size, digest.hexdigest(), scanner.finish())


def outline_of(path: Path, upto: int) -> tuple[JobOutline, int]:
    """The outline of a file that was checked before, and how many of its lines with a command lie before the offset `upto`."""
    whole, head = OutlineScanner(), OutlineScanner()
    for at, block in _blocks(path):
        whole.feed(block)
        if at < upto:
            head.feed(block[: upto - at])
    return whole.finish(), head.finish().lines_total


def state_before(path: Path, offset: int) -> MachineState:
    """What a printer is in that has carried out the lines before the offset."""
    return _scanner_at(path, offset).state


_TUNING = (b"M106", b"M107", b"M220", b"M221", b"T")


def tuning_lines(path: Path, start: int, stop: int) -> list[bytes]:
    """The lines between that concern fans, speed and flow, and the changes of the tool among them, as they are sent."""
    if stop <= start:
        return []
    found = []
    for _, block in _blocks(path, start=start, stop=stop):
        found += [raw for raw in raw_lines(block) if raw.lstrip().startswith(_TUNING)]
    return [body for body in map(prepare, found) if body is not None]


def line_at(path: Path, offset: int) -> int:
    """The number, from 1, of the line that begins at `offset`."""
    return 1 + sum(line_ends(block) for _, block in _blocks(path, stop=offset))


def offset_of_line(path: Path, line: int) -> int | None:
    """Where line `line` (from 1) begins; None beyond the last."""
    left = line - 1
    for at, block in _blocks(path):
        if left < (ends := line_ends(block)):
            return at + sum(map(len, raw_lines(block)[:left]))
        left -= ends
    return None


def offset_of_height(path: Path, height_mm: float) -> int | None:
    """Where the first line begins that lays plastic at `height_mm` or above; None if there is none."""
    goal = height_mm - HEIGHT_TOLERANCE_MM
    scanner = MachineScanner()
    for at, block in _blocks(path):
        before = scanner.copy()
        scanner.feed(block)
        if _is_up(scanner, goal):
            return _first_line(before, at, block, lambda lines: _is_up(lines, goal))
    return None


def offset_of_plastic(path: Path, start: int) -> int | None:
    """Where the first line from `start` on begins that lays plastic; None if there is none."""
    scanner = _scanner_at(path, start)
    scanner.machine.highest_z = None
    for at, block in _blocks(path, start=start):
        before = scanner.copy()
        scanner.feed(block)
        if scanner.highest_z_mm is not None:
            return _first_line(before, at, block, lambda lines: lines.highest_z_mm is not None)
    return None


def executed_range(path: Path, offset: int, *, seconds: float | None, given_offset: int | None) -> ExecutedRange:
    """What can have been executed when everything before `offset` was acknowledged.

    seconds: how long the printer may have gone on after that; None: not at all, but for what lies before `given_offset`.
    """
    back = b""
    for _, block in _blocks(path, stop=offset):
        back = (back + block)[-BACK_BYTES:]
    machine = _scanner_at(path, offset).machine
    walk = FrontWalk(machine, seconds if seconds is not None else float("inf"))
    stop = given_offset if seconds is None and given_offset is not None else None
    possible = offset
    for at, block in _blocks(path, start=offset, stop=stop):
        possible = at + walk.walk(block)
        if walk.is_over:
            break
    return ExecutedRange(
        certain_offset=max(offset - moves_back(back), 0),
        possible_offset=max(possible, offset),
        lowest_z_mm=walk.lowest_z_mm,
        highest_z_mm=walk.highest_z_mm,
    )


def _scanner_at(path: Path, offset: int) -> MachineScanner:
    scanner = MachineScanner()
    for _, block in _blocks(path, stop=offset):
        scanner.feed(block)
    return scanner


def _is_up(scanner: MachineScanner, goal: float) -> bool:
    return scanner.highest_z_mm is not None and scanner.highest_z_mm >= goal


def _first_line(scanner: MachineScanner, at: int, block: bytes, is_there: Callable[[MachineScanner], bool]) -> int:
    """Where the line begins that brings it about; it lies in `block`."""
    for raw in raw_lines(block):
        scanner.feed(raw)
        if is_there(scanner):
            return at
        at += len(raw)
    return at


def _blocks(path: Path, *, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
    """Whole lines from `start`, with where they begin; up to `stop`, which lies behind a line."""
    reader = BlockReader(path, start=start, block_bytes=BLOCK_BYTES)
    at = start
    try:
        while block := reader.read():
            if stop is not None and at + len(block) >= stop:
                yield at, block[: stop - at]
                return
            yield at, block
            at += len(block)
    finally:
        reader.close()
