"""Packed text reads as it was written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.binary.heatshrink import Damaged
from hydrogen.gcode.binary.packed_text import TextUnpacker
from tests.gcode.binary.encoder import meatpacked
from tests.support.property_settings import REPEATABLE

LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [b"G28", b"G1 X10.5 Y20.25 E.5 F1800", b"G1 X1 E-.8", b"M104 S0", b"M117 Hi, E X 1", b"T0", b";TYPE:Custom"]
        ),
        st.text("GMXE0123. ;ä-", min_size=1, max_size=20).filter(lambda t: not t.startswith("G")).map(str.encode),
    ),
    max_size=12,
)


@REPEATABLE
@given(LINES)
def test_whatever_the_lines_are_they_come_back(lines: list[bytes]) -> None:
    text = b"".join(line + b"\n" for line in lines)
    assert TextUnpacker().unpack(meatpacked(text)) == text


def test_what_is_turned_on_stays_on_from_block_to_block() -> None:
    unpacker = TextUnpacker()
    assert unpacker.unpack(b"; plain\n") == b"; plain\n"
    packed = meatpacked(b"G1 X1\nG1 E2\n")
    assert unpacker.unpack(packed) == b"G1 X1\nG1 E2\n"
    assert unpacker.unpack(packed[6:]) == b"G1 X1\nG1 E2\n"
    assert unpacker.unpack(b"\xff\xff\xf9; plain\n") == b"; plain\n"
    assert unpacker.unpack(b"\xff\xff\xfb\xff\xff\xf6\x1d\xeb\xcc") == b"G1 X\n"


@pytest.mark.parametrize("data", [b"\xff\xff\xfb\x1f", b"\xff\xff\xfb\xf1", b"\xff\xff\xfb\xffM"])
def test_a_line_that_is_cut_off_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        TextUnpacker().unpack(data)
