"""Bytes from the port, cut anywhere, as lines."""

from __future__ import annotations

PARTIAL_LIMIT = 4096
"""Bytes without a line end that are kept; Marlin's longest line stays below 600."""

PARTIAL_KEPT = 80
"""What is kept of an endless line: enough to show what it looks like."""


class ReceiveBuffer:
    """Splits at `\\n` (a `\\r` before it stays on the line). Bounded whatever comes."""

    __slots__ = ("_partial",)

    def __init__(self) -> None:
        self._partial = b""

    def lines(self, data: bytes) -> list[bytes]:
        """The lines that `data` completes."""
        if self._partial:
            data = self._partial + data
        *lines, partial = data.split(b"\n")
        self._partial = partial if len(partial) <= PARTIAL_LIMIT else partial[-PARTIAL_KEPT:]
        return lines
