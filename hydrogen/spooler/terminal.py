"""The printer's conversation for those who watch it: batched, bounded, never on the way of a line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

BATCH_SECONDS = 0.05
"""Lines of this long go out as one event."""

BATCH_LINES = 100
BATCH_CHARACTERS = 16_000
LINE_CHARACTERS = 600
"""So many characters, each of at most three bytes, fit a frame; the longest line of a Marlin (M115) has some three hundred."""

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
        batch: list[str] = []
        characters = 0
        for line in lines:
            if batch and (len(batch) == BATCH_LINES or characters + len(line) > BATCH_CHARACTERS):
                self._tell(tuple(batch))
                batch, characters = [], 0
            batch.append(line)
            characters += len(line)
        if batch:
            self._tell(tuple(batch))
