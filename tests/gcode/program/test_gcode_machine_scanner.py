"""Blocks at C speed come to the state that line-by-line reading comes to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import prepare
from hydrogen.gcode.program.machine_scanner import MachineScanner
from hydrogen.gcode.program.machine_state import Machine, MachineState
from tests.support.property_settings import REPEATABLE


def by_lines(text: bytes) -> MachineState:
    machine = Machine()
    for raw in text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"):
        try:
            body = prepare(raw)
        except LineRefused:
            continue
        if body:
            machine.obey(body)
    return machine.snapshot()


def by_blocks(text: bytes, sizes: Iterator[int]) -> MachineState:
    scanner, lines = MachineScanner(), text.splitlines(keepends=True)
    while lines:
        count = next(sizes, len(lines))
        scanner.feed(b"".join(lines[:count]))
        lines = lines[count:]
    return scanner.state


def assert_same(found: MachineState, expected: MachineState) -> None:
    for name in MachineState.__slots__:
        one, other = getattr(found, name), getattr(expected, name)
        assert one == other or one == pytest.approx(other, abs=1e-6), name


numbers = st.one_of(
    st.integers(-50, 300).map(str),
    st.decimals(-9, 250, places=3).map(str),
    st.sampled_from([".5", "-.25", "0", "-0", "5.", "00.10", "+3"]),
)
words = st.lists(st.tuples(st.sampled_from("XYZEFIJR"), numbers), max_size=5, unique_by=lambda word: word[0])


@st.composite
def moves(draw: st.DrawFn) -> str:
    gap = draw(st.sampled_from([" ", " ", " ", "", "  "]))
    letters = gap.join(f"{letter}{number}" for letter, number in draw(words))
    return draw(st.sampled_from(["G0 ", "G1 ", "G1 ", "G1", "G01 ", "G2 ", "G3 ", "G5 ", "N7 G1 "])) + letters


others = st.sampled_from(
    [
        "G90",
        "G91",
        "G90",
        "M82",
        "M83",
        "M83",
        "G20",
        "G21",
        "G21",
        "G28",
        "G28 X Y",
        "G92 E0",
        "G92 E5",
        "G92 X1 Y2",
        "G92 Z0",
        "G92",
        "G92.1",
        "G54",
        "T0",
        "T1",
        "M84",
        "M84 S5",
        "M104 S200",
        "M109 R190 T1",
        "M140 S60",
        "M106 S128",
        "M106 P2",
        "M107",
        "M220 S120",
        "M221 S90",
        "G10",
        "G11",
        "G29",
        "M420 S1",
        "M204 S500",
        "M204 P1 T2",
        "M900 K.1",
        "M73 P5 R9",
        "M117 X5 Z7 E9",
        "; G1 X9 Z9 E9",
        ";LAYER_CHANGE",
        "",
        "   ",
        "M486 S1",
        "g1 x5",
        "EXCLUDE NAME=Z5 E1",
        "G1 X5 ; to Z9",
        "G1X7;E2",
        "M600",
        "G12",
        "G1 X",
        "G1 Z",
        "G1 X Y3",
        "G4 P5",
        "G1 E2 X5",
        "G1 F0",
    ]
)
texts = st.tuples(
    st.lists(st.one_of(moves(), moves(), others), max_size=60), st.sampled_from(["\n", "\r\n", "\r", "\n"])
).map(lambda parts: "".join(line + parts[1] for line in parts[0]).encode())


@REPEATABLE
@given(text=texts, sizes=st.lists(st.integers(1, 20)), is_relative=st.booleans())
def test_blocks_and_lines_come_to_the_same_state(text: bytes, sizes: list[int], is_relative: bool) -> None:
    text = b"M83\nG92 E0\n" * is_relative + text
    assert_same(by_blocks(text, iter(sizes)), by_lines(text))


def sliced(layers: int = 40, moves_per_layer: int = 500) -> bytes:
    """What a slicer writes, in small."""
    lines = ["M104 S210", "G28", "M109 S210", "G90", "M83", "G92 E0"]
    for layer in range(1, layers + 1):
        lines += [";LAYER_CHANGE", f";Z:{layer * 0.2:.1f}", "M73 P1 R5", "G1 E-2 F2400", f"G1 Z{layer * 0.2 + 0.4:.1f}"]
        lines += ["G1 X60 Y60 F7800", f"G1 Z{layer * 0.2:.1f}", "G1 E2 F2400", ";TYPE:Perimeter", "G1 F1800"]
        lines += [f"G1 X{60 + n * 37 % 101:.3f} Y{60 + n * 53 % 97:.3f} E.0{n % 9 + 1}" for n in range(moves_per_layer)]
    return "\n".join([*lines, "M107", ""]).encode()


def test_sliced_file_is_read_as_line_by_line_at_every_layer() -> None:
    text = sliced(6, 20)
    for end in [place for place in range(len(text)) if text[place - 1 : place] == b"\n"]:
        assert_same(by_blocks(text[:end], iter([])), by_lines(text[:end]))


def test_scanning_takes_a_fraction_of_reading_line_by_line() -> None:
    # A ratio within one run: what else the machine does hits both alike.
    text = sliced()
    rounds = [(_seconds_of(lambda: MachineScanner().feed(text)), _seconds_of(lambda: by_lines(text))) for _ in range(5)]
    scanned, line_by_line = (min(one) for one in zip(*rounds, strict=True))
    assert scanned < 0.25 * line_by_line, rounds


def _seconds_of(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
