"""Moves, and the time they take."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"
AT_ONCE = {"acceleration": 1e9, "axis_acceleration": (1e9,) * 4, "first_block_seconds": 0.0, "busy_interval_seconds": 0}
"""Without ramps, and without waiting for more."""


def test_ok_of_a_move_means_planned_and_waits_while_the_planner_is_full(talk):
    printer = talk(ring_size=0, prevent_cold_extrusion=False)
    replies = printer.send(*[f"G1 X{n} F600" for n in range(1, 21)]).splitlines()
    assert [reply.split()[1] for reply in replies] == [f"P{n}" for n in range(14, -1, -1)]
    later = printer.wait(0.2) + printer.wait(10)
    assert later.startswith("ok P0 B0\nok P0 B0\n")
    assert later.count("ok") == 5


def test_move_lasts_distance_over_feedrate(talk):
    printer = talk(**AT_ONCE)
    printer.send("G1 X100 F6000", "M400")
    assert printer.wait(0.99) == ""
    assert printer.wait(0.02) == OK


def test_steppers_follow_the_planned_end_point(talk):
    printer = talk(**AT_ONCE)
    printer.send("G1 X100 F6000")
    printer.wait(0.5)
    assert printer.send("M114").startswith("X:100.00 Y:0.00 Z:0.00 E:0.00 Count X:4000 Y:0 Z:0\n")


def ticks(printer, *lines):
    """How long these moves take, to a hundredth of a second."""
    printer.send(*lines, "M400")
    began = printer.now
    while "ok" not in printer.wait(0.01):
        assert printer.now < began + 60
    return printer.now - began


def test_a_move_speeds_up_and_slows_down(talk):
    printer = talk(first_block_seconds=0.0, busy_interval_seconds=0, acceleration=1000.0)
    assert ticks(printer, "G1 X100 F6000") == pytest.approx(1.1, abs=0.015)
    assert printer.send("M204 T500") == OK
    assert ticks(printer, "G1 X0") == pytest.approx(1.2, abs=0.015)
    printer.send("M201 X100")
    assert ticks(printer, "G1 X100") == pytest.approx(2.0, abs=0.015)


def test_a_single_move_waits_a_moment_for_more(talk):
    assert ticks(talk(busy_interval_seconds=0), "G1 X100 F6000") == pytest.approx(1.0 + 0.033 + 0.1, abs=0.015)


def test_corners_cost_time_by_deviation_or_by_jerk(talk):
    square = [f"G1 X{x} Y{y} F6000" for x, y in ((50, 0), (50, 50), (0, 50), (0, 0))]
    line = [f"G1 X{x} F6000" for x in (50, 100, 150, 200)]
    settings = {"busy_interval_seconds": 0}
    straight = ticks(talk(**settings), *line)
    cornered = ticks(talk(**settings), *square)
    assert straight == pytest.approx(2.033, abs=0.015)
    assert cornered == pytest.approx(straight + 3 * 0.03, abs=0.02)  # each corner down to 10 mm/s and up again
    jerky = talk(**settings, junction_deviation=0.0)
    assert ticks(jerky, *square) == pytest.approx(cornered, abs=0.03)
    jerky.send("M205 X100 Y100")
    assert ticks(jerky, *square) == pytest.approx(2.0, abs=0.03)


def test_a_planner_that_runs_dry_is_given_time(talk):
    settings = {"first_block_seconds": 10.0, "busy_interval_seconds": 0}
    for few, is_slowed in ((2, False), (4, True)):
        lines = [f"G1 X{n / 10:.1f} F600" for n in range(1, few + 1)]
        printer = talk(**settings, **({} if is_slowed else {"planner_size": 4}))
        plain = ticks(talk(**settings, least_segment_seconds=0.0), *lines)
        assert (ticks(printer, *lines) > plain + 0.01) == is_slowed


def test_instant_motion_takes_no_time(talk):
    printer = talk(instant_motion=True)
    assert printer.send("G28", "G1 X100 F60", "M400").count("ok P15") == 3


def test_starved_planner_is_counted_but_not_after_a_wait(talk):
    printer = talk()
    printer.send("G1 X10 F6000")
    printer.wait(5)
    printer.send("G1 X20")
    assert printer.printer.planner_underruns == 1
    printer.send("M400")
    printer.wait(5)
    printer.send("G1 X30")
    assert printer.printer.planner_underruns == 1


def test_idle_motors_are_let_go_after_their_time_and_not_before(talk):
    printer = talk(motor_timeout_seconds=120.0, instant_motion=True, instant_heating=True, busy_interval_seconds=0)
    motion = printer.printer.machine.motion
    printer.send("G28")
    printer.wait(100)
    printer.send("G1 X10 F6000")
    printer.wait(119)
    printer.send("G1 X20")
    assert (len(motion.homed), motion.times_let_go) == (3, 0)
    printer.wait(121)
    printer.send("G1 X30")
    assert (len(motion.homed), motion.times_let_go) == (0, 1)
    printer.send("G28", "M84 S0")
    printer.wait(10_000)
    printer.send("G1 X40")
    assert (len(motion.homed), motion.times_let_go) == (3, 1)


def test_a_wait_for_heat_keeps_the_motors_powered(talk):
    printer = talk(motor_timeout_seconds=5.0, instant_motion=True, busy_interval_seconds=0)
    printer.send("G28", "M190 S60")
    assert any("ok" in printer.wait(1) for _ in range(600))
    printer.send("G1 X10 F6000")
    assert printer.printer.machine.motion.times_let_go == 0
