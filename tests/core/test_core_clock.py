from __future__ import annotations

import time

import pytest

from hydrogen.core.clock import Clock, ManualClock, SystemClock


def test_system_clock_reads_the_hosts_clocks() -> None:
    clock: Clock = SystemClock()
    before = (time.monotonic(), time.time())
    reading = (clock.monotonic(), clock.wall())
    after = (time.monotonic(), time.time())
    assert before[0] <= reading[0] <= after[0]
    assert before[1] <= reading[1] <= after[1]


def test_manual_clock_stands_still_until_it_is_advanced() -> None:
    clock = ManualClock(monotonic=10.0, wall=500.0)
    assert (clock.monotonic(), clock.monotonic(), clock.wall()) == (10.0, 10.0, 500.0)
    clock.advance(2.5)
    assert (clock.monotonic(), clock.wall()) == (12.5, 502.5)


def test_manual_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="does not go back"):
        ManualClock().advance(-0.1)


def test_correcting_the_hosts_clock_moves_wall_time_only() -> None:
    clock = ManualClock(monotonic=10.0, wall=500.0)
    clock.set_wall(100.0)
    assert (clock.monotonic(), clock.wall()) == (10.0, 100.0)
