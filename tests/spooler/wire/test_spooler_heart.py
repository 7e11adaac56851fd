"""Silence that was listened to counts; other silence does not."""

from __future__ import annotations

from hydrogen.spooler.wire.heart import Heart, HeartLimits, Pulse

LIMITS = HeartLimits()


def looks(heart: Heart, seconds: float, *, start: float = 0.0) -> list[tuple[float, Pulse]]:
    """What each look shows that is not a steady pulse."""
    now, found = start, []
    while now < start + seconds:
        now += LIMITS.look_seconds
        if (pulse := heart.look(now)) is not Pulse.STEADY:
            found.append((now, pulse))
    return found


def test_silence_is_told_once_and_ends_after_fifteen_seconds() -> None:
    assert looks(Heart(LIMITS, 0.0), 15.0) == [(3.0, Pulse.LATE), (15.0, Pulse.GONE)]


def test_a_beat_begins_everything_anew() -> None:
    heart = Heart(LIMITS, 0.0)
    assert looks(heart, 14.0) == [(3.0, Pulse.LATE)]
    heart.beat()
    assert looks(heart, 14.0, start=14.0) == [(17.0, Pulse.LATE)]


def test_a_listener_that_was_stopped_itself_has_heard_nothing_and_knows_it() -> None:
    heart = Heart(LIMITS, 0.0)
    assert heart.look(3600.0) is Pulse.STEADY
    assert heart.silent_seconds == 2 * LIMITS.look_seconds
    heart.beat()
    assert looks(heart, 2.5, start=3600.0) == []


def test_a_clock_that_goes_back_is_no_life() -> None:
    heart = Heart(LIMITS, 100.0)
    heart.look(100.5)
    heart.look(50.0)
    assert heart.silent_seconds == 0.5
