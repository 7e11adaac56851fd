"""How long moves take when the printer looks ahead: speeds at the corners, as a planner sets them.

Theory of operation: a corner is passed as fast as its limit allows (jerk, or junction deviation), and both neighbours must
be able to reach that speed: backwards v(i)^2 <= v(i+1)^2 + 2 a d, then forwards the same. With C the sum of 2 a d up to a
corner, the first is a running minimum of v^2 + C from the end, the second one of v^2 - C from the beginning; so both are
one array operation.

Moves come in pages. The last ones wait until what follows can no longer change them: the backward pass is made twice, once
as if the printer stopped behind the last move and once as if it went on at full speed; where both agree, nothing else is
possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hydrogen.gcode.analysis.page import Flags, Ints, Reals
from hydrogen.gcode.program.motion import MotionLimits

MOST_WAITING = 50_000
"""Moves that may wait; more (corners of no speed limit at all) are taken as if the printer stopped behind them."""

MINIMUM_SPEED = 0.05
"""mm/s at standstill with junction deviation (Marlin planner.h, MINIMUM_PLANNER_SPEED)."""

STRAIGHT = 0.999999
"""Cosine above which a corner turns back (Marlin planner.cpp)."""


@dataclass(slots=True)
class Corners:
    """What the planner is given, with one value a move: junction is the square of the limit at its beginning."""

    junction: Reals
    length: Reals
    speed: Reals
    acceleration: Reals
    payload: Reals
    """(k, n): whatever the caller wants back with the seconds."""


class Planner:
    """Moves in, seconds out, in order."""

    def __init__(self, payload: int) -> None:
        self._waiting = Corners(np.zeros(0), np.zeros(0), np.zeros(0), np.zeros(0), np.zeros((payload, 0)))
        self._entry = -1.0
        """The square of the speed at the beginning of the first that waits; negative: as its corner allows."""

    def take(self, new: Corners) -> tuple[Reals, Reals]:
        """The seconds of moves that are settled by now, and their payload."""
        held = self._waiting
        self._waiting = Corners(
            np.concatenate((held.junction, new.junction)),
            np.concatenate((held.length, new.length)),
            np.concatenate((held.speed, new.speed)),
            np.concatenate((held.acceleration, new.acceleration)),
            np.concatenate((held.payload, new.payload), axis=1),
        )
        seconds, payload = self._settle(is_end=False)
        if len(self._waiting.length) <= MOST_WAITING:
            return seconds, payload
        more_seconds, more_payload = self._settle(is_end=True)
        return np.concatenate((seconds, more_seconds)), np.concatenate((payload, more_payload), axis=1)

    def finish(self) -> tuple[Reals, Reals]:
        """The rest; the printer stands still behind it."""
        return self._settle(is_end=True)

    def _settle(self, *, is_end: bool) -> tuple[Reals, Reals]:
        held = self._waiting
        count = len(held.length)
        if not count:
            return np.zeros(0), held.payload
        gain = np.concatenate(([0.0], np.cumsum(2.0 * held.acceleration * held.length)))
        if self._entry >= 0.0:
            held.junction[0] = self._entry
        stopped = _backwards(held.junction, gain, 0.0)
        if is_end:
            settled = count
        else:
            free = _backwards(held.junction, gain, float(held.speed[-1] ** 2))
            settled = int(np.count_nonzero(stopped == free)) - 1
        if settled <= 0:
            return np.zeros(0), held.payload[:, :0]
        squares = np.minimum.accumulate(stopped - gain) + gain
        squares = np.maximum(squares[: settled + 1], 0.0)
        seconds = _seconds(squares, held, settled)
        payload = held.payload[:, :settled]
        self._entry = float(squares[settled])
        self._waiting = Corners(
            held.junction[settled:].copy(),
            held.length[settled:].copy(),
            held.speed[settled:].copy(),
            held.acceleration[settled:].copy(),
            held.payload[:, settled:].copy(),
        )
        return seconds, payload


def _backwards(junction: Reals, gain: Reals, end: float) -> Reals:
    """The squares of the speeds at all corners from which the printer can still slow down to `end`."""
    limit = np.concatenate((junction, [end])) + gain
    return np.minimum.accumulate(limit[::-1])[::-1] - gain


def _seconds(squares: Reals, held: Corners, settled: int) -> Reals:
    """Each move as a trapezoid, or as a triangle where it is too short for its speed."""
    length, speed, acceleration = held.length[:settled], held.speed[:settled], held.acceleration[:settled]
    first, last = squares[:-1], squares[1:]
    peak = np.sqrt(np.minimum(speed * speed, acceleration * length + (first + last) / 2.0))
    peak = np.maximum(peak, np.sqrt(np.maximum(first, last)))
    ramps = (2.0 * peak * peak - first - last) / (2.0 * acceleration)
    changes = (2.0 * peak - np.sqrt(first) - np.sqrt(last)) / acceleration
    return np.asarray(changes + np.maximum(length - ramps, 0.0) / peak)


@dataclass(slots=True)
class CornerLimits:
    """What bounds the speed at corners, as in MotionLimits: one value a move, or one for all of them."""

    jerk: Reals
    jerk_e: Reals
    deviation: Reals

    @classmethod
    def of(cls, limits: Sequence[MotionLimits], mode: Ints) -> CornerLimits:
        """mode: which of the limits holds for each move."""
        index = mode if len(limits) > 1 else np.zeros(1, np.int64)
        return cls(
            np.array([one.jerk for one in limits])[index],
            np.array([one.jerk_e for one in limits])[index],
            np.array([one.junction_deviation for one in limits])[index],
        )


def junctions(
    entry: Reals,
    before: Reals,
    speed: Reals,
    speed_before: Reals,
    acceleration: Reals,
    is_rest: Flags,
    limits: CornerLimits,
) -> Reals:
    """The squares of the speed limits at the beginnings of moves.

    entry, before: (4, n) the directions behind and before the corner. is_rest: the printer stands still there.
    """
    before = np.where(is_rest, 0.0, before)
    slower = np.where(is_rest, speed, np.minimum(speed, speed_before))
    has_deviation = limits.deviation > 0.0
    by_deviation = slower
    if has_deviation.any():
        by_deviation = _deviation(entry, before, slower, acceleration, is_rest, limits.deviation)
    jerk_e = np.where(limits.jerk > 0.0, limits.jerk_e, 0.0)
    for axis, jerk in ((0, limits.jerk), (1, limits.jerk), (3, jerk_e)):
        jump = np.abs(entry[axis] - before[axis])
        slower = np.where(jump * slower > jerk, jerk / np.maximum(jump, 1e-12), slower)
    slower = np.where(limits.jerk > 0.0, slower, 0.0)
    return np.asarray(np.where(has_deviation, by_deviation, slower * slower))


def _deviation(
    entry: Reals, before: Reals, slower: Reals, acceleration: Reals, is_rest: Flags, deviation: Reals
) -> Reals:
    """Marlin planner.cpp, HAS_JUNCTION_DEVIATION: the path may miss the corner by so much at the centripetal acceleration."""
    cosine = -np.sum(entry * before, axis=0)
    half_sine = np.sqrt(np.maximum(0.5 * (1.0 - cosine), 0.0))
    limit = acceleration * deviation * half_sine / np.maximum(1.0 - half_sine, 1e-9)
    limit = np.where(cosine > STRAIGHT, MINIMUM_SPEED**2, limit)
    return np.where(is_rest, MINIMUM_SPEED**2, np.minimum(limit, slower * slower))
