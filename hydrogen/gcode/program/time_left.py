"""How long a print may still take: what the file says of itself, corrected by how the print goes.

A *plan* tells the share of the time that lies before each place in the file: by the slicer's `M73` marks, by the motion model
(print_time.py), or, where there is neither, by bytes. A *source* tells how long the whole should take: the last print of the
same file, else the slicer, else the model. The *pace* is the time that really went by for each second of the plan, measured
from where the heating ends, the last quarter of an hour counting most, so that a changed feedrate shows soon. At first the
source counts, later the pace: after PRIOR_SECONDS of the plan half and half.

Nothing of this is asked of the printer, and nothing is said of heating up: how warm it is at the start nobody knows.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from math import sqrt
from operator import itemgetter
from types import MappingProxyType

from hydrogen.gcode.program.metadata import JobOutline
from hydrogen.gcode.program.print_time import PrintTime

HALF_LIFE_SECONDS, HALF_LIFE_SHARE = 900.0, 0.05
"""Of the plan, whichever is more: what is this old counts half in the pace."""

LEAD_SECONDS = 20.0
"""Of the plan behind the heat-up, before the pace is measured: lines are acknowledged while they wait in the printer's planner,
so the first ones seem to be printed in no time. Marlin holds 16 moves."""

PRIOR_SECONDS = 90.0
"""Of the plan: after this the pace counts as much as the source."""

PRIOR_SHARE = 0.15
"""Of the whole, for `history`: that figure was measured on this printer, and is left later."""

LEAST_PACE_SECONDS = 30.0
"""A file that says nothing: an extrapolation from less than this would tell the first line's feedrate."""

SPREADS = MappingProxyType({"history": 0.08, "m73": 0.25, "slicer": 0.3, "model": 0.35, "": 0.5})
"""How far from the truth each source may be, as a share, nine times in ten: slicers do not know the printer's limits, a model
may have the wrong ones."""

PACE_SPREAD, PACE_SPREAD_AT_FIRST = 0.06, 0.5
"""Of an extrapolation: at best, and at the beginning; it falls with the root of the time it was measured over."""

PACE_LIMITS = (0.05, 50.0)
"""Seconds for a second of the plan; beyond that one of both is nonsense."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEstimate:
    """Field meanings are those of JobState's `remaining_…`."""

    seconds: float | None = None
    low_seconds: float | None = None
    high_seconds: float | None = None
    source: str = ""


NOTHING_KNOWN = TimeEstimate()


class Plan:
    """Which share of the print's time lies before a place in its file."""

    def __init__(self, outline: JobOutline) -> None:
        self._end = outline.commands_end
        self._marks = outline.time_marks if outline.time_marks and outline.time_marks[0][1] > 0.0 else ()
        computed = outline.print_time
        self._computed = computed if computed is not None and computed.total_seconds > 0.0 else None
        self.total = self._whole()
        """Seconds, or bytes for a file that tells nothing."""
        self.has_time = bool(self._marks) or self._computed is not None

    def before(self, offset: int) -> float:
        """How much of `total` is over when everything before `offset` has been printed."""
        if offset >= self._end:
            return self.total
        if self._marks:
            return self.total - self._marked(offset)
        if self._computed is not None:
            return min(self._computed.seconds_before(offset), self.total)
        return float(offset)

    def fraction(self, offset: int) -> float:
        """The same as a share, 0.0 to 1.0; 1.0 from the last command on."""
        if offset >= self._end:
            return 1.0
        return min(self.before(offset) / self.total, 1.0) if self.total > 0.0 else 0.0

    def _whole(self) -> float:
        if self._marks:
            return self._marks[0][1]
        return self._computed.total_seconds if self._computed is not None else float(self._end)

    def _marked(self, offset: int) -> float:
        """The remaining time at `offset`: in a straight line from mark to mark and from the last one to the end, or as the
        model bends it where there is one."""
        marks = self._marks
        behind = bisect_right(marks, offset, key=itemgetter(0))
        if behind == 0:
            return marks[0][1]
        begin, seconds = marks[behind - 1]
        end, end_seconds = marks[behind] if behind < len(marks) else (self._end, 0.0)
        return seconds + (end_seconds - seconds) * self._share(offset, begin, end)

    def _share(self, offset: int, begin: int, end: int) -> float:
        if self._computed is not None:
            first, last = self._computed.seconds_before(begin), self._computed.seconds_before(end)
            if last > first:
                return min(max((self._computed.seconds_before(offset) - first) / (last - first), 0.0), 1.0)
        return (offset - begin) / (end - begin) if end > begin else 1.0


class TimeLeft:
    """`note` how far the print is, a few times a second; `estimate` at any time. Pure."""

    def __init__(self, outline: JobOutline, *, expected_seconds: float | None = None) -> None:
        """expected_seconds: how long the same file took last time, heating included."""
        self.plan = Plan(outline)
        self.source, self._expected = _source_of(outline, self.plan, expected_seconds)
        self._half_life = max(HALF_LIFE_SECONDS, HALF_LIFE_SHARE * self.plan.total)
        self._begins = self.plan.before(_begin_of(outline.print_time))
        if self.plan.has_time:
            self._begins += min(LEAD_SECONDS, 0.05 * self.plan.total)
        self._noted: tuple[float, float] | None = None
        self._lead_seconds = 0.0
        self._elapsed = self._planned = 0.0

    def note(self, offset: int, elapsed_seconds: float) -> None:
        """Everything before `offset` is acknowledged, elapsed_seconds (pauses left out) after the first line."""
        place = self.plan.before(offset)
        if place < self._begins:
            return
        if self._noted is None:
            self._lead_seconds = elapsed_seconds
        else:
            planned, elapsed = place - self._noted[0], elapsed_seconds - self._noted[1]
            if planned < 0.0 or elapsed < 0.0:
                return
            keep = 0.5 ** (planned / self._half_life) if self.plan.has_time else 1.0
            self._planned = self._planned * keep + planned
            self._elapsed = self._elapsed * keep + elapsed
        self._noted = (place, elapsed_seconds)

    def estimate(self, offset: int) -> TimeEstimate:
        """What is still to come behind `offset`."""
        left = self.plan.total - self.plan.before(offset)
        if left <= 0.0:
            return TimeEstimate(seconds=0.0, low_seconds=0.0, high_seconds=0.0, source=self.source or "pace")
        weight = self._weight()
        rate = self._source_rate() * (1.0 - weight) + self._pace() * weight
        if rate <= 0.0:
            return NOTHING_KNOWN
        seconds = left * rate
        spread = SPREADS[self.source] * (1.0 - weight) + self._pace_spread() * weight
        return TimeEstimate(
            seconds=round(seconds, 1),
            low_seconds=round(max(0.0, seconds * (1.0 - spread) - 3.0), 1),
            high_seconds=round(seconds * (1.0 + spread) + 5.0, 1),
            source="pace" if weight > 0.5 else self.source,
        )

    def _weight(self) -> float:
        """Of the pace against the source."""
        if not self.source:
            return 1.0 if self._elapsed >= LEAST_PACE_SECONDS else 0.0
        prior = PRIOR_SECONDS + (PRIOR_SHARE * self._expected if self.source == "history" else 0.0)
        measured = self._planned * max(1.0, self._source_rate())
        return measured / (measured + prior)

    def _pace(self) -> float:
        if self._planned <= 0.0:
            return 0.0
        pace = self._elapsed / self._planned
        return min(max(pace, PACE_LIMITS[0]), PACE_LIMITS[1]) if self.plan.has_time else pace

    def _source_rate(self) -> float:
        """Seconds for each of the plan, by the source; without one, 0."""
        if not self.source or self.plan.total <= 0.0:
            return 0.0
        if self.source != "history" or self._noted is None:
            return self._expected / self.plan.total
        behind = self.plan.total - self._begins
        return max(self._expected - self._lead_seconds, 0.1 * self._expected) / behind if behind > 0.0 else 0.0

    def _pace_spread(self) -> float:
        return PACE_SPREAD + PACE_SPREAD_AT_FIRST * sqrt(LEAST_PACE_SECONDS / (LEAST_PACE_SECONDS + self._elapsed))


def _source_of(outline: JobOutline, plan: Plan, expected_seconds: float | None) -> tuple[str, float]:
    """What tells the whole time, and how long that is."""
    if expected_seconds is not None and expected_seconds > 0.0:
        return "history", expected_seconds
    if outline.time_marks and outline.time_marks[0][1] > 0.0:
        return "m73", outline.time_marks[0][1]
    if outline.estimated_seconds:
        return "slicer", outline.estimated_seconds
    if plan.has_time:
        return "model", plan.total
    return "", 0.0


def _begin_of(computed: PrintTime | None) -> int:
    return 0 if computed is None else computed.begins_at
