"""The encoder, against hand-made bytes and against the virtual printer's own decoder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.meatpack import KEEP_BLANKS, TURN_OFF, TURN_ON, PackingReport, pack, parse_report
from hydrogen_simulators.firmware.meatpack import MeatPackDecoder
from tests.support.link_bench import moves

printable_lines = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=95).map(
    lambda text: text.encode() + b"\n"
)
gcode_lines = st.text("0123456789. GXYZEFMNT-*", max_size=95).map(lambda text: text.encode() + b"\n")


def unpacked(data: bytes) -> bytes:
    said: list[str] = []
    decoder = MeatPackDecoder(said.append)
    for byte in TURN_ON + KEEP_BLANKS:
        decoder.feed(byte)
    said.clear()
    text = b"".join(decoder.feed(byte) for byte in data)
    assert not said, "the packed line contains a command"
    return text


@pytest.mark.parametrize(
    ("line", "packed"),
    [
        (b"\n", b"\x0c"),
        (b"G1\n", b"\x1d\x0c"),
        (b"G\n", b"\xcd"),
        (b"M1\n", b"\x1fM\x0c"),
        (b"1M\n", b"\xf1M\x0c"),
        (b"MY\n", b"\xffMY\x0c"),
        (b"Y\n", b"\xcfY"),
        (b"G1 X5\n", b"\x1d\xeb\xc5"),
    ],
)
def test_known_bytes(line: bytes, packed: bytes) -> None:
    assert pack(line) == packed


@given(line=printable_lines | gcode_lines)
def test_decoder_of_the_printer_reads_back_every_line(line: bytes) -> None:
    assert unpacked(pack(line)) == line


@given(lines=st.lists(printable_lines | gcode_lines, max_size=20))
def test_lines_one_after_the_other_stay_in_step(lines: list[bytes]) -> None:
    assert unpacked(b"".join(map(pack, lines))) == b"".join(lines)


@given(line=printable_lines | gcode_lines)
def test_packed_line_never_contains_a_command_nor_grows_beyond_half_as_much_again(line: bytes) -> None:
    packed = pack(line)
    assert b"\xff\xff" not in packed
    assert len(packed) <= (3 * len(line) + 1) // 2


def test_moves_shrink_to_less_than_two_thirds() -> None:
    frames = [numbered(5000 + i, body) for i, body in enumerate(moves(500))]
    assert sum(len(pack(frame)) for frame in frames) * 1.5 < sum(map(len, frames))


@pytest.mark.parametrize("line", [b"", b"G1", b"G1\nG2\n", b"M117 gr\xc3\xbcn\n", b"\xff\xff\xfb\n"])
def test_what_is_not_one_line_is_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="one ASCII line"):
        pack(line)


def test_reports_are_read_and_damaged_ones_are_not() -> None:
    assert parse_report("[MP] PV01 ON ESP") == PackingReport(1, True, True)
    assert parse_report("[MP] PV01 OFF NSP\r") == PackingReport(1, False, False)
    for text in ("[MP] PV01 ON", "[MP] PV01 OM ESP", "x[MP] PV01 ON ESP", "", "[MP] PV ON ESP"):
        assert parse_report(text) is None


def test_commands_are_what_the_printer_obeys() -> None:
    said: list[str] = []
    decoder = MeatPackDecoder(said.append)
    for byte in TURN_ON + KEEP_BLANKS + TURN_OFF:
        decoder.feed(byte)
    assert [parse_report(text) for text in said] == [
        PackingReport(1, True, True),
        PackingReport(1, True, True),
        PackingReport(1, False, True),
    ]
