"""Ids of jobs: unique, sorted by time, fit for file names."""

from __future__ import annotations

import re

from hydrogen.core.clock import ManualClock
from hydrogen.jobs.ids import JobIds


def test_ids_sort_by_time_and_are_fit_for_file_names() -> None:
    clock = ManualClock()
    ids = JobIds(clock)
    made = []
    for _ in range(100):
        made.append(ids.new())
        clock.advance(0.001)
    assert made == sorted(made)
    assert len(set(made)) == 100
    assert all(re.fullmatch(r"[0-9a-hjkmnp-tv-z]{22}", ident) for ident in made)


def test_ids_go_on_rising_within_a_millisecond_and_when_the_clock_goes_back() -> None:
    clock = ManualClock()
    ids = JobIds(clock)
    made = [ids.new() for _ in range(50)]
    clock.set_wall(clock.wall() - 3600)
    made += [ids.new() for _ in range(50)]
    assert made == sorted(set(made))


def test_two_hosts_with_the_same_time_give_different_ids() -> None:
    clock = ManualClock()
    assert JobIds(clock).new() != JobIds(clock).new()


def test_ids_go_on_behind_those_of_a_former_life_whose_clock_was_ahead() -> None:
    former, clock = JobIds(ManualClock(wall=2_000_000_000.0)), ManualClock(wall=5.0)
    last = former.new()
    ids = JobIds(clock)
    ids.begin_behind("not an id of ours, it sorts behind all")
    assert ids.new() < last
    ids.begin_behind(last)
    ids.begin_behind("0" * 22)
    made = [ids.new() for _ in range(10)]
    assert [last, *made] == sorted({last, *made})
    clock.set_wall(2_100_000_000.0)
    assert ids.new() > JobIds(ManualClock(wall=2_099_999_999.0)).new()
