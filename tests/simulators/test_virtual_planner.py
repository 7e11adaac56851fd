"""Looking ahead: against a planner that reckons everything anew each time, and against physics."""

from __future__ import annotations

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen_simulators.firmware.planner import LEAST_SPEED, Planner
from tests.support.property_settings import REPEATABLE

STANDSTILL = LEAST_SPEED * LEAST_SPEED
HOLD = 0.1


class Pieces:
    """Straight pieces along X for a planner, at a time that the test moves."""

    def __init__(self, capacity: int = 15, hold_seconds: float = HOLD) -> None:
        self.planner = Planner(capacity, hold_seconds, 0.0)
        self.now = 0.0
        self.x = 0.0

    def add(self, length: float, speed: float = 100.0, acceleration: float = 1000.0, corner: float = 1e9) -> None:
        """As fast as there is room."""
        self.now = self.planner.room_at(self.now)
        if not self.planner.is_moving(self.now):
            corner = STANDSTILL
        start, self.x = (self.x, 0.0, 0.0, 0.0), self.x + length
        self.planner.add(start, (self.x, 0.0, 0.0, 0.0), length, speed, acceleration, corner, self.now)

    def place(self, at: float) -> float:
        """Where the steppers are at a later time."""
        found = self.planner.place(at)
        return self.x if found is None else found[0]


def test_one_long_piece_is_a_trapezoid() -> None:
    pieces = Pieces()
    pieces.add(100.0)
    assert pieces.planner.ends_at == pytest.approx(
        HOLD + 1.0 + 0.1, rel=0.002
    )  # length over speed, and half of each ramp
    assert pieces.place(HOLD + 0.05) == pytest.approx(1000 * 0.05**2 / 2, rel=0.05)
    assert pieces.place(HOLD + 0.55) == pytest.approx(50.0, rel=0.002)
    assert pieces.place(HOLD + 1.05) == pytest.approx(100.0 - 1000 * 0.05**2 / 2, rel=0.002)
    assert pieces.place(2.0) == 100.0


def test_a_short_piece_is_a_triangle() -> None:
    pieces = Pieces()
    pieces.add(1.0)
    assert pieces.planner.ends_at - HOLD == pytest.approx(2 * sqrt(1 / 1000.0), rel=0.01)


def test_the_first_block_waits_for_two_more_but_not_for_ever() -> None:
    pieces = Pieces()
    pieces.add(10.0)
    assert pieces.place(HOLD - 0.001) == 0.0
    pieces.add(10.0)
    pieces.now = 0.01
    pieces.add(10.0)
    assert pieces.place(0.03) > 0.0


def test_pieces_in_a_line_are_as_fast_as_one() -> None:
    one, many = Pieces(hold_seconds=0.0), Pieces(hold_seconds=0.0)
    one.add(12.0)
    for _ in range(12):
        many.add(1.0)
    # The first begins before there is anything to look ahead to, and is left slowly: that costs a ramp, no more.
    assert one.planner.ends_at <= many.planner.ends_at + 1e-9
    assert many.planner.ends_at < one.planner.ends_at + 2 * sqrt(2 / 1000.0)


def test_what_can_be_looked_ahead_over_bounds_the_speed() -> None:
    pieces = Pieces(capacity=15)
    for _ in range(500):
        pieces.add(0.1, speed=300.0)
    # 14 pieces behind the running one: 1.4 mm to stop in.
    assert 50.0 / pieces.planner.ends_at == pytest.approx(sqrt(2 * 1000.0 * 1.4), rel=0.1)


def test_a_block_that_runs_is_not_changed_by_what_follows() -> None:
    pieces = Pieces(hold_seconds=0.0)
    pieces.add(10.0)
    ends_at = pieces.planner.ends_at
    pieces.now = ends_at / 2
    pieces.add(10.0)
    assert pieces.place(ends_at) == pytest.approx(10.0)


def test_a_planner_that_ran_empty_within_a_chain_is_counted() -> None:
    pieces = Pieces()
    pieces.add(1.0)
    pieces.now = 5.0
    pieces.add(1.0)
    assert pieces.planner.underruns == 1
    pieces.planner.break_chain()
    pieces.now = 10.0
    pieces.add(1.0)
    assert pieces.planner.underruns == 1


def test_stopping_tells_where_and_forgets_the_rest() -> None:
    pieces = Pieces(hold_seconds=0.0)
    pieces.add(100.0)
    pieces.add(100.0)
    place = pieces.planner.stop(0.6)
    assert place is not None and 40.0 < place[0] < 60.0
    assert not pieces.planner.is_moving(0.6) and pieces.planner.free(0.6) == 15
    assert pieces.planner.ends_at == 0.6 and pieces.planner.stop(0.7) is None


PIECE = st.tuples(
    st.floats(0.01, 30.0), st.floats(0.1, 300.0), st.floats(50.0, 9000.0), st.floats(STANDSTILL, 40_000.0)
)


def all_anew(planner: Planner) -> list[float]:
    """The entries of all blocks by two full passes over them."""
    blocks = list(planner._blocks)
    entries = [block.entry for block in blocks]
    first = 1 if planner._is_running else 0
    leave = STANDSTILL
    for index in range(len(blocks) - 1, first - 1, -1):
        leave = entries[index] = min(blocks[index].most, leave + blocks[index].gain)
    for index in range(first + 1, len(blocks)):
        entries[index] = min(entries[index], entries[index - 1] + blocks[index - 1].gain)
    return entries


@REPEATABLE
@given(st.lists(PIECE, min_size=1, max_size=60), st.integers(1, 20))
def test_the_short_look_back_finds_what_a_full_one_finds(pieces: list[tuple[float, ...]], capacity: int) -> None:
    made = Pieces(capacity)
    for piece in pieces:
        made.add(*piece)
        entries = [block.entry for block in made.planner._blocks]
        assert entries == pytest.approx(all_anew(made.planner), rel=1e-9)


@REPEATABLE
@given(st.lists(PIECE, min_size=1, max_size=40), st.integers(1, 20))
def test_no_speed_jumps_and_the_time_is_kept(pieces: list[tuple[float, ...]], capacity: int) -> None:
    made = Pieces(capacity)
    for piece in pieces:
        made.add(*piece)
    ends_at, at, before = made.planner.ends_at, made.now, made.place(made.now)
    fastest, step = max(piece[1] for piece in pieces), max(1e-6, (ends_at - made.now) / 500)
    while made.planner.is_moving(at):
        at += step
        place = made.place(at)
        assert before - 1e-9 <= place <= before + fastest * step * 1.001 + 1e-9
        before = place
    assert at - step <= ends_at <= at
    assert before == made.x
