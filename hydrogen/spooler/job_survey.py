"""What a job's file tells of a place in it: how much lies before, and what the printer is in there.

For a job that goes on in the middle. Everything here blocks, and runs in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hydrogen.errors import FileUnreadable
from hydrogen.gcode.machine_scanner import MachineScanner
from hydrogen.gcode.machine_state import MachineState
from hydrogen.gcode.metadata import JobOutline, OutlineScanner
from hydrogen.spooler.job_source import line_border

CHUNK_BYTES = 1 << 20


def outline_of(spool_file: Path, upto: int) -> tuple[JobOutline, int]:
    """The outline of a file that was checked before, and how many of its lines with a command lie before the offset `upto`.
    Raises FileUnreadable. The moves are not run through: a print goes on meanwhile."""
    whole, head, at = OutlineScanner(with_print_time=False), OutlineScanner(with_print_time=False), 0
    for chunk in _chunks(spool_file):
        whole.feed(chunk)
        if at < upto:
            head.feed(chunk[: upto - at])
        at += len(chunk)
    return whole.finish(), head.finish().lines_total


def state_before(spool_file: Path, upto: int) -> MachineState:
    """What a printer is in that has carried out the lines before the offset `upto`. Raises FileUnreadable."""
    scanner, rest, left = MachineScanner(), b"", upto
    for chunk in _chunks(spool_file):
        data = rest + chunk[:left]
        left -= min(left, len(chunk))
        border = len(data) if not left else line_border(data, 0, len(data), is_last=False)
        scanner.feed(data[:border])
        rest = data[border:]
        if not left:
            break
    return scanner.state


def _chunks(spool_file: Path) -> Iterator[bytes]:
    try:
        with spool_file.open("rb", buffering=0) as source:
            while chunk := source.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise FileUnreadable(
            f"{spool_file.name} cannot be read: {error.strerror or error}", file=spool_file.name
        ) from error
