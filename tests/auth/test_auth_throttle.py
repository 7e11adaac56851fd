"""Who guesses, waits; nobody else does; and the table stays small."""

from __future__ import annotations

import pytest

from hydrogen.auth.throttle import FailedLogins, ThrottleLimits
from hydrogen.core.clock import ManualClock
from hydrogen.errors import RateLimited

GUESSER, NEIGHBOUR = "192.0.2.1", "192.0.2.2"


def wait_of(throttle: FailedLogins, address: str = GUESSER) -> int:
    try:
        throttle.check(address)
    except RateLimited as error:
        seconds = error.details["retry_after_seconds"]
        assert isinstance(seconds, int)
        return seconds
    return 0


def test_a_few_slips_are_free_and_then_each_failure_doubles_the_wait() -> None:
    clock = ManualClock()
    throttle = FailedLogins(clock=clock)
    waits = []
    for _ in range(14):
        throttle.failed(GUESSER)
        waits.append(wait_of(throttle))
        clock.advance(waits[-1])
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert wait_of(throttle, NEIGHBOUR) == 0


def test_a_thousand_guesses_in_a_row_get_sixteen_answers_in_ten_minutes() -> None:
    clock = ManualClock()
    throttle, tried = FailedLogins(clock=clock), 0
    for _ in range(1000):
        if not wait_of(throttle):
            throttle.failed(GUESSER)
            tried += 1
        clock.advance(0.6)
    assert tried <= 21


def test_a_success_forgives_all_and_so_does_time() -> None:
    clock = ManualClock()
    throttle = FailedLogins(clock=clock)
    for _ in range(10):
        throttle.failed(GUESSER)
    assert wait_of(throttle)
    throttle.succeeded(GUESSER)
    assert wait_of(throttle) == 0 and len(throttle) == 0
    for _ in range(10):
        throttle.failed(GUESSER)
    clock.advance(901)
    throttle.failed(GUESSER)
    assert wait_of(throttle) == 0


def test_the_table_is_bounded_and_forgets_the_longest_silent_first() -> None:
    throttle = FailedLogins(clock=ManualClock(), limits=ThrottleLimits(addresses=3, free_failures=0))
    for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.1", "192.0.2.4"):
        throttle.failed(address)
    assert len(throttle) == 3
    assert [bool(wait_of(throttle, f"192.0.2.{n}")) for n in (1, 2, 3, 4)] == [True, False, True, True]


@pytest.mark.parametrize(
    ("first", "second", "is_one"),
    [
        ("2001:db8::1", "2001:db8::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("unix", "unix", True),
    ],
)
def test_addresses_of_one_household_count_as_one(first: str, second: str, is_one: bool) -> None:
    throttle = FailedLogins(clock=ManualClock(), limits=ThrottleLimits(free_failures=0))
    throttle.failed(first)
    assert bool(wait_of(throttle, second)) is is_one


def test_any_number_of_failures_has_a_wait() -> None:
    throttle = FailedLogins(clock=ManualClock())
    for _ in range(3000):
        throttle.failed(GUESSER)
    assert wait_of(throttle) == 60
