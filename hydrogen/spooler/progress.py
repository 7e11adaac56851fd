"""The job's figures for clients: fraction, layer, time gone and time left. What they mean is in gcode/metadata.py."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.gcode.metadata import JobOutline, fraction_done, layer_at, remaining_seconds

EXTRAPOLATE_FROM_SECONDS = 30.0
"""A file that says nothing of its time: before this an extrapolation would tell the heat-up, not the print."""


@dataclass(frozen=True, slots=True)
class ProgressFigures:
    """Field meanings are those of JobState."""

    fraction: float
    layer: int
    elapsed_seconds: float
    remaining_seconds: float | None


class JobProgress:
    """A stop-watch that stands while the print does, and the outline. Pure: told the monotonic time."""

    def __init__(self, outline: JobOutline, now: float, *, elapsed_seconds: float = 0.0) -> None:
        self._outline = outline
        self._elapsed = elapsed_seconds
        self._running_since: float | None = now

    def learn(self, outline: JobOutline) -> None:
        """The file's outline, if it was not known when the watch was started."""
        self._outline = outline

    def stop(self, now: float) -> None:
        """The print stands still, or is over."""
        self._elapsed = self.elapsed_seconds(now)
        self._running_since = None

    def go_on(self, now: float) -> None:
        """The print moves again."""
        if self._running_since is None:
            self._running_since = now

    def elapsed_seconds(self, now: float) -> float:
        """Without pauses."""
        return self._elapsed + (0.0 if self._running_since is None else now - self._running_since)

    def measured(self, offset: int, now: float) -> ProgressFigures:
        """The figures when everything before `offset` is acknowledged."""
        outline, elapsed = self._outline, self.elapsed_seconds(now)
        left = remaining_seconds(outline, offset, elapsed)
        if outline.estimated_seconds is None and elapsed < EXTRAPOLATE_FROM_SECONDS and offset < outline.commands_end:
            left = None
        return ProgressFigures(
            fraction=round(fraction_done(outline, offset), 4),
            layer=layer_at(outline, offset),
            elapsed_seconds=round(elapsed, 3),
            remaining_seconds=None if left is None else round(left, 1),
        )
