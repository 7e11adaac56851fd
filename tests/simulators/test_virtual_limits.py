"""How fast, how fast sooner, and how fast round a corner."""

from __future__ import annotations

from math import cos, inf, radians, sin, sqrt

import pytest

from hydrogen_simulators.firmware.limits import Limits
from hydrogen_simulators.firmware.planner import LEAST_SPEED, Place
from hydrogen_simulators.firmware.settings import MarlinSettings

X: Place = (1.0, 0.0, 0.0, 0.0)
Y: Place = (0.0, 1.0, 0.0, 0.0)
Z: Place = (0.0, 0.0, 1.0, 0.0)
E: Place = (0.0, 0.0, 0.0, 1.0)
BACK: Place = (-1.0, 0.0, 0.0, 0.0)
PRINTING: Place = (0.6, 0.8, 0.0, 0.05)


def turned(degrees: float) -> Place:
    return (cos(radians(degrees)), sin(radians(degrees)), 0.0, 0.0)


@pytest.fixture
def limits() -> Limits:
    made = Limits.of(MarlinSettings())
    made.acceleration, made.travel_acceleration, made.retract_acceleration = 1000.0, 2000.0, 1500.0
    return made


def test_no_axis_is_faster_than_it_may(limits: Limits) -> None:
    assert limits.speed(X, 900.0) == 300.0
    assert limits.speed(BACK, 900.0) == 300.0
    assert limits.speed((0.6, 0.8, 0.0, 0.0), 900.0) == pytest.approx(375.0)
    assert limits.speed(Z, 900.0) == 5.0
    assert limits.speed(E, 20.0) == 20.0


def test_prints_travels_and_retractions_have_their_own_acceleration(limits: Limits) -> None:
    assert limits.pace(PRINTING) == 1000.0
    assert limits.pace(X) == 2000.0
    assert limits.pace(E) == 1500.0
    assert limits.pace(Z) == 100.0, "an axis bears no more"


def test_a_corner_is_gone_round_as_far_as_the_path_may_miss_it(limits: Limits) -> None:
    half_sine = sqrt(0.5)
    square = 1000.0 * 0.013 * half_sine / (1 - half_sine)
    assert limits.corner(Y, X, 10.0, 1000.0) == pytest.approx(square)
    assert limits.corner(X, X, 10.0, 1000.0) == inf
    assert limits.corner(BACK, X, 10.0, 1000.0) == LEAST_SPEED**2
    assert limits.corner(X, None, 10.0, 1000.0) == LEAST_SPEED**2
    slight, sharp = (limits.corner(turned(angle), X, 10.0, 1000.0) for angle in (10, 80))
    assert slight > square > sharp or slight > sharp > square


def test_short_pieces_are_taken_for_an_arc(limits: Limits) -> None:
    # 0.9 mm and 5 degrees each: an arc of radius 10.3 mm, whose centripetal acceleration bounds the speed.
    radius = 0.9 / radians(5)
    assert limits.corner(turned(5), X, 0.9, 1000.0) == pytest.approx(1000.0 * radius, rel=0.01)
    assert limits.corner(turned(5), X, 1.1, 1000.0) > 1000.0 * radius


def test_a_corner_into_the_slow_axis_bears_less(limits: Limits) -> None:
    assert limits.corner(Z, X, 10.0, 1000.0) < limits.corner(Y, X, 10.0, 1000.0) / 5


def test_without_deviation_each_axis_may_jump_by_its_jerk(limits: Limits) -> None:
    limits.junction_deviation = 0.0
    assert limits.corner(X, None, 10.0, 1000.0) == pytest.approx(100.0)
    assert limits.corner(Y, X, 10.0, 1000.0) == pytest.approx(100.0)
    assert limits.corner(BACK, X, 10.0, 1000.0) == pytest.approx(25.0)
    assert limits.corner(X, X, 10.0, 1000.0) == inf
    assert limits.corner((1.0, 0.0, 0.0, 1.0), X, 10.0, 1000.0) == pytest.approx(25.0)
