"""The job's figures for clients: fraction, layer, time gone and time left. What they mean is in gcode/program/time_left.py."""

from __future__ import annotations

from dataclasses import dataclass

from hydrogen.gcode.program.metadata import JobOutline, layer_at
from hydrogen.gcode.program.time_left import TimeEstimate, TimeLeft


@dataclass(frozen=True, slots=True)
class ProgressFigures:
    """Field meanings are those of JobState."""

    fraction: float
    layer: int
    elapsed_seconds: float
    remaining: TimeEstimate


class JobProgress:
    """A stop-watch that stands while the print does, and the outline. Pure: told the monotonic time."""

    def __init__(
        self,
        outline: JobOutline,
        now: float,
        *,
        elapsed_seconds: float = 0.0,
        expected_seconds: float | None = None,
    ) -> None:
        """expected_seconds: how long the file took last time; None if that is not known."""
        self._outline = outline
        self._expected_seconds = expected_seconds
        self._left = TimeLeft(outline, expected_seconds=expected_seconds)
        self._elapsed = elapsed_seconds
        self._running_since: float | None = now

    def learn(self, outline: JobOutline) -> None:
        """The file's outline, if it was not known when the watch was started: nothing that was known is forgotten."""
        if self._outline.print_time is None:
            self._outline = outline
            self._left = TimeLeft(outline, expected_seconds=self._expected_seconds)

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
        elapsed = self.elapsed_seconds(now)
        self._left.note(offset, elapsed)
        return ProgressFigures(
            fraction=round(self._left.plan.fraction(offset), 4),
            layer=layer_at(self._outline, offset),
            elapsed_seconds=round(elapsed, 3),
            remaining=self._left.estimate(offset),
        )
