"""When printer time stands still, runs and leaps."""

from __future__ import annotations

from hydrogen_simulators.endpoints.printer_time import QUIET_SECONDS, PrinterTime


def test_time_stands_still_while_a_host_talks_and_runs_once_it_is_quiet():
    time = PrinterTime(None, 100.0)
    time.note_talk(100.2)
    time.look(100.2 + QUIET_SECONDS - 0.01)
    assert time.now(100.4) == 0
    assert time.real_seconds_until(5.0, 100.2) == QUIET_SECONDS
    time.look(101.2)
    assert time.now(101.2) == 1.0 - QUIET_SECONDS
    time.note_talk(101.2)
    assert time.now(150.0) == 1.0 - QUIET_SECONDS


def test_a_leap_lands_on_its_deadline_and_quiet_begins_anew():
    time = PrinterTime(None, 0.0)
    time.leap_to(3600.0, 0.1)
    time.look(0.1 + QUIET_SECONDS / 2)
    assert time.now(0.2) == 3600.0
    time.leap_to(10.0, 0.2)
    assert time.now(0.2) == 3600.0


def test_time_with_a_speed_never_stands_still():
    time = PrinterTime(10, 0.0)
    time.note_talk(1.0)
    assert not time.may_leap
    assert time.now(1.0) == 10
    assert time.real_seconds_until(30, 1.0) == 2
    time.change_speed(None, 1.0)
    assert time.may_leap
    assert time.now(1.1) == 10
