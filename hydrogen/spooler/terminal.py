"""The printer's conversation for those who watch it: batched, bounded, never on the way of a line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

BATCH_SECONDS = 0.05
"""Lines of this long go out as one event."""

BATCH_LINES = 100
LINE_CHARACTERS = 200
"""A hundred lines of two hundred characters, each of at most three bytes, fit a frame."""

WAITING_LINES = 400
"""More lines than this in one batch time are counted, not kept."""


class TerminalTap:
    """Collects lines and hands them on in batches; `tell` gets at most BATCH_LINES lines at once."""

    def __init__(self, tell: Callable[[tuple[str, ...]], None]) -> None:
        self._tell = tell
        self._lines: list[str] = []
        self._left_out = 0
        self._timer: asyncio.TimerHandle | None = None

    def add(self, line: str) -> None:
        """One line; unprintable characters are replaced, long lines cut."""
        if len(self._lines) >= WAITING_LINES:
            self._left_out += 1
            return
        line = line[:LINE_CHARACTERS]
        self._lines.append(line if line.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in line))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BATCH_SECONDS, self._flush)

    def close(self) -> None:
        """Forget what waits. May be called twice."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._lines.clear()

    def _flush(self) -> None:
        self._timer = None
        lines, self._lines = self._lines, []
        if self._left_out:
            lines.append(f"... {self._left_out} lines left out")
            self._left_out = 0
        for start in range(0, len(lines), BATCH_LINES):
            self._tell(tuple(lines[start : start + BATCH_LINES]))
