"""gzip is taken apart at any border, and no more comes out than was asked for."""

from __future__ import annotations

import gzip
import zlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.errors import FileRejected
from hydrogen.files import gunzip as gunzip_module
from hydrogen.files.gunzip import BLOCK_BYTES, Gunzip
from tests.support.property_settings import REPEATABLE

TEXT = b"".join(b"G1 X%d Y%d E0.0%d\n" % (number % 200, number % 150, number % 90) for number in range(3000))
PACKED = gzip.compress(TEXT, mtime=0)


def unpacked(*chunks: bytes) -> bytes:
    gunzip = Gunzip("a.gcode.gz")
    content = b"".join(block for chunk in chunks for block in gunzip.feed(chunk))
    gunzip.finish()
    return content


@REPEATABLE
@given(st.lists(st.integers(0, len(PACKED)), max_size=8))
def test_it_unpacks_whatever_the_chunks_are(borders: list[int]) -> None:
    edges = [0, *sorted(borders), len(PACKED)]
    assert unpacked(*(PACKED[begin:end] for begin, end in pairwise(edges))) == TEXT


def test_members_follow_one_another_and_zeros_may_follow_the_last() -> None:
    assert unpacked(PACKED + PACKED[:20], PACKED[20:] + bytes(700)) == TEXT + TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"G28\n",
        PACKED[:-1],
        PACKED[:100],
        PACKED[:-8] + bytes(8),
        PACKED[:500] + b"\xff\xff\xff" + PACKED[503:],
        PACKED + b"trailing",
        zlib.compress(TEXT),
    ],
)
def test_what_is_damaged_or_cut_off_is_rejected(data: bytes) -> None:
    with pytest.raises(FileRejected) as caught:
        unpacked(data)
    assert caught.value.details["reason"] == "damaged"


def test_a_bomb_is_rejected_before_it_goes_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunzip_module, "RATIO_FROM_BYTES", 2 << 20)
    bomb = gzip.compress(bytes(64 << 20))
    gunzip = Gunzip("bomb.gcode.gz")
    given_bytes = 0
    with pytest.raises(FileRejected) as caught:
        for block in gunzip.feed(bomb):
            assert len(block) <= BLOCK_BYTES
            given_bytes += len(block)
    assert caught.value.details["reason"] == "bomb"
    assert given_bytes <= 16 << 20
