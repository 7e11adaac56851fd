"""Commands that move, and their modes."""

from __future__ import annotations

import pytest

from tests.simulators.test_virtual_motion import AT_ONCE

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


@pytest.mark.parametrize("arc", ["G3 X20 Y0 I10 J0 F600", "G2 X20 Y0 I10 J0 F600", "G3 X20 Y0 R10 F600"])
def test_arc_is_as_long_as_its_path_and_acknowledged_when_its_last_piece_is_planned(talk, arc):
    printer = talk(**AT_ONCE)
    printer.send("G1 Y50 F6000", "G92 Y0", "M400")
    printer.wait(10)
    printer.send(arc, "M400")  # half a circle of radius 10: 31.4 mm at 10 mm/s, in 36 pieces
    assert printer.wait(1.7) == ""
    assert printer.wait(1.4) == "ok P0 B2\n"
    assert printer.wait(0.1) == OK


@pytest.mark.parametrize(
    ("arc", "top"),
    [("G2 X20 Y0 I10 J0", 60.0), ("G3 X20 Y0 I10 J0", 40.0), ("G2 X20 Y0 R10.001", 60.0), ("G3 X20 Y0 R10.001", 40.0)],
)
def test_an_arc_goes_round_its_centre(talk, arc, top):
    printer = talk(**AT_ONCE)
    printer.send("G1 Y50 F6000", "M400")
    printer.wait(10)
    printer.send(arc.replace("Y0", "Y50") + " F600")
    printer.wait(3.1416 / 2)
    x, y, _, _ = printer.printer.machine.motion.steppers(printer.now)
    assert (x, y) == pytest.approx((10.0, top), abs=0.3)


@pytest.mark.parametrize(
    ("arc", "pieces"), [("G2 X0 Y50 I40 J0", 251), ("G2 X0 Y50 I5 J0", 72), ("G2 X0 Y50 I0.5 J0", 31), ("G2 R5", 1)]
)
def test_an_arc_is_cut_into_pieces_of_a_millimetre_and_small_ones_finer(talk, arc, pieces):
    printer = talk(**AT_ONCE, planner_size=300)
    printer.send("G1 Y50 F6000", "M400")
    printer.wait(10)
    printer.send(arc)
    motion = printer.printer.machine.motion
    assert 299 - motion.blocks_free(printer.now) == (pieces if pieces > 1 else 0)


def test_feedrate_percentage_and_axis_limits_slow_a_move(talk):
    printer = talk(**AT_ONCE)
    printer.send("M220 S50", "G1 X100 F6000", "M400")
    assert printer.wait(1.99) == ""
    assert printer.wait(0.02) == OK
    printer.send("M220 S100", "G1 Z10 F6000", "M400")
    assert printer.wait(1.99) == ""
    assert printer.wait(0.02) == OK
