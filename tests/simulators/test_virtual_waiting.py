"""Commands that take time, against ``facts/marlin.md`` "Temperatures and waiting"."""

from __future__ import annotations

OK = "ok P15 B3\n"
BUSY = "echo:busy: processing\n"


def test_position_report_comes_each_second(talk):
    printer = talk()
    printer.send("M154 S1")
    assert printer.wait(2) == "X:0.00 Y:0.00 Z:0.00 E:0.00 Count X:0 Y:0 Z:0\n" * 2


def test_dwell_says_busy_at_two_and_four_seconds(talk):
    printer = talk()
    assert printer.send("G4 P5000") == "//action:notification Sleep...\r\n"
    assert printer.wait(3.9) == BUSY
    assert printer.wait(0.2) == BUSY
    assert printer.wait(1) == OK


def test_m113_changes_the_spacing_of_busy_lines(talk):
    printer = talk()
    printer.send("M113 S1", "G4 P3500")
    assert printer.wait(4) == BUSY * 3 + OK
    printer.send("M113 S0", "G4 P3500")
    assert printer.wait(4) == OK


def test_homing_takes_its_time_and_reports_the_position(talk):
    printer = talk()
    assert printer.send("G28") == ""
    assert printer.wait(20) == BUSY * 9 + "X:0.00 Y:0.00 Z:5.00 E:0.00 Count X:0 Y:0 Z:2000\n" + OK


def test_m400_waits_for_three_seconds_of_motion(talk):
    printer = talk()
    printer.send("G1 X150 F3000")
    assert printer.send("M400") == ""
    assert printer.wait(5) == BUSY + OK


def test_command_latency_delays_each_ok(talk):
    printer = talk(command_latency_seconds=0.01)
    assert printer.send("G90", "M105") == ""
    assert printer.wait(0.01) == "ok P15 B2\n"
    assert printer.wait(0.01).startswith("ok T:")
