"""What a serial wire can carry when only so many bytes may be on their way: the arithmetic that no host can beat.

A host that takes no time at all sends whole lines as long as the window has room; each comes free when its `ok` is back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from benchmarks.serial_wire import BITS_PER_BYTE


def limit_share(
    frames: Sequence[bytes],
    *,
    baud: int,
    latency_seconds: float,
    ok_bytes: int,
    window_bytes: int,
    lines_most: int,
) -> float:
    """Of what the wire could carry from the first line's arrival to the last one's, the part that is carried.

    ok_bytes: length of an answer, which takes its time on the way back. lines_most: lines in flight at most.
    """
    byte_seconds = BITS_PER_BYTE / baud
    in_flight: deque[tuple[int, float]] = deque()
    sent_free = answer_free = now = 0.0
    arrived: list[float] = []
    for frame in frames:
        size = len(frame)
        while in_flight and (len(in_flight) >= lines_most or size + sum(s for s, _ in in_flight) > window_bytes):
            now = max(now, in_flight.popleft()[1])
        sent_free = max(now, sent_free) + size * byte_seconds
        arrived.append(sent_free + latency_seconds)
        answer_free = max(answer_free, arrived[-1]) + ok_bytes * byte_seconds
        in_flight.append((size, answer_free + latency_seconds))
    return sum(map(len, frames[1:])) * byte_seconds / (arrived[-1] - arrived[0])
