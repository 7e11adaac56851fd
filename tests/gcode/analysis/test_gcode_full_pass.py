"""The full pass: it comes to what a plain reading line by line comes to, whatever the program and however it is cut."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.analysis.full_pass import FullPass
from hydrogen.gcode.program.metadata import JobOutline, OutlineScanner
from hydrogen.gcode.program.motion import MotionLimits
from tests.support.property_settings import REPEATABLE
from tests.support.slow_analysis import SlowPrinter

CONFIG_A = MotionLimits(
    feedrate_x=100.0,
    feedrate_y=100.0,
    feedrate_z=20.0,
    feedrate_e=25.0,
    acceleration=1000.0,
    travel_acceleration=1000.0,
    retract_acceleration=300.0,
    jerk=0.0,
)
"""A machine that stands still between moves, so that the times can be told by hand."""


def passed(text: bytes, *, cut: int = 1 << 19, limits: MotionLimits | None = None) -> tuple[FullPass, JobOutline]:
    full = FullPass(limits)
    scanner = OutlineScanner(reader=full)
    for start in range(0, len(text), cut):
        scanner.feed(text[start : start + cut])
    outline = scanner.finish()
    full.finish()
    return full, outline


def numbers(decimals: int) -> st.SearchStrategy[str]:
    return st.integers(-3000, 30000).map(lambda value: f"{value / 10**decimals:.{decimals}f}")


coordinate = st.integers(0, 3).flatmap(numbers)
words = st.tuples(
    st.one_of(st.none(), coordinate),
    st.one_of(st.none(), coordinate),
    st.one_of(st.none(), numbers(2)),
    st.one_of(st.none(), numbers(4)),
    st.one_of(st.none(), st.integers(0, 20000).map(str)),
).map(
    lambda values: "".join(
        f" {letter}{value}" for letter, value in zip("XYZEF", values, strict=True) if value is not None
    )
)
moves = st.tuples(st.sampled_from(["G1", "G0", "G01", "G1"]), words).map("".join)
commands = st.sampled_from(
    [
        "G90",
        "G91",
        "M82",
        "M83",
        "G92 E0",
        "G92 X5 Y2",
        "G28",
        "G28 X",
        "G20",
        "G21",
        "M220 S80",
        "M204 P900 T1500",
        "M204 S500 ; both",
        "M203 X80 Y90 Z3 E20",
        "M205 X4 Y4",
        "G4 P200",
        "G4 S0.5",
        "M400",
        "T0",
        "T1",
        "M117 Layer 3 of 7",
        "; a comment G1 X900",
        "",
        "  G1 X7 Y9",
        "G1\tX3",
        "N12 G1 X4 Y4*33",
        "G1 X  9 Y8",
        "SET_PRESSURE_ADVANCE ADVANCE=0.04",
        "g1 x900",
        "M104 S200",
        ";LAYER_CHANGE",
        "M486 S1",
    ]
)
programs = st.lists(st.one_of(moves, moves, moves, commands), max_size=40)


@given(program=programs, cut=st.integers(20, 400))
@REPEATABLE
def test_the_pass_agrees_with_a_plain_reading_line_by_line(program: list[str], cut: int) -> None:
    text = "\n".join(program).encode()
    full, _ = passed(text, cut=cut)
    slow = SlowPrinter()
    slow.run(text)
    assert full.seconds == pytest.approx(slow.seconds, rel=1e-6, abs=1e-6)
    assert full.moves == len(slow.moves)
    assert {tool: way for tool, way in full.farthest.items() if way} == pytest.approx(
        {tool: way for tool, way in slow.farthest.items() if way}, abs=1e-6
    )
    laid = [move for move in slow.moves if move.is_laying]
    for axis in range(3):
        if laid:
            places = [place for move in laid for place in (move.begin[axis], move.end[axis])]
            assert (full.laid.low[axis], full.laid.high[axis]) == pytest.approx((min(places), max(places)), abs=1e-6)
    assert full.first_laid == (laid[0].line if laid else None)
    assert full.lines == text.count(b"\n") + bool(text and not text.endswith(b"\n"))


@given(program=programs, cut=st.integers(12, 300))
@REPEATABLE
def test_however_a_file_is_cut_its_sections_are_the_same(program: list[str], cut: int) -> None:
    text = "\n".join(program).encode()
    (one, _), (other, _) = passed(text), passed(text, cut=cut)
    assert one.sections.count == other.sections.count
    for column in range(13):
        assert one.sections.column(column) == pytest.approx(other.sections.column(column), rel=1e-6, abs=1e-6)
    assert one.marks == other.marks
    assert one.heights == other.heights
    assert one.commands == other.commands


@given(
    text=st.one_of(st.binary(max_size=400), st.text("G10X.-;\n \tMEN*0123456789", max_size=400).map(str.encode)),
    cut=st.integers(1, 90),
)
@REPEATABLE
def test_no_bytes_make_it_fail(text: bytes, cut: int) -> None:
    full, _ = passed(text, cut=cut)
    assert full.seconds >= 0.0


def test_a_long_program_agrees_with_the_plain_reading() -> None:
    chance = random.Random(4)
    lines = ["M83", "M204 P1200 T2000"]
    for index in range(4000):
        x, y, e = chance.uniform(0, 200), chance.uniform(0, 200), chance.uniform(0, 1)
        lines.append(f"G1 X{x:.3f} Y{y:.3f} E{e:.5f} F{chance.randint(600, 9000)}")
        if index % 100 == 0:
            lines += [";LAYER_CHANGE", f"G1 Z{index / 500:.2f} F600", "G1 E-2 F2400"]
    text = "\n".join(lines).encode() + b"\n"
    slow = SlowPrinter()
    slow.run(text)
    for cut in (1 << 19, 7000):
        full, outline = passed(text, cut=cut)
        assert full.seconds == pytest.approx(slow.seconds, rel=1e-9)
        assert full.sections.column(4).sum() == pytest.approx(slow.seconds, rel=1e-9)
        assert len(full.marks["change"]) == len(outline.layer_offsets) == 40


# ------------------------------------------------------------------------------------------------------ cases told by hand


def seconds_of(*lines: str, limits: MotionLimits = CONFIG_A) -> float:
    return passed("\n".join(lines).encode(), limits=MotionLimits(**{n: getattr(limits, n) for n in limits.__slots__}))[
        0
    ].seconds


def test_an_empty_file_takes_no_time() -> None:
    full, outline = passed(b"")
    assert (full.seconds, full.lines, outline.lines_total) == (0.0, 0, 0)


@pytest.mark.parametrize(
    ("length", "acceleration", "speed", "seconds"),
    [(5, 1000, 100, 0.141421), (20, 1000, 100, 0.3), (100, 1500, 120, 0.913333)],
)
def test_a_move_from_rest_to_rest_is_a_triangle_or_a_trapezoid(
    length: float, acceleration: float, speed: float, seconds: float
) -> None:
    limits = MotionLimits(jerk=0.0, acceleration=acceleration, travel_acceleration=acceleration)
    assert seconds_of(f"G1 X{length} F{speed * 60}", limits=limits) == pytest.approx(seconds, abs=1e-6)


def test_a_square_takes_as_long_as_its_sides() -> None:
    square = ["G21", "G90", "G1 X10 Y10 F3000", "G1 X20 Y10", "G1 X20 Y20", "G1 X10 Y20", "G1 X10 Y10"]
    assert seconds_of(*square) == pytest.approx(1.432843 - 0.1, abs=1e-6)  # without its lift of half a millimetre


def test_dwells_are_counted_milliseconds_and_seconds() -> None:
    lines = ["G1 X10 Y10 F3000", "G4 P1000", "G1 X20", "G4 S2", "G1 Y20"]
    assert seconds_of(*lines) == pytest.approx(3.932843 - 0.1, abs=1e-6)


def test_filament_is_what_was_pushed_absolute_and_relative() -> None:
    text = b"G92 E0\nG1 X10 E5 F3000\nG1 X20 E10\nM83\nG1 X30 E2.5\nG1 X40 E3\n"
    assert passed(text)[0].farthest == {0: 15.5}


def test_relative_moves_make_the_extruder_relative_and_absolute_ones_absolute() -> None:
    assert passed(b"G91\nG1 X1 E5\nG1 X1 E5\nG90\nG1 X1 E12\n")[0].farthest == {0: 12.0}


def test_a_retraction_is_not_counted_twice() -> None:
    assert passed(b"M83\nG1 X9 E5\nG1 E-2\nG1 X1\nG1 E2\nG1 X5 E1\n")[0].farthest == {0: 6.0}


def test_a_circle_reaches_as_far_as_its_quadrants_and_is_as_long_as_its_arc() -> None:
    limits = MotionLimits(
        jerk=0.0, feedrate_x=10.0, feedrate_y=10.0, acceleration=1e9, travel_acceleration=1e9, axis_acceleration=1e9
    )
    full, _ = passed(b"G1 X50 Y30\nG2 X50 Y30 I0 J10 E5 F600\n", limits=limits)
    assert list(full.laid.low[:2]) == pytest.approx([40.0, 30.0])
    assert list(full.laid.high[:2]) == pytest.approx([60.0, 50.0])
    half, _ = passed(b"G1 X50 Y30\nM400\nG3 X50 Y50 R10 E5 F600\n", limits=limits)
    assert list(half.laid.high[:2]) == pytest.approx([60.0, 50.0])
    assert full.seconds - half.seconds == pytest.approx(3.14159, abs=5e-3)


def test_what_g92_makes_of_the_coordinates_is_taken_out_of_the_reach() -> None:
    full, _ = passed(b"G28\nG1 X100 F6000\nG92 X0\nG1 X10 E1\nG28 X\nG1 X5 E2\n")
    assert (full.laid.low[0], full.laid.high[0]) == (0.0, 110.0)


def test_heat_homing_and_commands_are_noted_with_their_lines() -> None:
    full, _ = passed(b"; head\nG28\nM140 S60\nM109 S215\nM104 S240\nG1 X5 E1 F600\nSTART_PRINT BED=60\n")
    assert (full.modal.first_home, full.modal.first_heat, full.first_laid) == (2, 4, 6)
    assert (full.modal.targets["nozzle"].celsius, full.modal.targets["nozzle"].line) == (240.0, 5)
    assert full.commands["START_PRINT"] == (1, 7)
    assert full.modal.heat_waits == 1


def test_layers_by_height_begin_where_plastic_is_laid_higher() -> None:
    text = b"M83\nG1 Z.2\nG1 X9 E1\nG1 Z1\nG1 Y9\nG1 Z.2\nG1 X1 E1\nG1 Z.4\nG1 X9 E1\n"
    assert len(passed(text)[0].heights) == 2


def test_the_densest_place_is_where_short_moves_are_fast() -> None:
    slow = "".join(f"G1 X{i % 2 * 100} E{i}\n" for i in range(64))
    fast = "".join(f"G1 X{i % 2 * 0.1:.1f} E{i / 1000:.3f}\n" for i in range(64))
    full, _ = passed(f"G1 F9000\nM82\n{slow}G92 E0\n{fast}{slow}".encode())
    assert full.demand.most_lines is not None
    assert 65 < full.demand.most_lines.line < 131


def test_a_line_of_junk_costs_nothing_but_itself() -> None:
    full, _ = passed(b"G1 X1\n%%% junk\n; comment\n\nG1 X2\nG1 X3\n")
    assert (full.lines, full.moves, full.commands["G1"][0]) == (6, 3, 3)


@pytest.mark.parametrize(
    ("line", "is_mark"),
    [
        (b";LAYER:10", True),
        (b"SET_PRINT_STATS_INFO CURRENT_LAYER=5", True),
        (b";LAYER_CHANGE", True),
        (b"; Layer 7", True),
        (b"SET_PRINT_STATS_INFO TOTAL_LAYER=5", False),
        (b";Z:0.4", False),
        (b"G1 Z0.4", False),
        (b"G1 X1 ;LAYER:3", False),
    ],
)
def test_layers_begin_at_the_marks_of_slicers_only(line: bytes, is_mark: bool) -> None:
    full, _ = passed(b"G1 X1\n" + line + b"\nG1 X2\n")
    assert any(full.marks.values()) == is_mark
