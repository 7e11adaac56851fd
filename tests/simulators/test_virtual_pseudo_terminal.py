"""The printer on a real pty: open, write, read with a deadline, speed, unplugging."""

from __future__ import annotations

import os
import time

import pytest

from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.ledger import job_hash


def test_printer_answers_on_its_link(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    assert host.ask("M105", "B@:0").startswith("ok T:21.00 /0.00 B:21.00 /0.00 @:0")


def test_reopening_changes_nothing_in_the_board_and_gives_no_greeting(virtual_printer, open_host, line):
    first = open_host(virtual_printer.link)
    first.ask("M110 N41")
    first.close()
    second = open_host(virtual_printer.link)
    assert second.ask(line(1, "M105"), "Resend: 42").startswith("Error:Line Number is not Last Line Number+1")


@pytest.mark.virtual_printer(reset_on_open=True)
def test_board_that_resets_on_dtr_greets_at_each_opening(virtual_printer, open_host):
    for _ in range(2):
        host = open_host(virtual_printer.link)
        assert host.read_until("echo:No SD card\n").startswith("start\n External Reset\n")
        host.close()
        virtual_printer.wait_until_closed()


@pytest.mark.virtual_printer(speed=200)
def test_speed_shortens_a_dwell(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    begun = time.monotonic()
    answer = host.ask("G4 P20000")
    assert 0.09 < time.monotonic() - begun < 5
    assert answer.count("echo:busy: processing\n") == 2  # as many as fit at 20 a real second


@pytest.mark.virtual_printer(speed=None)
def test_time_leaps_through_an_hour(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    begun = time.monotonic()
    answer = host.ask("G4 S3600")
    assert time.monotonic() - begun < 5
    assert answer.count("busy") == 1800


@pytest.mark.virtual_printer(speed=None)
def test_automatic_reports_do_not_flood_when_time_leaps_but_come_when_it_does_not(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("M155 S1")
    assert host.read_until(" B:").startswith(" T:")
    assert 1790 <= host.ask("G4 S3600").count(" T:") <= 1801


@pytest.mark.virtual_printer(speed=None)
def test_time_does_not_leap_while_a_user_is_waited_for(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("M0", "prompt_show")
    times = []
    for _ in range(20):
        virtual_printer.do(lambda printer, now: times.append(now))
    assert times[-1] < 5
    assert "ok" in host.ask("M108")


def test_reports_do_not_flood_when_time_gets_fast_later(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("M155 S1")
    virtual_printer.change_speed(100_000)
    begun = time.monotonic()
    for _ in range(5):
        host.read_until(" T:")
    assert time.monotonic() - begun > 3 * 0.05 - 0.01


@pytest.mark.virtual_printer(speed=100_000)
def test_automatic_reports_do_not_flood_in_fast_time(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    begun = time.monotonic()
    host.ask("M155 S1")
    for _ in range(5):
        host.read_until(" T:")
    assert time.monotonic() - begun > 4 * 0.05 - 0.01


def test_unplugged_cable_removes_the_link_and_keeps_the_board(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("M110 N77")
    virtual_printer.pull_cable()
    assert not os.path.lexists(virtual_printer.link)
    assert host.wait_for_hang_up()
    virtual_printer.plug_in()
    again = open_host(virtual_printer.link)
    assert again.ask("M110", "Line: ").endswith("Line: 77\n")


def test_printer_comes_back_under_another_name(virtual_printer, open_host, tmp_path):
    former = virtual_printer.link
    open_host(former).ask("M110 N77")
    virtual_printer.pull_cable()
    virtual_printer.plug_in(tmp_path / "ttyOTHER")
    assert not os.path.lexists(former)
    assert virtual_printer.link == tmp_path / "ttyOTHER"
    assert open_host(virtual_printer.link).ask("M110", "Line: ").endswith("Line: 77\n")


def test_weather_changes_while_the_printer_runs_and_what_was_injected_stays_counted(virtual_printer, open_host, line):
    host = open_host(virtual_printer.link)
    host.ask("M110 N0")
    virtual_printer.change_weather(FaultPlan(corrupt_every=1))
    assert "Resend: 1" in host.ask(line(1, "G4 P0"), "Resend: 1")
    virtual_printer.change_weather(FaultPlan())
    assert host.ask(line(1, "G4 P0")).startswith("ok")
    assert virtual_printer.injected["lines_corrupted"] == 1


def test_speed_changes_while_the_printer_dwells(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.write("G4 S3600\n")
    host.read_until("busy")
    virtual_printer.change_speed(None)
    assert "ok" in host.read_until("ok")


@pytest.mark.virtual_printer(instant_motion=True, faults=FaultPlan(unplug_after=3), replug_after_seconds=0.0)
def test_armed_unplug_loses_the_ok_but_not_the_move(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("G1 X1")
    host.ask("G1 X2")
    host.write("G1 X3\n")
    assert host.wait_for_hang_up()
    virtual_printer.wait_until(virtual_printer.link.exists)
    again = open_host(virtual_printer.link)
    assert again.ask("M114", "X:").endswith("X:3.00 Y:0.00 Z:0.00 E:0.00 Count X:240 Y:0 Z:0\n")


def test_reset_and_words_of_the_board_reach_the_host(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    host.ask("M110 N5")
    virtual_printer.say("//action:pause")
    assert host.read_until("//action:pause\n") == "//action:pause\n"
    virtual_printer.reset()
    assert "External Reset" in host.read_until("No SD card\n")
    virtual_printer.halt("Homing Failed")
    assert host.read_until("poweroff\n").startswith("echo:Homing Failed\n")


def test_muted_board_is_silent_until_unmuted(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    virtual_printer.mute()
    host.write("G90\n")
    virtual_printer.wait_until(lambda: bool(virtual_printer.ledger.lines))
    virtual_printer.unmute()
    assert host.ask("G91") == "ok P15 B3\n"


@pytest.mark.virtual_printer(ring_size=0, instant_motion=True)
def test_host_is_held_back_where_the_ring_has_no_limit(virtual_printer, open_host, line):
    host = open_host(virtual_printer.link)
    moves = [f"G1 X{n % 200}" for n in range(1, 1001)]
    text = "".join(line(n, move) for n, move in enumerate(moves, 1)).encode()
    heard = 0
    while text:
        try:
            text = text[os.write(host.fd, text) :]
        except BlockingIOError:
            host.read_until("ok")
            heard += 1
    for _ in range(heard, 1000):
        host.read_until("ok")
    assert virtual_printer.ledger.job_hash == job_hash(moves)


@pytest.mark.virtual_printer(baud=115_200)
def test_wire_is_paced(virtual_printer, open_host):
    host = open_host(virtual_printer.link)
    begun = time.monotonic()
    host.ask("M118 " + "x" * 80)
    assert time.monotonic() - begun > (86 + 81) * 10 / 115_200
