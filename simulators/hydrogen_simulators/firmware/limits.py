"""What bounds how fast a printer moves and how it takes its corners, as M201 and M203 to M205 set it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from math import acos, inf, sqrt

from hydrogen_simulators.firmware.planner import LEAST_SPEED, Place
from hydrogen_simulators.firmware.settings import MarlinSettings

SHORT_MM = 1.0
"""Shorter pieces that hardly bend are taken for pieces of an arc (Marlin ``planner.cpp``, JD_HANDLE_SMALL_SEGMENTS)."""

_REVERSAL = -0.999999
"""Cosine of a corner that turns back."""

_STRAIGHT = 0.999999

_OCTAGON = 0.7071067811865476
"""Cosine of the turn up to which short pieces count as an arc: 45 degrees."""


@dataclass(slots=True, kw_only=True)
class Limits:
    """Millimetres and seconds; lists are X, Y, Z, E.

    ``junction_deviation`` above 0 decides about corners, otherwise ``jerk`` does. ``steps_per_mm`` (M92) and ``home_offset``
    (M206; X, Y, Z) bound nothing, and are set, stored and restored with the others.
    """

    feedrate: list[float]
    axis_acceleration: list[float]
    acceleration: float
    retract_acceleration: float
    travel_acceleration: float
    jerk: list[float]
    junction_deviation: float
    steps_per_mm: list[float]
    home_offset: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])

    @classmethod
    def of(cls, settings: MarlinSettings) -> Limits:
        """Those the board starts with."""
        return cls(
            feedrate=list(settings.maximum_feedrate),
            axis_acceleration=list(settings.axis_acceleration),
            acceleration=settings.acceleration,
            retract_acceleration=settings.acceleration,
            travel_acceleration=settings.acceleration,
            jerk=list(settings.jerk),
            junction_deviation=settings.junction_deviation,
            steps_per_mm=list(settings.steps_per_mm),
        )

    def copy(self) -> Limits:
        """The same, which what is set later does not reach."""
        return deepcopy(self)

    def speed(self, unit: Place, wanted: float) -> float:
        """The speed along ``unit`` (a part of each axis for each millimetre of the path) at which no axis is too fast."""
        return _within(self.feedrate, unit, wanted)

    def pace(self, unit: Place) -> float:
        """The acceleration of a piece along ``unit``: of a print, a travel or a retraction, as far as its axes bear it."""
        x, y, z, e = unit
        if not e:
            wanted = self.travel_acceleration
        elif x or y or z:
            wanted = self.acceleration
        else:
            wanted = self.retract_acceleration
        return _within(self.axis_acceleration, unit, wanted)

    def corner(self, unit: Place, before: Place | None, length: float, acceleration: float) -> float:
        """The square of the speed that the corner between two directions bears; ``before`` None: a start from standstill."""
        if self.junction_deviation <= 0:
            return self._jerk_corner(unit, before)
        if before is None:
            return LEAST_SPEED * LEAST_SPEED
        return self._deviation_corner(unit, before, length, acceleration)

    def _deviation_corner(self, unit: Place, before: Place, length: float, acceleration: float) -> float:
        """Marlin ``planner.cpp``, HAS_JUNCTION_DEVIATION: a circle that touches both pieces and misses the corner by so much is
        gone round at the acceleration that the axes bear across the corner."""
        x, y, z, e = unit
        was_x, was_y, was_z, was_e = before
        scale = 1.0
        if e or was_e:
            scale = 1 / sqrt(
                (x * x + y * y + z * z + e * e) * (was_x * was_x + was_y * was_y + was_z * was_z + was_e * was_e)
            )
        cosine = (x * was_x + y * was_y + z * was_z + e * was_e) * scale
        if cosine < _REVERSAL:
            return LEAST_SPEED * LEAST_SPEED
        if cosine > _STRAIGHT:
            return inf
        across = (x - was_x, y - was_y, z - was_z, e - was_e)
        norm = sqrt(across[0] ** 2 + across[1] ** 2 + across[2] ** 2 + across[3] ** 2)
        if across[2] or across[3]:
            unit_across = (across[0] / norm, across[1] / norm, across[2] / norm, across[3] / norm)
            acceleration = _within(self.axis_acceleration, unit_across, acceleration)
        half_sine = sqrt(0.5 * (1 + cosine))
        square = acceleration * self.junction_deviation * half_sine / (1 - half_sine)
        if length < SHORT_MM and cosine > _OCTAGON:
            square = min(square, length * acceleration / acos(cosine))
        return square

    def _jerk_corner(self, unit: Place, before: Place | None) -> float:
        """Each axis may jump by its jerk: Marlin's classic rule."""
        least = inf
        for part, was, jerk in zip(unit, before or (0.0, 0.0, 0.0, 0.0), self.jerk, strict=True):
            jump = abs(part - was)
            if jump:
                least = min(least, jerk / jump)
        return max(least * least, LEAST_SPEED * LEAST_SPEED)


def _within(limits: list[float], unit: Place, wanted: float) -> float:
    """What along ``unit`` keeps each axis within its limit, ``wanted`` at most. No loop: each move comes by three times."""
    x, y, z, e = unit
    most_x, most_y, most_z, most_e = limits
    if not -most_x <= x * wanted <= most_x:
        wanted = most_x / abs(x)
    if not -most_y <= y * wanted <= most_y:
        wanted = most_y / abs(y)
    if not -most_z <= z * wanted <= most_z:
        wanted = most_z / abs(z)
    if not -most_e <= e * wanted <= most_e:
        wanted = most_e / abs(e)
    return wanted
