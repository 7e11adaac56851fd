"""Commands that move, and their modes."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("G1", OK),
        ("G4 P0 M105", OK),
        ("G2 X10", "Error:G2/G3 bad parameters\n" + OK),
        ("M220", "FR:100%\n" + OK),
        ("M220 S50", OK),
        ("G20", OK),
        ("G21", OK),
        ("G90", OK),
        ("G91", OK),
        ("M82", OK),
        ("M83", OK),
        ("M400", OK),
        ("M410", OK),
    ],
)
def test_motion_command_is_answered_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply


def test_target_outside_the_area_is_clamped_in_silence(talk):
    printer = talk()
    assert printer.send("G1 X1000 Z-5") == "ok P14 B3\n"
    assert printer.printer.position[:3] == (200, 0, 0)


def test_relative_moves_inches_and_shifted_coordinates(talk):
    printer = talk(instant_motion=True, prevent_cold_extrusion=False)
    printer.send("G91", "G1 X10 E1", "G1 X10 E1")
    assert printer.printer.position == (20, 0, 0, 2)
    assert printer.send("G92 X5 E0").startswith("X:5.00 Y:0.00 Z:0.00 E:0.00 Count X:1600 ")
    printer.send("G90", "M83", "G1 X6 E1", "G1 E1", "G20", "G1 Y1")
    assert printer.printer.position == pytest.approx((6, 25.4, 0, 2))


def test_arc_is_as_long_as_its_path(talk):
    printer = talk(acceleration=1e9, busy_interval_seconds=0)
    printer.send("G3 X20 Y0 I10 J0 F600", "M400")  # half a circle of radius 10: 31.4 mm at 10 mm/s
    assert printer.wait(3.1) == ""
    assert printer.wait(0.1) == OK


def test_feedrate_percentage_and_axis_limits_slow_a_move(talk):
    printer = talk(acceleration=1e9, busy_interval_seconds=0)
    printer.send("M220 S50", "G1 X100 F6000", "M400")
    assert printer.wait(1.99) == ""
    assert printer.wait(0.02) == OK
    printer.send("M220 S100", "G1 Z10 F6000", "M400")
    assert printer.wait(1.99) == ""
    assert printer.wait(0.02) == OK
