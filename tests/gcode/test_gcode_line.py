from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hydrogen.errors import LineRefused
from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.line import MAX_BODY_BYTES, MAX_LINE_BYTES, command_of, prepare

scraps = st.sampled_from(
    [
        b"G1",
        b"M117",
        b"M110",
        b"M118",
        b"M",
        b"N5",
        b"*12",
        b"*",
        b" ",
        b"\t",
        b";",
        b"\\",
        b"\r",
        b"\n",
        b"\x00",
        b"M486",
        b"\xc3\xa4",
        b"\xff",
        b"X1.5",
        b"0",
        b"110",
        b"abc",
        b"\xef\xbb\xbf",
        b"N",
        b"-7",
        b"(",
        b"m110",
        b"x" * 40,
        b"\x0b",
    ]
)
raw_lines = st.lists(scraps | st.binary(max_size=6), max_size=12).map(b"".join)


@pytest.mark.parametrize(
    ("raw", "prepared"),
    [
        (b"G1 X1 Y-2.5 E.05934\n", b"G1 X1 Y-2.5 E.05934"),
        (b"G1 X1 Y2\r\n", b"G1 X1 Y2"),
        (b"G1 X1 Y2   ", b"G1 X1 Y2"),
        (b"\tG1\tX1 ; to the side\n", b"G1 X1"),
        (b"M104 S200;heat", b"M104 S200"),
        (b"N7 M105*38", b"M105"),
        (b"N7M105*38 ", b"M105"),
        (b"N1 N2 M105*3*4", b"M105"),
        (b"M105*121", b"M105"),
        (b"m105", b"m105"),
        (b"g1 x1", b"g1 x1"),
        (b"\xef\xbb\xbfG28\r\n", b"G28"),
        (b"M117 5*3 = 15", b"M117 5*3 = 15"),
        (b"M117 5*3", b"M117 5*3"),
        (b"N5 M117 5*3*77", b"M117 5*3"),
        (b"*12", b"*12"),
        (b"EXCLUDE_OBJECT NAME=a*2", b"EXCLUDE_OBJECT NAME=a*2"),
        (b"(comment) M105", b"(comment) M105"),
    ],
)
def test_prepare_keeps_the_command_alone(raw: bytes, prepared: bytes) -> None:
    assert prepare(raw) == prepared


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\r\n", b"   ", b"\t", b"; only a comment", b" ;", b"N5", b"N5*12", b"N5 ; x"]
)
def test_lines_that_earn_no_ok_are_dropped(raw: bytes) -> None:
    assert prepare(raw) is None


@pytest.mark.parametrize("raw", [b"M110", b"M110 N0", b"N0 M110 N0*125", b"M110N5", b"M 110 N3", b"M0110", b"m110 N4"])
def test_line_number_commands_are_swallowed_however_they_are_written(raw: bytes) -> None:
    assert prepare(raw) is None


@pytest.mark.parametrize(
    ("raw", "mended"),
    [
        (b"M117 PRINTING M110 Nice", b"M117 PRINTING"),
        ("M117 Grüße".encode(), b"M117 Gr??e"),
        (b"M117 caf\xe9", b"M117 caf?"),
        (b"M118 a\x07b", b"M118 a?b"),
        ("M486 AWürfel.stl".encode(), b"M486 AW?rfel.stl"),
        (b"M0 Change the filament, please\x00", b"M0 Change the filament, please?"),
        (b"M117 " + b"x" * 200, b"M117 " + b"x" * (MAX_BODY_BYTES - 5)),
        (b"M117 50\\% done", b"M117 50% done"),
        (b"M117 M110", b"M117"),
    ],
)
def test_texts_for_people_are_mended(raw: bytes, mended: bytes) -> None:
    assert prepare(raw) == mended


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"G1 X1 M110", "hides_m110"),
        (b"M1101", "hides_m110"),
        ("M23 würfel.g".encode(), "not_ascii"),
        (b"G1 X\xb2", "not_ascii"),
        (b"G1 X1\x00", "control_character"),
        (b"G1 X1\rG1 X2", "control_character"),
        (b"G1 \x08X1", "control_character"),
        (b"G1 " + b"X1.0 " * 17, "too_long"),
        (b"M16 " + "Größe".encode(), "not_ascii"),
    ],
)
def test_other_commands_are_refused_with_a_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(LineRefused) as caught:
        prepare(raw)
    assert caught.value.details["reason"] == reason
    assert caught.value.code == "line_refused"
    assert isinstance(caught.value.details["line"], str)


def test_a_backslash_goes_because_the_firmware_drops_it_before_it_sums_up() -> None:
    assert prepare(b"M118 a\\b") == b"M118 ab"
    assert prepare(b"M32 /a\\/b#") == b"M32 /a/b#"


def test_a_long_comment_does_not_make_a_line_too_long() -> None:
    assert prepare(b"G1 X1 ;" + b"c" * 500) == b"G1 X1"


def test_the_longest_line_with_the_longest_number_fits_the_firmware() -> None:
    body = prepare(b"G1 " + b"X" * (MAX_BODY_BYTES - 3))
    assert body is not None
    assert len(numbered(9_999_999, body)) - 1 <= MAX_LINE_BYTES
    assert prepare(b"G1 X1" + b"0" * (MAX_BODY_BYTES - 5)) == b"G1 X1" + b"0" * (MAX_BODY_BYTES - 5)
    with pytest.raises(LineRefused):
        prepare(b"G1 X1" + b"0" * (MAX_BODY_BYTES - 4))


@given(raw_lines)
@example(b"N1 M117 a*5*6")
@example(b"G1 X1*5*6")
@example(b"N1 *5")
def test_what_prepare_gives_can_be_sent_and_is_prepared_already(raw: bytes) -> None:
    try:
        prepared = prepare(raw)
    except LineRefused:
        return
    if prepared is None:
        return
    assert prepare(prepared) == prepared
    assert 0 < len(prepared) <= MAX_BODY_BYTES
    assert all(32 <= byte < 127 for byte in prepared)
    assert b"M110" not in prepared
    assert b";" not in prepared
    assert b"\\" not in prepared


@pytest.mark.parametrize(
    ("body", "command"),
    [
        (b"G1 X10", b"G1"),
        (b"G1X10", b"G1"),
        (b"G01 X10", b"G1"),
        (b"G00", b"G0"),
        (b"M109S200", b"M109"),
        (b"M 110 N3", b"M110"),
        (b"T0", b"T0"),
        (b"T12 F100", b"T12"),
        (b"T?", b"T?"),
        (b"G28.1", b"G28"),
        (b"m105", b"M105"),
        (b"SET_VELOCITY_LIMIT ACCEL=1", b"SET_VELOCITY_LIMIT"),
        (b"*12", b""),
        (b"", b""),
    ],
)
def test_command_of_reads_the_name_as_the_firmware_does(body: bytes, command: bytes) -> None:
    assert command_of(body) == command


@given(st.binary(max_size=40))
def test_command_of_takes_any_bytes(body: bytes) -> None:
    assert isinstance(command_of(body), bytes)
