"""How much room is left on the disk, in one word that does not flicker: pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DiskLevel = Literal["ok", "low", "critical"]

LEVELS: tuple[DiskLevel, ...] = ("ok", "low", "critical")
"""From good to bad."""

CLEARING = 1.1
"""So many times the threshold must be free again before it counts as better: a disk at its edge is told of once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskThresholds:
    """Bytes free below which the disk is `low`, and `critical`. 0: never."""

    low_bytes: int = 1 << 30
    critical_bytes: int = 256 << 20

    def of(self, level: DiskLevel) -> int:
        return {"ok": 0, "low": self.low_bytes, "critical": self.critical_bytes}[level]


class DiskWatch:
    """`look` at each measurement. share: of the disk's size that a threshold is at most, for small disks."""

    def __init__(self, thresholds: DiskThresholds, *, share: float = 0.05) -> None:
        self._thresholds = thresholds
        self._share = share
        self.level: DiskLevel = "ok"

    def below(self, total_bytes: int | None) -> int:
        """The threshold of the level that the disk is at."""
        return self._threshold(self.level, total_bytes)

    def look(self, free_bytes: int | None, total_bytes: int | None = None) -> DiskLevel:
        """The level now. What cannot be measured changes nothing."""
        if free_bytes is None:
            return self.level
        found: DiskLevel = "ok"
        for level in LEVELS[1:]:
            is_there_already = LEVELS.index(self.level) >= LEVELS.index(level)
            threshold = self._threshold(level, total_bytes) * (CLEARING if is_there_already else 1.0)
            if free_bytes < threshold:
                found = level
        self.level = found
        return found

    def _threshold(self, level: DiskLevel, total_bytes: int | None) -> int:
        threshold = self._thresholds.of(level)
        if total_bytes is None:
            return threshold
        part = self._share if level == "low" else self._share / 4
        return min(threshold, int(total_bytes * part))
