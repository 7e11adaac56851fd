"""Lines as columns: the numbers are those of `float`, the commands those of `line.prepare`, and odd lines are no exception."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.analysis.page import MOST, Page, code_of, command_from_code, read_page
from tests.support.property_settings import REPEATABLE


def page_of(*lines: str) -> Page:
    return read_page(("\n" + "\n".join(lines) + "\n").encode())


def value(page: Page, letter: str, row: int = 0) -> float:
    return float(page.columns[letter][row])


@given(
    whole=st.integers(0, 99_999_999),
    part=st.text("0123456789", max_size=8),
    sign=st.sampled_from(["", "-"]),
    has_dot=st.booleans(),
)
@REPEATABLE
def test_a_number_is_the_one_that_float_makes(whole: int, part: str, sign: str, has_dot: bool) -> None:
    text = f"{sign}{whole}" + (f".{part}" if has_dot else "")
    if len(f"{whole}{part}") <= 15:  # both together fit into a double
        assert value(page_of(f"G1 X{text} Y5"), "X") == float(text)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("-.5", -0.5),
        (".25", 0.25),
        ("7.", 7.0),
        ("+3", 3.0),
        ("1234567890.5", MOST),
        ("0.123456789012", 0.123456789012),
    ],
)
def test_unusual_numbers_are_read_too(text: str, number: float) -> None:
    assert value(page_of(f"G1 X{text}"), "X") == pytest.approx(number)


@pytest.mark.parametrize("text", ["", "-", ".", "-.", "--1"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert math.isnan(value(page_of(f"G1 X{text} Y2"), "X"))


def test_rows_are_the_lines_that_carry_something() -> None:
    page = page_of("; head", "", "G28", "G1 X1 ; X9", "  ", "M117 Hello")
    assert [int(line) for line in page.lines] == [2, 3, 5]
    assert [command_from_code(int(code)) for code in page.codes] == [b"G28", b"G1", b"M117"]
    assert value(page, "X", 1) == 1.0
    assert [int(length) for length in page.lengths] == [3, 6, 10]


@pytest.mark.parametrize(
    "line", ["  G1 X4", "G1\tX4", "N7 G1 X4*12", "G 1 X4", "G01X4", "G1  X4", "g1 x4", "G1 X 4", "G1 Y2 (x) X4"]
)
def test_an_odd_line_is_read_by_the_rules_of_what_is_sent(line: str) -> None:
    page = page_of("G1 X0", line, "G1 X9")
    assert command_from_code(int(page.codes[1])) == b"G1"
    if line != "g1 x4":  # its letters are no words
        assert value(page, "X", 1) == 4.0
    assert value(page, "X", 2) == 9.0


def test_macros_have_a_name_and_no_code() -> None:
    page = page_of("START_PRINT BED=60", "G1 X1")
    assert (int(page.codes[0]), page.names) == (0, {0: b"START_PRINT"})


@given(text=st.binary(max_size=300))
@REPEATABLE
def test_any_bytes_make_a_page(text: bytes) -> None:
    page = read_page(b"\n" + re.sub(rb"\r", b"\n", text) + b"\n")
    assert len(page.lines) == len(page.starts) == len(page.codes) == len(page.lengths)
    assert all(len(column) == len(page.codes) for column in page.columns.values())


@pytest.mark.parametrize("command", [b"G1", b"M486", b"T0", b"G92"])
def test_a_code_is_the_command_again(command: bytes) -> None:
    assert command_from_code(code_of(command)) == command


@pytest.mark.parametrize("command", [b"", b"G", b"PAUSE", b"M1234567"])
def test_what_is_no_command_has_no_code(command: bytes) -> None:
    assert code_of(command) == 0
