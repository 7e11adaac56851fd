"""One direction of a serial wire: bytes take ten bit times each."""

from __future__ import annotations

from collections import deque

BITS_PER_BYTE = 10
"""8N1: start bit, eight data bits, stop bit."""

LONGEST_STEP_SECONDS = 0.001
"""A wire with bytes on it is looked at this often at least; a shorter step costs wake-ups and gains nothing."""


class PacedWire:
    """Bytes come out in order, each at its arrival time; ``baud`` 0 is a wire without a limit. Pure; real seconds."""

    def __init__(self, baud: int = 0) -> None:
        self._byte_seconds = BITS_PER_BYTE / baud if baud else 0.0
        self._chunks: deque[tuple[float, bytes]] = deque()
        self._length = 0
        self._free_at = 0.0

    def __len__(self) -> int:
        return self._length

    def push(self, data: bytes, now: float) -> None:
        """Put bytes on the wire; they start when the bytes before them have left."""
        if not data:
            return
        if not self._byte_seconds and not self._chunks:
            self._chunks.append((now, data))
            self._length = len(data)
            return
        begins = max(self._free_at, now)
        self._free_at = begins + len(data) * self._byte_seconds
        self._chunks.append((begins, data))
        self._length += len(data)

    def take(self, now: float) -> bytes:
        """Bytes that have arrived by ``now``."""
        if not self._byte_seconds and len(self._chunks) == 1:
            self._length = 0
            return self._chunks.popleft()[1]
        arrived = bytearray()
        while self._chunks:
            begins, data = self._chunks[0]
            count = len(data)
            if self._byte_seconds:
                count = min(count, int((now - begins) / self._byte_seconds + 1e-6))
            arrived += data[:count]
            if count < len(data):
                if count > 0:
                    self._chunks[0] = (begins + count * self._byte_seconds, data[count:])
                break
            self._chunks.popleft()
        self._length -= len(arrived)
        return bytes(arrived)

    def next_arrival(self, now: float) -> float | None:
        """When to call ``take`` again: the next byte, or a step of up to 1 ms if many are on the wire; None if none is."""
        if not self._chunks:
            return None
        begins, data = self._chunks[0]
        step = min(len(data) * self._byte_seconds, LONGEST_STEP_SECONDS)
        return max(begins + max(self._byte_seconds, step), now)

    def clear(self) -> None:
        """Lose what is on the wire."""
        self._chunks.clear()
        self._length = 0
