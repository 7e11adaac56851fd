"""What was said on a wire, line by line, written down so that it can be compared, shown around, and become a persona.

The file is JSON lines. The first is the header, ``{"recording": 1, ...}`` with what is known of the printer; each further one
is a line of the talk: ``at`` is seconds since the beginning, ``from`` is ``host`` or ``printer``, ``text`` the line without its
end, bytes as Latin-1. ``hydrogen record`` writes the same format from a real printer (docs/simulator.md).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TextIO

FORMAT_VERSION = 1
"""What stands behind ``recording`` in the header."""

LONGEST_PIECE_BYTES = 4096
"""A line without an end is written down in pieces of this size."""


class Recorder:
    """Writes one recording; ``close`` may be called twice."""

    def __init__(self, path: Path, header: dict[str, object]) -> None:
        """Begin the file; raises OSError if it cannot be written."""
        self._file: TextIO | None = path.open("w", encoding="utf-8", newline="\n")
        self._unfinished = {"host": bytearray(), "printer": bytearray()}
        self._write({"recording": FORMAT_VERSION, **header})

    def note(self, who: str, data: bytes, now: float) -> None:
        """Bytes of ``host`` or ``printer`` at printer time ``now``."""
        waiting = self._unfinished[who]
        waiting += data
        while (end := waiting.find(b"\n")) >= 0 or len(waiting) > LONGEST_PIECE_BYTES:
            end = end if end >= 0 else LONGEST_PIECE_BYTES - 1
            line = bytes(waiting[: end + 1])
            del waiting[: end + 1]
            self._note_line(who, line, now)

    def close(self) -> None:
        """Write what has no end yet, and end the file."""
        if self._file is None:
            return
        for who, waiting in self._unfinished.items():
            if waiting:
                self._note_line(who, bytes(waiting), 0.0)
        self._file.close()
        self._file = None

    def _note_line(self, who: str, line: bytes, now: float) -> None:
        self._write({"at": round(now, 3), "from": who, "text": line.removesuffix(b"\n").decode("latin-1")})

    def _write(self, record: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
