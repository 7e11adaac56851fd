"""subscribe and throttle, as clients send them."""

from __future__ import annotations

import pytest

from hydrogen.octoprint.push.line_filter import EVERY_LINE
from hydrogen.octoprint.push.wish import SLOWEST_THROTTLE, Wish, subscribed, throttled


def test_without_a_word_a_client_hears_the_state_and_all_events_and_no_lines() -> None:
    wish = Wish()
    assert wish.has_state and wish.wants_event("PrintDone") and not wish.has_lines


@pytest.mark.parametrize(
    ("told", "wish"),
    [
        ({"state": True, "events": True, "plugins": True}, Wish(logs=EVERY_LINE, messages=EVERY_LINE)),
        ({"state": {"logs": True, "messages": False}, "events": True, "plugins": True}, Wish(logs=EVERY_LINE)),
        ({"state": {}, "events": ["PrintDone"], "plugins": True}, Wish(events=frozenset({"PrintDone"}))),
        ({"state": False}, Wish(has_state=False, events=frozenset(), plugins=frozenset())),
        ({}, Wish(has_state=False, events=frozenset(), plugins=frozenset())),
        ({"state": {"logs": "(a+)+"}, "events": True, "plugins": ["x", 1]}, Wish(plugins=frozenset({"x"}))),
        ("garbage", Wish()),
        (None, Wish()),
    ],
)
def test_subscribing_says_all_that_is_wanted(told: object, wish: Wish) -> None:
    assert subscribed(Wish(), told) == wish


def test_lists_are_bounded() -> None:
    wish = subscribed(Wish(), {"events": [str(number) for number in range(1000)]})
    assert wish.events is not None and len(wish.events) == 100


@pytest.mark.parametrize(
    ("told", "throttle"),
    [(1, 1), (2, 2), (2.9, 2), (1e9, SLOWEST_THROTTLE), (0, 1), (-3, 1), ("2", 1), (True, 1), (float("nan"), 1)],
)
def test_throttle_is_a_number_from_one_on(told: object, throttle: int) -> None:
    assert throttled(Wish(), told).throttle == throttle
