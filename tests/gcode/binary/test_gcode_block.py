"""Blocks are believed when their checksum, their sizes and their kinds are in order."""

from __future__ import annotations

import io

import pytest

from hydrogen.gcode.binary.block import LARGEST_BLOCK_BYTES, BlockType, blocks_of
from hydrogen.gcode.binary.heatshrink import Damaged
from tests.gcode.binary.encoder import (
    DEFLATE,
    FILE,
    GCODE,
    HEATSHRINK_11,
    HEATSHRINK_12,
    PLAIN,
    block,
    file_of,
    thumbnail,
)

TEXT = b"G1 X1 Y1\n" * 300
SOUND = file_of(block(FILE, b"Producer=x\n"), block(GCODE, TEXT, compression=DEFLATE))


def read(data: bytes) -> list[tuple[BlockType, bytes]]:
    return [(one.type, one.data) for one in blocks_of(io.BytesIO(data).read)]


@pytest.mark.parametrize("compression", [PLAIN, DEFLATE, HEATSHRINK_11, HEATSHRINK_12])
@pytest.mark.parametrize("has_checksums", [True, False])
def test_blocks_are_read_whatever_their_compression(compression: int, has_checksums: bool) -> None:
    body = block(GCODE, TEXT, compression=compression, has_checksum=has_checksums)
    assert read(file_of(body, body, has_checksums=has_checksums)) == [(BlockType.GCODE, TEXT)] * 2


def test_a_thumbnail_has_its_own_parameters_and_unknown_types_are_left_out() -> None:
    [found] = blocks_of(io.BytesIO(file_of(thumbnail(b"PNG", 16, 8, picture_format=2), block(77, b"x"))).read)
    assert (found.type, found.encoding, found.width, found.height, found.data) == (
        BlockType.THUMBNAIL,
        2,
        16,
        8,
        b"PNG",
    )


@pytest.mark.parametrize("cut", [*range(10), *range(11, 31), *range(len(SOUND) - 40, len(SOUND))])
def test_a_file_that_is_cut_off_is_damaged(cut: int) -> None:
    with pytest.raises(Damaged):
        read(SOUND[:cut])


@pytest.mark.parametrize("place", range(10, len(SOUND)))
def test_no_byte_of_a_block_can_change_unseen(place: int) -> None:
    with pytest.raises(Damaged):
        read(SOUND[:place] + bytes([SOUND[place] ^ 0x41]) + SOUND[place + 1 :])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"G28\n",
        file_of(version=2),
        b"GCDE\x01\0\0\0\x07\0",
        file_of(block(GCODE, TEXT, compression=DEFLATE, size=len(TEXT) - 1)),
        file_of(block(GCODE, TEXT, compression=DEFLATE, size=len(TEXT) + 1)),
        file_of(block(GCODE, TEXT, compression=HEATSHRINK_12, size=len(TEXT) + 10)),
        file_of(block(GCODE, b"", compression=9)),
        file_of(block(GCODE, b"x", size=LARGEST_BLOCK_BYTES + 1)),
        file_of(block(GCODE, bytes(LARGEST_BLOCK_BYTES + 1), compression=DEFLATE)),
        file_of(block(GCODE, bytes(1 << 20), compression=DEFLATE, size=100)),
    ],
)
def test_what_is_no_such_file_or_lies_about_its_size_is_damaged(data: bytes) -> None:
    with pytest.raises(Damaged):
        read(data)
