"""The time left: from the file at first, from the print itself later."""

from __future__ import annotations

from array import array
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.program.metadata import JobOutline
from hydrogen.gcode.program.print_time import PrintTime
from hydrogen.gcode.program.time_left import NOTHING_KNOWN, Plan, TimeEstimate, TimeLeft
from tests.gcode.program.test_gcode_print_time import walls
from tests.support.print_clock import Look, looks_at, outline_of
from tests.support.property_settings import REPEATABLE

MARKED = JobOutline(
    lines_total=10,
    bytes_total=1_100,
    commands_end=1_000,
    layer_offsets=array("Q", [100, 500]),
    estimated_seconds=600.0,
    time_marks=((0, 600.0), (200, 300.0), (900, 60.0)),
)
BARE = JobOutline(lines_total=2, bytes_total=200, commands_end=100)
COMPUTED = replace(
    BARE,
    print_time=PrintTime(step_bytes=50, seconds_at=array("d", [0.0, 90.0]), total_seconds=100.0, bytes_total=100),
)


@pytest.mark.parametrize(
    ("offset", "fraction"),
    [(0, 0.0), (100, 0.25), (200, 0.5), (550, 0.7), (900, 0.9), (950, 0.95), (1_000, 1.0), (1_100, 1.0)],
)
def test_the_plan_follows_the_marks_in_straight_lines(offset: int, fraction: float) -> None:
    assert Plan(MARKED).fraction(offset) == pytest.approx(fraction)


def test_between_two_marks_it_bends_as_the_moves_do() -> None:
    computed = PrintTime(step_bytes=100, seconds_at=array("d", [0.0, 9.0]), total_seconds=10.0, bytes_total=200)
    plan = Plan(replace(MARKED, time_marks=((0, 600.0), (200, 300.0)), print_time=computed))
    assert plan.fraction(100) == pytest.approx(0.45)


def test_without_marks_it_follows_the_moves_and_without_these_the_bytes() -> None:
    assert [Plan(COMPUTED).fraction(offset) for offset in (0, 50, 75, 100)] == pytest.approx([0.0, 0.9, 0.95, 1.0])
    assert [Plan(BARE).fraction(offset) for offset in (0, 50, 100, 150)] == [0.0, 0.5, 1.0, 1.0]
    assert Plan(JobOutline()).fraction(0) == 1.0


@pytest.mark.parametrize(
    ("outline", "expected", "seconds", "source"),
    [
        (MARKED, 900.0, 900.0, "history"),
        (MARKED, None, 600.0, "m73"),
        (replace(MARKED, time_marks=()), None, 600.0, "slicer"),
        (replace(COMPUTED, estimated_seconds=300.0), None, 300.0, "slicer"),
        (COMPUTED, None, 100.0, "model"),
        (BARE, None, None, ""),
    ],
)
def test_the_first_word_is_that_of_the_best_source(
    outline: JobOutline, expected: float | None, seconds: float | None, source: str
) -> None:
    estimate = TimeLeft(replace(outline), expected_seconds=expected).estimate(0)
    if source == "slicer" and outline.print_time is None:  # nothing to spread it over but bytes: still the whole
        assert estimate.seconds == pytest.approx(600.0)
        return
    assert (estimate.seconds, estimate.source) == (seconds, source)


def test_a_print_that_goes_half_as_fast_is_believed_to_go_on_so() -> None:
    left = TimeLeft(MARKED)
    left.note(0, 0.0)
    for step in range(1, 101):
        left.note(step * 2, step * 6.0)
    estimate = left.estimate(200)
    assert estimate.seconds == pytest.approx(600.0, rel=0.15)
    assert estimate.source == "pace"
    assert estimate.low_seconds is not None and estimate.high_seconds is not None
    assert estimate.low_seconds < 600.0 < estimate.high_seconds


def test_heating_up_says_nothing_of_the_pace() -> None:
    computed = replace(COMPUTED.print_time or PrintTime(), begins_at=10)
    left = TimeLeft(replace(COMPUTED, print_time=computed))
    before = left.estimate(0)
    for second in range(300):
        left.note(5, float(second))
    left.note(12, 301.0)
    assert left.estimate(12).seconds == pytest.approx((before.seconds or 0.0) - 21.6, abs=0.5)


def test_history_leaves_out_the_heating_that_is_over() -> None:
    computed = replace(COMPUTED.print_time or PrintTime(), begins_at=10)
    left = TimeLeft(replace(COMPUTED, print_time=computed), expected_seconds=400.0)
    left.note(15, 300.0)
    assert left.estimate(15).seconds == pytest.approx(100.0, rel=0.1)


def test_a_file_that_tells_nothing_is_extrapolated_once_there_is_something_to_go_by() -> None:
    left = TimeLeft(BARE)
    left.note(0, 0.0)
    left.note(10, 20.0)
    assert left.estimate(10) == NOTHING_KNOWN
    left.note(20, 40.0)
    estimate = left.estimate(20)
    assert (estimate.seconds, estimate.source) == (160.0, "pace")


def test_nothing_is_left_behind_the_last_command() -> None:
    assert TimeLeft(MARKED).estimate(1_000) == TimeEstimate(
        seconds=0.0, low_seconds=0.0, high_seconds=0.0, source="m73"
    )


def test_a_changed_feedrate_shows_within_minutes() -> None:
    computed = PrintTime(step_bytes=20_000, seconds_at=array("d", [0.0]), total_seconds=20_000.0, bytes_total=20_000)
    left = TimeLeft(JobOutline(commands_end=20_000, bytes_total=20_000, print_time=computed))
    for second in range(5_000):
        left.note(second, float(second))
    for second in range(1_800):
        left.note(5_000 + second, 5_000.0 + 2.0 * second)
    estimate = left.estimate(6_800)
    assert estimate.seconds is not None
    assert 1.6 * 13_200 < estimate.seconds < 2.0 * 13_200


# --------------------------------------------------------------------------------------- against the virtual printer


@cache
def prints() -> dict[str, tuple[bytes, JobOutline]]:
    """Files as different as a few lines of Python can make them; without a word about time, except where one is added."""
    small, mixed = walls(12, seed=3), walls(8, seed=4, feedrate=1200) + walls(10, seed=5, feedrate=6000)
    found = {"small": small, "fast": walls(20, seed=6, feedrate=6000), "slow first": mixed}
    return {name: (data, outline_of(data)) for name, data in found.items()}


def judged(looks: list[Look]) -> list[Look]:
    return [look for look in looks if look.done >= 0.1]


@pytest.mark.parametrize("name", ["small", "fast", "slow first"])
def test_from_ten_percent_on_the_error_is_below_ten_percent_of_the_print(name: str) -> None:
    data, outline = prints()[name]
    looks = judged(looks_at(data, outline=outline))
    assert max(abs(look.error) for look in looks) < 0.1


@pytest.mark.parametrize("name", ["small", "slow first"])
def test_nine_in_ten_estimates_keep_within_their_spread(name: str) -> None:
    data, outline = prints()[name]
    looks = judged(looks_at(data, outline=outline))
    within = [
        look
        for look in looks
        if (look.estimate.low_seconds or 0.0) <= look.left_seconds <= (look.estimate.high_seconds or 0.0)
    ]
    assert len(within) >= 0.9 * len(looks)


def test_a_printer_that_is_slower_than_its_slicer_believes_is_found_out() -> None:
    data, outline = prints()["slow first"]
    hopeful = replace(outline, estimated_seconds=(outline.print_time or PrintTime()).total_seconds * 0.6)
    looks = judged(looks_at(data, outline=hopeful, speed=0.7))
    late = [look for look in looks if look.done >= 0.3]
    assert max(abs(look.error) for look in late) < 0.15


def test_the_second_print_of_a_file_knows_its_time_from_the_first_word_on() -> None:
    data, outline = prints()["slow first"]
    took = looks_at(data, outline=outline)[-1].elapsed_seconds
    looks = looks_at(data, outline=outline, expected_seconds=took)
    assert looks[0].estimate.source == "history"
    assert max(abs(look.error) for look in judged(looks)) < 0.05


def test_estimates_do_not_jump() -> None:
    data, outline = prints()["small"]
    looks = judged(looks_at(data, outline=outline))
    whole = looks[-1].elapsed_seconds
    for before, after in pairwise(looks):
        said, says = before.estimate.seconds or 0.0, after.estimate.seconds or 0.0
        passed = after.elapsed_seconds - before.elapsed_seconds
        assert abs(says - (said - passed)) < 0.05 * whole


@REPEATABLE
@given(
    st.lists(st.tuples(st.integers(0, 1_200), st.floats(0, 1e6)), max_size=8),
    st.integers(0, 1_200),
    st.integers(0, 1_200),
)
def test_whatever_is_noted_the_fraction_rises_and_the_time_left_is_never_negative(
    notes: list[tuple[int, float]], one: int, other: int
) -> None:
    low, high = sorted((one, other))
    for outline in (MARKED, COMPUTED, BARE):
        left = TimeLeft(outline)
        for offset, elapsed in notes:
            left.note(offset, elapsed)
        assert 0.0 <= left.plan.fraction(low) <= left.plan.fraction(high) <= 1.0
        estimate = left.estimate(low)
        if estimate.seconds is not None:
            assert estimate.low_seconds is not None and estimate.high_seconds is not None
            assert 0.0 <= estimate.low_seconds <= estimate.seconds <= estimate.high_seconds
