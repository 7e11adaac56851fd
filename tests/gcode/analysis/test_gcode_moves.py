"""Moves of a page: where from, where to, how long, how fast at most."""

from __future__ import annotations

import math

import pytest

from hydrogen.gcode.analysis.modal import Modal
from hydrogen.gcode.analysis.moves import Moves, Walk
from hydrogen.gcode.analysis.page import read_page
from hydrogen.gcode.program.motion import MotionModes


def moves_of(*lines: str, walk: Walk | None = None) -> Moves:
    page = read_page(("\n" + "\n".join(lines) + "\n").encode())
    return (walk or Walk()).take(page, Modal(MotionModes()).hear(page, 1))


def test_a_feedrate_alone_is_no_move() -> None:
    moves = moves_of("G1 F3000", "G1 X0", "G1 X3 Y4")
    assert list(moves.rows) == [2]
    assert (float(moves.length[0]), float(moves.speed[0])) == (5.0, 50.0)


def test_each_axis_has_its_own_fastest_speed() -> None:
    moves = moves_of("G1 F60000", "G1 Z10", "G1 E10", "G1 X100", "G1 X0 Z20")
    assert [float(speed) for speed in moves.speed] == pytest.approx([5.0, 25.0, 300.0, 5.0 * math.hypot(100, 10) / 10])


def test_plastic_is_laid_only_along_a_path() -> None:
    moves = moves_of("M83", "G1 E5", "G1 X9 E1", "G1 Z1 E1", "G1 X1")
    assert [bool(is_laying) for is_laying in moves.is_laying] == [False, True, False, False]


def test_a_page_goes_on_where_the_last_one_ended() -> None:
    walk = Walk()
    moves_of("G1 X10 F600", walk=walk)
    moves = moves_of("G1 X13 Y4", walk=walk)
    assert (float(moves.length[0]), float(moves.speed[0])) == (5.0, 10.0)


def test_the_machine_keeps_its_coordinates_when_the_file_counts_anew() -> None:
    moves = moves_of("G1 X10", "G92 X0", "G1 X10", "G28 X", "G1 X1")
    assert [float(x) for x in moves.end[0]] == [10.0, 20.0, 1.0]


@pytest.mark.parametrize(
    ("arc", "length", "low", "high"),
    [
        ("G3 X0 Y10 I-10 J0", 10 * math.pi / 2, (0, 0), (10, 10)),
        ("G2 X0 Y10 I-10 J0", 30 * math.pi / 2, (-10, -10), (10, 10)),
        ("G3 X-10 Y0 R10", 10 * math.pi, (-10, 0), (10, 10)),
        ("G2 X-10 Y0 R10", 10 * math.pi, (-10, -10), (10, 0)),
        ("G3 X0 Y10 R-10", 30 * math.pi / 2, (0, 0), (20, 20)),
        ("G3 X10 Y0 I-10", 20 * math.pi, (-10, -10), (10, 10)),
    ],
)
def test_an_arc_is_as_long_as_its_path_and_reaches_as_far(
    arc: str, length: float, low: tuple[int, int], high: tuple[int, int]
) -> None:
    moves = moves_of("G1 X10 Y0", arc)
    assert float(moves.length[1]) == pytest.approx(length)
    assert [float(moves.out[0, axis, 1]) for axis in range(2)] == pytest.approx(low, abs=1e-9)
    assert [float(moves.out[1, axis, 1]) for axis in range(2)] == pytest.approx(high, abs=1e-9)


def test_an_arc_begins_and_ends_along_its_tangents() -> None:
    moves = moves_of("G1 X10 Y0", "G3 X0 Y10 I-10 J0")
    assert [float(part) for part in moves.entry[:2, 1]] == pytest.approx([0.0, 1.0], abs=1e-9)
    assert [float(part) for part in moves.leave[:2, 1]] == pytest.approx([-1.0, 0.0], abs=1e-9)


def test_an_arc_without_centre_or_radius_is_a_straight_move() -> None:
    assert float(moves_of("G2 X3 Y4").length[0]) == 5.0
