from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.backoff import Backoff
from tests.support.property_settings import REPEATABLE


def full() -> float:
    return 1.0


def test_delays_double_up_to_the_limit() -> None:
    backoff = Backoff(first_seconds=0.5, factor=2, limit_seconds=5, jitter=full)
    assert [backoff.next_delay() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_reset_starts_over() -> None:
    backoff = Backoff(jitter=full)
    backoff.next_delay()
    backoff.next_delay()
    assert backoff.attempts == 2
    backoff.reset()
    assert (backoff.attempts, backoff.next_delay()) == (0, 0.5)


def test_jitter_shortens_by_half_at_most() -> None:
    assert Backoff(first_seconds=2.0, jitter=lambda: 0.0).next_delay() == 1.0


def test_a_very_long_series_of_failures_costs_no_more_than_a_short_one() -> None:
    backoff = Backoff(jitter=full)
    assert [backoff.next_delay() for _ in range(5_000)][-1] == 30.0


@REPEATABLE
@given(
    first=st.floats(0.01, 10),
    factor=st.floats(1, 10),
    extra=st.floats(0, 100),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=30),
)
def test_delays_stay_between_half_of_the_first_and_the_limit(
    first: float,
    factor: float,
    extra: float,
    shares: list[float],
) -> None:
    left = iter(shares)
    backoff = Backoff(first, factor, first + extra, jitter=lambda: next(left))
    for _ in shares:
        assert first / 2 <= backoff.next_delay() <= first + extra


@pytest.mark.parametrize(("first", "factor", "limit"), [(0, 2, 1), (-1, 2, 1), (1, 0.5, 2), (2, 2, 1)])
def test_impossible_figures_are_refused(first: float, factor: float, limit: float) -> None:
    with pytest.raises(ValueError, match="not a back-off"):
        Backoff(first, factor, limit)
