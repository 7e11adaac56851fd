"""Time as a collaborator. This is the only module that reads a clock; everybody else is given a `Clock`."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Two readings: one for durations and deadlines, one for people."""

    def monotonic(self) -> float:
        """Seconds from some fixed moment; never jumps, never goes back. Deadlines, ages and windows use this one."""

    def wall(self) -> float:
        """Unix seconds, as the host believes them; may jump. For `at` fields only."""


class SystemClock:
    """The host's own clocks. `monotonic` is the clock of asyncio's default loop too."""

    __slots__ = ()

    def monotonic(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return time.time()


class ManualClock:
    """A clock for tests: it stands still until it is told to advance."""

    __slots__ = ("_monotonic", "_wall")

    def __init__(self, *, monotonic: float = 1000.0, wall: float = 1_800_000_000.0) -> None:
        self._monotonic = monotonic
        self._wall = wall

    def monotonic(self) -> float:
        return self._monotonic

    def wall(self) -> float:
        return self._wall

    def advance(self, seconds: float) -> None:
        """Both readings move on by `seconds`; raises ValueError for a negative number."""
        if seconds < 0:
            raise ValueError(f"a clock does not go back ({seconds} s)")
        self._monotonic += seconds
        self._wall += seconds

    def set_wall(self, at: float) -> None:
        """The host's clock is corrected: `wall` jumps, `monotonic` does not."""
        self._wall = at
