"""One direction of a serial adapter: bytes take ten bit times each, and all of them arrive late by the same time.

Pure; monotonic seconds. What arrives is told in pieces that end where a line ends, with the moment at which the last byte was
there: the printer behind it can then act at that moment, even if its process gets the CPU a little later.
"""

from __future__ import annotations

import math
from collections import deque

BITS_PER_BYTE = 10
"""8N1: a start bit, eight data bits, a stop bit."""


class SerialWire:
    """baud 0: no byte takes time. latency_seconds: the adapter's share, which delays and does not slow down."""

    def __init__(self, baud: int, latency_seconds: float = 0.0) -> None:
        self._byte_seconds = BITS_PER_BYTE / baud if baud else 0.0
        self._latency = latency_seconds
        self._lines: deque[tuple[float, bytes]] = deque()
        self._free_at = 0.0

    def push(self, data: bytes, now: float) -> None:
        """Put bytes on the wire; they leave when those before them have left."""
        for piece in data.splitlines(keepends=True):
            begins = max(self._free_at, now)
            self._lines.append((begins, piece))
            self._free_at = begins + len(piece) * self._byte_seconds

    @property
    def next_at(self) -> float:
        """When the last byte of the next piece is there; infinity if nothing is on its way."""
        if not self._lines:
            return math.inf
        begins, piece = self._lines[0]
        return begins + len(piece) * self._byte_seconds + self._latency

    def take(self, now: float) -> bytes:
        """What has arrived by `now`, half a line included."""
        arrived = []
        while self.next_at <= now:
            arrived.append(self._lines.popleft()[1])
        if self._lines and self._byte_seconds:
            begins, piece = self._lines[0]
            count = max(int((now - self._latency - begins) / self._byte_seconds + 1e-6), 0)
            if 0 < count < len(piece):
                arrived.append(piece[:count])
                self._lines[0] = (begins + count * self._byte_seconds, piece[count:])
        return b"".join(arrived)
