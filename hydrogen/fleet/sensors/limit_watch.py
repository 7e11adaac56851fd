"""Which of a sensor's limits is exceeded. Pure: the time comes in with each reading.

A limit counts when every good reading for `for_seconds` was beyond it, and no longer when one has come back by `hysteresis`.
While there is no value, nothing is known: an alarm stays, and what was about to become one goes on waiting, until the device
is gone for good (`forget`).
"""

from __future__ import annotations

from collections.abc import Sequence

from hydrogen.model.sensor import SensorAction, SensorLimit

_GRAVITY = tuple(SensorAction)


class LimitWatch:
    """All limits of one sensor."""

    def __init__(self, limits: Sequence[SensorLimit]) -> None:
        self._limits = tuple(limits)
        self._beyond_since: dict[SensorLimit, float] = {}
        self._exceeded: set[SensorLimit] = set()

    @property
    def alarm(self) -> SensorLimit | None:
        """The gravest limit that is exceeded."""
        return max(self._exceeded, key=lambda limit: _GRAVITY.index(limit.action), default=None)

    def take(self, value: float, now: float) -> None:
        """A good reading; `now` in monotonic seconds."""
        for limit in self._limits:
            if limit in self._exceeded:
                if _has_come_back(limit, value):
                    self._exceeded.discard(limit)
                continue
            if not _is_beyond(limit, value):
                self._beyond_since.pop(limit, None)
            elif now - self._beyond_since.setdefault(limit, now) >= limit.for_seconds:
                self._exceeded.add(limit)
                del self._beyond_since[limit]

    def forget(self) -> None:
        """There was no reading for so long that the readings before it prove nothing. An alarm stays."""
        self._beyond_since.clear()


def _is_beyond(limit: SensorLimit, value: float) -> bool:
    if limit.above is not None:
        return value > limit.above
    return limit.below is not None and value < limit.below


def _has_come_back(limit: SensorLimit, value: float) -> bool:
    if limit.above is not None:
        return value <= limit.above - limit.hysteresis
    return limit.below is None or value >= limit.below + limit.hysteresis
