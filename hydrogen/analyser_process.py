"""The analyser: `python -m hydrogen.analyser_process`, a process of its own, so that nothing it does is in the way of a print.

It lowers its priority, bounds its memory, and reads one file after the other. By default it is told on its standard input which
ones, a line of JSON each, and answers with a line on its standard output; it ends when the input does:

    {"path": "/…/cube.gcode", "folder": "/…/analysis", "key": "1f2e…", "limits": {"acceleration": 3000.0, …}}
    {"sha256": "…", "size_bytes": 123, "modified_ns": 1, "inode": 2}      or      {"error": {"code", "message", "details"}}

The records lie in the folder then (`hydrogen/analysis/shelf.py` names them). `--file FILE` analyses one file and writes its
records to the standard output. Only this process loads numpy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hydrogen.analysis.shelf import AnalysisShelf
from hydrogen.errors import Conflict, FileUnreadable, HydrogenError, InvalidMessage
from hydrogen.gcode.analysis.assembly import file_analysis, layer_index
from hydrogen.gcode.analysis.full_pass import FullPass
from hydrogen.gcode.program.analysis import FileAnalysis, LayerIndex, ThumbnailNote
from hydrogen.gcode.program.metadata import OutlineScanner
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.slicer import HEAD_BYTES, TAIL_BYTES, slicer_notes
from hydrogen.gcode.program.thumbnail import Thumbnail, find_thumbnails
from hydrogen.model.codec import decode_json, encode_json, plain

BLOCK_BYTES = 1 << 19
"""Read and analysed at once: of the sizes tried the fastest, and 20 MiB of arrays."""

NICENESS = 15

MOST_BYTES = 1 << 30
"""Of private memory. It needs 80 MiB; what would need so much more is a defect, and must not take the host's memory."""


@dataclass(frozen=True, slots=True)
class FileRecords:
    """Everything that was found, and of which file."""

    analysis: FileAnalysis
    layers: LayerIndex
    thumbnails: Sequence[Thumbnail]
    modified_ns: int
    inode: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="hydrogen-analyser", description="Analyses G-code files.")
    parser.add_argument("--file", type=Path, metavar="FILE", help="analyse one file, and write its records")
    parser.add_argument("--limits", default="{}", metavar="JSON", help="the printer's limits, by their names")
    options = parser.parse_args(arguments)
    _step_back()
    if options.file is None:
        return _serve()
    try:
        records = analyse(options.file, limits_from(json.loads(options.limits)))
    except HydrogenError as error:
        sys.stdout.buffer.write(encode_json({"error": error.as_wire()}) + b"\n")
        return 1
    body = {"analysis": plain(records.analysis), "layers": plain(records.layers)}
    sys.stdout.buffer.write(encode_json(body) + b"\n")
    return 0


def _step_back() -> None:
    """Behind everybody else, with bounded memory, and without a word when somebody ends us by the keyboard."""
    os.nice(NICENESS)
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _serve() -> int:
    for line in sys.stdin.buffer:
        try:
            answer = _obey(decode_json(line))
        except HydrogenError as error:
            answer = {"error": error.as_wire()}
        sys.stdout.buffer.write(encode_json(answer) + b"\n")
        sys.stdout.buffer.flush()
    return 0


def _obey(wish: Mapping[str, Any]) -> dict[str, Any]:
    records = analyse(Path(wish["path"]), limits_from(wish["limits"]))
    analysis = records.analysis
    AnalysisShelf(Path(wish["folder"])).store(wish["key"], analysis, records.layers, records.thumbnails)
    return {
        "sha256": analysis.sha256,
        "size_bytes": analysis.size_bytes,
        "modified_ns": records.modified_ns,
        "inode": records.inode,
    }


def limits_from(numbers: Mapping[str, Any]) -> MotionLimits:
    """Raises InvalidMessage for a name that is no limit, or what is no number above zero."""
    known = {field.name for field in fields(MotionLimits)}
    for name, value in numbers.items():
        if name not in known or isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0.0:
            raise InvalidMessage(
                f"{name[:40]!r} is no limit of a printer, or {value!r:.40} no number of it", field="limits"
            )
    return MotionLimits(**{name: float(value) for name, value in numbers.items()})


def analyse(path: Path, limits: MotionLimits) -> FileRecords:
    """Read the file from end to end. Raises FileUnreadable, Conflict when it changed meanwhile."""
    full, digest = FullPass(replace(limits)), hashlib.sha256()
    scanner, head, tail = OutlineScanner(reader=full), bytearray(), b""
    try:
        with path.open("rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            size = 0
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                scanner.feed(block)
                size += len(block)
                if len(head) < HEAD_BYTES:
                    head += block[: HEAD_BYTES - len(head)]
                tail = (tail + block)[-TAIL_BYTES:]
            after = os.fstat(file.fileno())
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be read: {error.strerror or error}", file=path.name) from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns) or size != after.st_size:
        raise Conflict(f"{path.name} changed while it was read", file=path.name)
    outline = scanner.finish()
    full.finish()
    layers = layer_index(full, outline)
    thumbnails, notes = find_thumbnails(bytes(head))
    analysis = file_analysis(full, outline, layers, limits=limits, slicer=slicer_notes(bytes(head), tail))
    analysis = replace(
        analysis,
        sha256=digest.hexdigest(),
        size_bytes=size,
        thumbnails=tuple(ThumbnailNote(width=t.width, height=t.height, form=t.form, media=t.media) for t in thumbnails),
        notes=(*analysis.notes, *notes),
    )
    return FileRecords(analysis, layers, thumbnails, after.st_mtime_ns, after.st_ino)


if __name__ == "__main__":
    sys.exit(main())
