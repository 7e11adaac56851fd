"""How long the printer takes to say `ok`: a histogram over all lines of one connection.

Runs for every line, twice: so the buckets are fixed, the moments of sending lie in a ring that is as long as a numbering is
remembered (ledger.py), and nothing is allocated. A line's time runs from its last sending, over the wire, through the printer's
buffers and its planner, back to its `ok`; a line that waits for heat counts like any other.
"""

from __future__ import annotations

from bisect import bisect_left

from hydrogen.model.printer import OK_BUCKETS_SECONDS

RING = 512
"""A power of two, no smaller than the lines that can be in flight: the ledger keeps as many."""

RING_MASK = RING - 1


class OkLatency:
    """counts[i]: lines that took no longer than OK_BUCKETS_SECONDS[i] and longer than the bucket before; the last count is of
    all that took longer. seconds: all times together. sent_at[number & RING_MASK]: when line `number` went on the wire last;
    whoever sends it writes that here. All times are monotonic seconds."""

    __slots__ = ("counts", "seconds", "sent_at")

    def __init__(self) -> None:
        self.counts = [0] * (len(OK_BUCKETS_SECONDS) + 1)
        self.seconds = 0.0
        self.sent_at = [0.0] * RING

    def on_acknowledged(self, number: int, upto: int, now: float) -> None:
        """Lines `number` to `upto` are acknowledged; each of them was sent."""
        counts, sent_at = self.counts, self.sent_at
        while number <= upto:
            took = now - sent_at[number & RING_MASK]
            counts[bisect_left(OK_BUCKETS_SECONDS, took)] += 1
            self.seconds += took
            number += 1
