"""The planner: corners, looking ahead, and pages that make no difference."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.analysis import planner
from hydrogen.gcode.analysis.page import Reals
from hydrogen.gcode.analysis.planner import CornerLimits, Corners, Planner, junctions
from hydrogen.gcode.program.motion import MotionLimits
from tests.support.property_settings import REPEATABLE


def corners(moves: list[tuple[float, float, float, float]], first: int = 0) -> Corners:
    """(corner speed, length, speed, acceleration) each; the payload is its number."""
    table = np.array(moves, np.float64).reshape(-1, 4).T
    number = np.arange(first, first + len(moves), dtype=np.float64)
    return Corners(np.minimum(table[0], table[2]) ** 2, table[1], table[2], table[3], number[np.newaxis])


def seconds_of(moves: list[tuple[float, float, float, float]], page: int) -> list[float]:
    made, seconds, numbers = Planner(1), list[float](), list[float]()
    for start in range(0, len(moves), page):
        some, payload = made.take(corners(moves[start : start + page], start))
        seconds += [float(second) for second in some]
        numbers += [float(number) for number in payload[0]]
    some, payload = made.finish()
    assert numbers + [float(number) for number in payload[0]] == list(range(len(moves)))
    return seconds + [float(second) for second in some]


def test_a_printer_slows_down_early_enough_for_a_corner() -> None:
    # 0.5 mm at 1000 mm/s^2 take no more than 31.6 mm/s off or on: the corner's 0 is felt two moves before it.
    moves = [(0.0, 100.0, 100.0, 1000.0), (100.0, 0.5, 100.0, 1000.0), (100.0, 0.5, 100.0, 1000.0)]
    one = seconds_of(moves, 9)
    assert one[2] == pytest.approx(math.sqrt(2 * 0.5 / 1000.0))
    assert one[1] + one[2] == pytest.approx(math.sqrt(2 * 1.0 / 1000.0))


moves_strategy = st.lists(
    st.tuples(st.floats(0, 80), st.floats(0.01, 20), st.floats(1, 150), st.floats(100, 4000)), max_size=40
).map(
    lambda moves: [  # no corner is faster than the move before it
        (min(corner, moves[index - 1][2] if index else 0.0), *rest) for index, (corner, *rest) in enumerate(moves)
    ]
)


@given(moves=moves_strategy, page=st.integers(1, 9))
@REPEATABLE
def test_pages_make_no_difference(moves: list[tuple[float, float, float, float]], page: int) -> None:
    assert seconds_of(moves, page) == pytest.approx(seconds_of(moves, 1000), rel=1e-6)


@given(moves=moves_strategy)
@REPEATABLE
def test_no_move_is_faster_than_its_speed_allows(moves: list[tuple[float, float, float, float]]) -> None:
    for second, (_, length, speed, _) in zip(seconds_of(moves, 7), moves, strict=True):
        assert second >= length / speed * (1 - 1e-6), moves


def test_what_never_settles_is_settled_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "MOST_WAITING", 10)
    made = Planner(1)
    fast = [(1e6, 0.001, 1e6, 10.0)] * 30
    seconds, _ = made.take(corners(fast))
    assert len(seconds) == 30


def direction(*parts: float) -> Reals:
    return np.array([[part] for part in parts])


def limit(entry: Reals, before: Reals, limits: MotionLimits, *, speed: float = 100.0, is_rest: bool = False) -> float:
    one = np.array([speed])
    found = CornerLimits.of([limits], np.zeros(1, np.int64))
    squares = junctions(entry, before, one, one, np.array([1000.0]), np.array([is_rest]), found)
    return math.sqrt(float(squares[0]))


def test_a_corner_is_as_fast_as_its_jerk_allows() -> None:
    x, y, back = direction(1, 0, 0, 0), direction(0, 1, 0, 0), direction(-1, 0, 0, 0)
    assert limit(x, x, MotionLimits()) == 100.0
    assert limit(y, x, MotionLimits()) == 10.0
    assert limit(back, x, MotionLimits()) == 5.0
    assert limit(x, x, MotionLimits(), is_rest=True) == 10.0
    assert limit(direction(0, 0, 0, 1), x, MotionLimits()) == 5.0
    assert limit(x, x, MotionLimits(jerk=0.0)) == 0.0


def test_a_corner_is_as_fast_as_its_junction_deviation_allows() -> None:
    x, y, back = direction(1, 0, 0, 0), direction(0, 1, 0, 0), direction(-1, 0, 0, 0)
    deviation = MotionLimits(junction_deviation=0.013)
    half_sine = math.sqrt(0.5)
    assert limit(y, x, deviation) == pytest.approx(math.sqrt(1000 * 0.013 * half_sine / (1 - half_sine)))
    assert limit(x, x, deviation) == 100.0
    assert limit(back, x, deviation) == pytest.approx(planner.MINIMUM_SPEED)
