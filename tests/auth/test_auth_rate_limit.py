"""Token buckets, by a clock that the test moves."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.auth.rate_limit import Rate, RateLimit, TokenBucket
from hydrogen.core.clock import ManualClock
from hydrogen.errors import RateLimited
from tests.support.property_settings import REPEATABLE

RATE = Rate(per_second=2.0, burst=3.0)


def limit(clock: ManualClock, capacity: int = 10) -> RateLimit:
    return RateLimit("commands", RATE, clock=clock, capacity=capacity)


def test_burst_at_once_and_then_the_rate() -> None:
    bucket = TokenBucket(RATE, 0.0)
    assert [bucket.take(0.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]
    assert bucket.take(0.5) == 0.0
    assert bucket.take(0.5) == 0.5


def test_rest_fills_the_bucket_and_no_more() -> None:
    bucket = TokenBucket(RATE, 0.0)
    bucket.take(0.0)
    assert [bucket.take(3600.0) for _ in range(4)] == [0.0, 0.0, 0.0, 0.5]


def test_being_refused_costs_nothing() -> None:
    bucket = TokenBucket(RATE, 0.0)
    waits = [bucket.take(0.0) for _ in range(1000)]
    assert waits[-1] == 0.5
    assert bucket.take(0.5) == 0.0


@REPEATABLE
@given(steps=st.lists(st.floats(0, 5), max_size=50))
def test_never_more_than_burst_and_rate_allow(steps: list[float]) -> None:
    bucket, now, taken = TokenBucket(RATE, 0.0), 0.0, 0
    for step in steps:
        now += step
        taken += bucket.take(now) == 0.0
        assert taken <= RATE.burst + RATE.per_second * now + 1e-6


def test_refusal_says_which_limit_and_when_to_come_back() -> None:
    limited = limit(ManualClock())
    for _ in range(3):
        limited.take("owner")
    limited.take("guest")
    with pytest.raises(RateLimited) as caught:
        limited.take("owner")
    assert caught.value.details == {"limit": "commands", "per_second": 2.0, "burst": 3.0, "retry_after_seconds": 0.5}


def test_time_that_was_named_is_enough() -> None:
    clock = ManualClock()
    limited = limit(clock)
    for _ in range(3):
        limited.take("owner")
    clock.advance(limited.wait_seconds("owner"))
    limited.take("owner")


def test_only_so_many_callers_are_remembered_the_idlest_forgotten_first() -> None:
    limited = limit(ManualClock(), capacity=2)
    for _ in range(4):
        limited.wait_seconds("a")
    limited.wait_seconds("b")
    limited.wait_seconds("a")
    limited.wait_seconds("c")
    assert limited.wait_seconds("a") > 0
    assert len(limited._buckets) == 2
