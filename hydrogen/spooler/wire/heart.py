"""The heartbeat of a spooler, as its service hears it. Pure.

A service that was stopped itself (SIGSTOP, a machine that sleeps) has heard nothing, and that proves nothing: each look counts
for two intervals at most, so only silence that was listened to counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class HeartLimits:
    """A beat comes every second in which nothing else was said, so something is heard within two: three seconds of silence are
    worth a word; fifteen are no busy loop and no slow disk any more, and a person near a hot printer is not to wait longer."""

    look_seconds: float = 0.5
    late_seconds: float = 3.0
    gone_seconds: float = 15.0


class Pulse(StrEnum):
    """late is said once for each silence."""

    STEADY = "steady"
    LATE = "late"
    GONE = "gone"


class Heart:
    """`beat` for whatever was heard; `look` every `look_seconds`. `now` is monotonic seconds."""

    def __init__(self, limits: HeartLimits, now: float) -> None:
        self._limits = limits
        self._looked_at = now
        self._is_late_told = False
        self.silent_seconds = 0.0

    def beat(self) -> None:
        """A sign of life."""
        self.silent_seconds = 0.0
        self._is_late_told = False

    def look(self, now: float) -> Pulse:
        """What the silence so far means."""
        self.silent_seconds += min(max(now - self._looked_at, 0.0), 2 * self._limits.look_seconds)
        self._looked_at = now
        if self.silent_seconds >= self._limits.gone_seconds:
            return Pulse.GONE
        if self.silent_seconds >= self._limits.late_seconds and not self._is_late_told:
            self._is_late_told = True
            return Pulse.LATE
        return Pulse.STEADY
