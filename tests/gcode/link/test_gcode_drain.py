"""The silence after a fault."""

from __future__ import annotations

import pytest

from hydrogen.gcode.link.drain import Drain
from hydrogen.gcode.link.link_limits import LinkLimits

LIMITS = LinkLimits()
BYTE_SECONDS = 10 / 9600


def test_silence_begins_when_the_last_byte_has_left_the_wire() -> None:
    drain = Drain(BYTE_SECONDS, LIMITS)
    drain.on_sent(40, 10.0, is_alone=True)
    drain.on_sent(40, 10.001, is_alone=False)
    drain.begin(10.002, 80)
    assert drain.quiet_at == pytest.approx(10.0 + 80 * BYTE_SECONDS + LIMITS.quiet)


def test_what_is_not_in_flight_is_not_on_the_wire() -> None:
    drain = Drain(BYTE_SECONDS, LIMITS)
    for i in range(1000):
        drain.on_sent(40, 10.0 + i / 1000, is_alone=False)
    drain.begin(11.0, 40)
    assert drain.quiet_at == pytest.approx(11.0 + 40 * BYTE_SECONDS + LIMITS.quiet)


def test_residue_prolongs_it_but_not_for_ever() -> None:
    drain = Drain(0.0, LIMITS)
    drain.begin(10.0, 0)
    assert drain.quiet_at == pytest.approx(10.0 + LIMITS.quiet)
    drain.prolong(10.05)
    assert drain.quiet_at == pytest.approx(10.05 + LIMITS.quiet)
    for i in range(200):
        drain.prolong(10.05 + i / 50)
    assert drain.quiet_at == pytest.approx(10.0 + LIMITS.drain_most)


def test_ended_it_is_over_at_once() -> None:
    drain = Drain(BYTE_SECONDS, LIMITS)
    drain.begin(10.0, 0)
    drain.end(10.01)
    assert drain.quiet_at == 10.01


def test_time_on_the_wire_follows_the_baud_rate() -> None:
    assert Drain(BYTE_SECONDS, LIMITS).wire_seconds(96) == pytest.approx(0.1)
