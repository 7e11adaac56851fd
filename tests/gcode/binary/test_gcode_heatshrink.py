"""What heatshrink's own compressor makes is taken apart, and nothing else does harm."""

from __future__ import annotations

import random

import heatshrink2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.binary.heatshrink import Damaged, unshrunk
from tests.support.property_settings import REPEATABLE


@REPEATABLE
@given(
    st.one_of(st.binary(max_size=600), st.text("G1 X.05\n", max_size=600).map(str.encode)), st.sampled_from([11, 12])
)
def test_any_content_comes_back(content: bytes, window_bits: int) -> None:
    packed = heatshrink2.encode(content, window_sz2=window_bits, lookahead_sz2=4)
    assert unshrunk(packed, len(content), window_bits=window_bits) == content


@pytest.mark.parametrize("size", range(1, 40))
def test_zeros_may_be_taken_from_before_the_beginning(size: int) -> None:
    packed = heatshrink2.encode(bytes(size), window_sz2=11, lookahead_sz2=4)
    assert unshrunk(packed, size, window_bits=11) == bytes(size)


def test_content_larger_than_the_window_comes_back() -> None:
    numbers = random.Random(5)
    content = b"".join(
        b"G1 X%d Y%d E.0%d\n" % (numbers.randrange(200), number % 7, number % 3) for number in range(4000)
    )
    packed = heatshrink2.encode(content, window_sz2=12, lookahead_sz2=4)
    assert len(packed) < len(content) / 2
    assert unshrunk(packed, len(content), window_bits=12) == content


@REPEATABLE
@given(st.binary(max_size=100), st.integers(0, 500))
def test_noise_gives_so_many_bytes_or_is_damaged(noise: bytes, size: int) -> None:
    try:
        assert len(unshrunk(noise, size, window_bits=12)) == size
    except Damaged:
        pass


def test_what_is_cut_off_or_holds_more_than_it_says_is_damaged() -> None:
    packed = heatshrink2.encode(b"G28\n" * 50, window_sz2=11, lookahead_sz2=4)
    for data, size in ((packed[:-1], 200), (packed, 203), (packed, 190), (b"\x00\x00\x00\x00", 10), (b"", 1)):
        with pytest.raises(Damaged):
            unshrunk(data, size, window_bits=11)
