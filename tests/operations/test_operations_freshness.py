"""Commands that say when they were issued."""

from __future__ import annotations

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import InvalidMessage, Replayed
from hydrogen.model.codec import iso_time
from hydrogen.operations.freshness import Freshness

NOW = 1_800_000_000.0


def freshness(*, is_synchronised: bool = True) -> Freshness:
    return Freshness(clock=ManualClock(wall=NOW), is_synchronised=lambda: is_synchronised)


@pytest.mark.parametrize("age", [-30.0, -1.0, 0.0, 30.0])
def test_within_the_window_is_fresh(age: float) -> None:
    freshness().check(iso_time(NOW - age))


@pytest.mark.parametrize("age", [-31.0, 31.0, 86_400.0])
def test_outside_the_window_is_replayed(age: float) -> None:
    with pytest.raises(Replayed) as caught:
        freshness().check(iso_time(NOW - age))
    assert caught.value.details == {"age_seconds": age, "window_seconds": 30.0}


def test_host_that_does_not_know_the_time_refuses_nobody_for_it() -> None:
    freshness(is_synchronised=False).check(iso_time(0.0))


def test_who_does_not_say_is_not_asked() -> None:
    freshness().check(None)


def test_zones_are_read() -> None:
    freshness().check(iso_time(NOW).replace("Z", "+00:00"))


@pytest.mark.parametrize("text", ["", "now", "1800000000", "2027-01-15T08:00:00", "9999-99-99T00:00:00Z"])
def test_what_is_no_time_is_invalid_even_without_a_right_clock(text: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        freshness(is_synchronised=False).check(text)
    assert caught.value.details == {"field": "issued_at"}
