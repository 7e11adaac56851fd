"""Moves take time: position, planner blocks, homing, and the stop in the middle.

The model: a block lasts distance over feedrate, plus what a change of speed costs at the machine's acceleration.
Blocks run one after the other; a planner holds ``planner_size`` - 1 of them. Times are printer seconds.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from hydrogen_simulators.firmware.settings import MarlinSettings

AXES = "XYZE"
"""Order of the axes in every tuple."""


class Position(NamedTuple):
    """A place of the tool in millimetres."""

    x: float
    y: float
    z: float
    e: float


class _Block(NamedTuple):
    start: tuple[float, ...]
    end: tuple[float, ...]
    starts_at: float
    ends_at: float


_STILL = (0.0, 0.0, 0.0, 0.0)


class Motion:
    """The planner and the steppers. ``position`` is the planned end point, the steppers follow."""

    def __init__(self, settings: MarlinSettings) -> None:
        self._settings = settings
        self._capacity = settings.planner_size - 1
        self._blocks: deque[_Block] = deque()
        self._velocity: tuple[float, ...] = _STILL
        self._is_chained = False
        self.position = [0.0, 0.0, 0.0, 0.0]
        self.offsets = [0.0, 0.0, 0.0, 0.0]
        self.homed: set[str] = set()
        self.feedrate = 25.0
        self.feedrate_percent = 100.0
        self.acceleration = settings.acceleration
        self.maximum_feedrate = list(settings.maximum_feedrate)
        self.underruns = 0
        self.ends_at = 0.0
        self.motor_timeout_seconds = settings.motor_timeout_seconds
        self.times_let_go = 0
        self._powered_at = 0.0

    def blocks_free(self, now: float) -> int:
        """The P of ``ok N P B``."""
        self._retire(now)
        return self._capacity - len(self._blocks)

    def is_moving(self, now: float) -> bool:
        """True while a block is not done."""
        return now < self.ends_at

    def keep_powered(self, now: float) -> None:
        """The timeout of idle motors begins anew: a move, or a wait for heat, has just been (Marlin, reset_stepper_timeout)."""
        self.look_at_motors(now)
        self._powered_at = max(now, self.ends_at)

    def look_at_motors(self, now: float) -> None:
        """Let go of motors that were idle for too long: from then on nobody knows where the axes are. Looked at before whatever
        could tell a difference."""
        idle_since = max(self._powered_at, self.ends_at)
        if self.homed and self.motor_timeout_seconds > 0 and now - idle_since >= self.motor_timeout_seconds:
            self.homed.clear()
            self.times_let_go += 1

    def room_at(self, now: float) -> float:
        """When a block can be planned: ``now``, or the end of the oldest block."""
        self._retire(now)
        return now if len(self._blocks) < self._capacity else self._blocks[0].ends_at

    def plan(self, target: list[float], now: float, length: float | None = None) -> None:
        """Plan a move to ``target``; ``length`` is the path's if it is not straight. The caller has made room."""
        self.keep_powered(now)
        delta = tuple(there - here for there, here in zip(target, self.position, strict=True))
        start = tuple(self.position)
        self.position = target
        if self._settings.instant_motion or not (length or any(delta)):
            return
        if not self.is_moving(now):
            self._start_from_standstill()
        begins = max(now, self.ends_at)
        self.ends_at = begins + self._duration(delta, length)
        self._blocks.append(_Block(start, tuple(target), begins, self.ends_at))

    def break_chain(self) -> None:
        """The next move may find the planner empty without that being a starved planner."""
        self._is_chained = False

    def stop(self, now: float) -> None:
        """Stop where the steppers are, and lose what was planned (``M410``)."""
        self.position = list(self.steppers(now))
        self._forget_blocks(now)

    def home(self, axes: str) -> None:
        """Stand at the end stops of ``axes``, Z lifted."""
        for axis in axes:
            index = AXES.index(axis)
            self.position[index] = self._settings.height_after_homing if axis == "Z" else 0.0
            self.offsets[index] = 0.0
            self.homed.add(axis)

    def steppers(self, now: float) -> tuple[float, ...]:
        """Where the steppers are at ``now``."""
        self._retire(now)
        if not self._blocks:
            return tuple(self.position)
        block = self._blocks[0]
        share = (now - block.starts_at) / (block.ends_at - block.starts_at)
        return tuple(a + (b - a) * share for a, b in zip(block.start, block.end, strict=True))

    def clamped(self, axis: int, value: float) -> float:
        """A coordinate inside the area; outside ones are moved in silence (facts: ``G1 X1000``). E has no limit."""
        return value if axis == 3 else min(max(0.0, value), self._settings.area[axis])

    def _start_from_standstill(self) -> None:
        self._velocity = _STILL
        self.underruns += self._is_chained
        self._is_chained = True

    def _duration(self, delta: tuple[float, ...], length: float | None) -> float:
        distance = length or math.hypot(*delta[:3]) or abs(delta[3])
        speed = max(0.01, self.feedrate * self.feedrate_percent / 100)
        for travelled, limit in zip(delta, self.maximum_feedrate, strict=True):
            if travelled:
                speed = min(speed, limit * distance / abs(travelled))
        velocity = tuple(travelled / distance * speed for travelled in delta)
        change = math.dist(velocity, self._velocity) - self._settings.jerk
        self._velocity = velocity
        return distance / speed + max(0.0, change) / (2 * self.acceleration)

    def _retire(self, now: float) -> None:
        blocks = self._blocks
        while blocks and blocks[0].ends_at <= now:
            blocks.popleft()

    def _forget_blocks(self, now: float) -> None:
        self._blocks.clear()
        self._velocity = _STILL
        self._is_chained = False
        self.ends_at = now
