"""Moves take time: position, homing, the limits of the axes, and the motors that are let go.

The planner (``planner.py``) carries moves out, the limits (``limits.py``) say how fast. Times are printer seconds.
"""

from __future__ import annotations

from math import sqrt
from typing import NamedTuple

from hydrogen_simulators.firmware.limits import Limits
from hydrogen_simulators.firmware.planner import Place, Planner
from hydrogen_simulators.firmware.settings import MarlinSettings

AXES = "XYZE"
"""Order of the axes in every tuple."""

SLOWED_FROM = 2
"""Fewer waiting blocks are a beginning, not a planner that runs dry (Marlin ``planner.cpp``, SLOWDOWN)."""


class Position(NamedTuple):
    """A place of the tool in millimetres."""

    x: float
    y: float
    z: float
    e: float


class Motion:
    """Where the tool goes. ``position`` is the planned end point, the steppers follow."""

    def __init__(self, settings: MarlinSettings, now: float = 0.0) -> None:
        self._settings = settings
        self._takes_no_time = settings.instant_motion
        self._planner = Planner(settings.planner_size - 1, settings.first_block_seconds, now)
        self.room_at = self._planner.room_at
        """When a block can be planned: at ``now``, or at the end of the oldest block."""
        self._slowed_below = settings.planner_size // 2
        self._before: Place | None = None
        self.position = [0.0, 0.0, 0.0, 0.0]
        self.offsets = [0.0, 0.0, 0.0, 0.0]
        self.homed: set[str] = set()
        self.feedrate = 25.0
        self.feedrate_percent = 100.0
        self.limits = Limits.of(settings)
        self.motor_timeout_seconds = settings.motor_timeout_seconds
        self.times_let_go = 0
        self._powered_at = now

    @property
    def underruns(self) -> int:
        """How often a move found the planner empty although nothing but moves came before."""
        return self._planner.underruns

    @property
    def ends_at(self) -> float:
        """When everything that is planned is done."""
        return self._planner.ends_at

    def blocks_free(self, now: float) -> int:
        """The P of ``ok N P B``."""
        return self._planner.free(now)

    def is_moving(self, now: float) -> bool:
        """True while a block is not done."""
        return self._planner.is_moving(now)

    def keep_powered(self, now: float) -> None:
        """The timeout of idle motors begins anew: a move, or a wait for heat, has just been (Marlin, reset_stepper_timeout)."""
        if self.motor_timeout_seconds > 0:
            self.look_at_motors(now)
        self._powered_at = now

    def look_at_motors(self, now: float) -> None:
        """Let go of motors that were idle for too long: from then on nobody knows where the axes are. Looked at before whatever
        could tell a difference."""
        if not self.homed or self.motor_timeout_seconds <= 0:
            return
        idle_since = max(self._powered_at, self.ends_at)
        if now - idle_since >= self.motor_timeout_seconds:
            self.homed.clear()
            self.times_let_go += 1

    def plan(self, target: list[float], now: float) -> None:
        """Plan a straight move to ``target``. The caller has made room."""
        self.keep_powered(now)
        x, y, z, e = self.position
        to_x, to_y, to_z, to_e = target
        dx, dy, dz, de = to_x - x, to_y - y, to_z - z, to_e - e
        self.position = target
        length = sqrt(dx * dx + dy * dy + dz * dz) or abs(de)
        if self._takes_no_time or not length:
            return
        unit = (dx / length, dy / length, dz / length, de / length)
        planner, limits = self._planner, self.limits
        waiting = planner.waiting(now)
        speed = limits.speed(unit, max(0.01, self.feedrate * self.feedrate_percent / 100))
        if SLOWED_FROM <= waiting < self._slowed_below:
            speed = self._slowed(speed, length, waiting)
        acceleration = limits.pace(unit)
        corner = limits.corner(unit, self._before if planner.is_moving(now) else None, length, acceleration)
        self._before = unit
        planner.add((x, y, z, e), (to_x, to_y, to_z, to_e), length, speed, acceleration, corner, now)

    def break_chain(self) -> None:
        """The next move may find the planner empty without that being a starved planner."""
        self._planner.break_chain()

    def stop(self, now: float) -> None:
        """Stop where the steppers are, and lose what was planned (``M410``)."""
        place = self._planner.stop(now)
        if place is not None:
            self.position = list(place)

    def home(self, axes: str) -> None:
        """Stand at the end stops of ``axes``, Z lifted."""
        for axis in axes:
            index = AXES.index(axis)
            self.position[index] = self._settings.height_after_homing if axis == "Z" else 0.0
            self.offsets[index] = self.limits.home_offset[index]
            self.homed.add(axis)

    def set_home_offset(self, index: int, offset: float) -> None:
        """M206: the coordinates of this axis are others at once, and after each homing; nothing moves. Source: Marlin
        ``motion.cpp``, ``set_home_offset`` and ``update_workspace_offset``."""
        self.offsets[index] += offset - self.limits.home_offset[index]
        self.limits.home_offset[index] = offset

    def take_limits(self, limits: Limits) -> None:
        """Other settings, all at once."""
        for index, offset in enumerate(limits.home_offset):
            self.set_home_offset(index, offset)
        self.limits = limits

    def steppers(self, now: float) -> Place:
        """Where the steppers are at ``now``."""
        x, y, z, e = self.position
        return self._planner.place(now) or (x, y, z, e)

    def clamped(self, axis: int, value: float) -> float:
        """A coordinate inside the area; outside ones are moved in silence (facts: ``G1 X1000``). E has no limit."""
        return value if axis == 3 else min(max(0.0, value), self._settings.area[axis])

    def _slowed(self, speed: float, length: float, waiting: int) -> float:
        """A planner that runs dry is given time: short blocks take longer, the longer the fewer wait (Marlin, SLOWDOWN)."""
        seconds = length / speed
        missing = self._settings.least_segment_seconds - seconds
        return length / (seconds + 2 * missing / waiting) if missing > 0 else speed
