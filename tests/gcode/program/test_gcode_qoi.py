"""QOI to PNG: every kind of chunk, against a decoder of PNG that is only a few lines."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.program.qoi import png_from_qoi
from tests.support.property_settings import REPEATABLE

END = bytes(7) + b"\1"


def qoi(width: int, height: int, chunks: bytes, *, channels: int = 4) -> bytes:
    return struct.pack(">4sIIBB", b"qoif", width, height, channels, 0) + chunks + END


def pixels_of(png: bytes) -> tuple[int, int, list[tuple[int, ...]]]:
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack_from(">II", png, 16)
    start = png.index(b"IDAT")
    (length,) = struct.unpack_from(">I", png, start - 4)
    assert struct.unpack_from(">I", png, start + 4 + length)[0] == zlib.crc32(png[start : start + 4 + length])
    rows = zlib.decompress(png[start + 4 : start + 4 + length])
    stride = 4 * width + 1
    assert len(rows) == stride * height and not any(rows[::stride])
    body = b"".join(rows[row * stride + 1 : (row + 1) * stride] for row in range(height))
    return width, height, [tuple(body[at : at + 4]) for at in range(0, len(body), 4)]


def test_every_kind_of_chunk_is_understood() -> None:
    chunks = bytes([0xFE, 10, 20, 30])  # RGB
    chunks += bytes([0b01_11_10_01])  # DIFF: +1, 0, -1
    chunks += bytes([0b10_100101, 0b1001_0110])  # LUMA: green +5, red +5 + 1, blue +5 - 2
    chunks += bytes([0xFF, 1, 2, 3, 4])  # RGBA
    chunks += bytes([(10 * 3 + 20 * 5 + 30 * 7 + 255 * 11) % 64])  # INDEX of the first
    chunks += bytes([0b11_000010])  # RUN of three
    expected = [(10, 20, 30, 255), (11, 20, 29, 255), (17, 25, 32, 255), (1, 2, 3, 4), *[(10, 20, 30, 255)] * 4]
    assert pixels_of(png_from_qoi(qoi(4, 2, chunks))) == (4, 2, expected)


def test_bytes_wrap_around() -> None:
    chunks = bytes([0xFE, 0, 255, 1, 0b01_00_11_00])  # DIFF: -2, +1, -2
    assert pixels_of(png_from_qoi(qoi(2, 1, chunks)))[2][1] == (254, 0, 255, 255)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"qoif",
        qoi(0, 5, b""),
        qoi(70000, 70000, b""),
        qoi(2, 2, b"", channels=7),
        b"nope" + qoi(1, 1, b"\xfe123")[4:],
        qoi(50, 50, b"\xfe\1\2\3")[:-8],
    ],
)
def test_what_is_damaged_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):
        png_from_qoi(data)


@given(width=st.integers(1, 30), height=st.integers(1, 30), body=st.binary(max_size=400))
@REPEATABLE
def test_any_bytes_are_a_picture_or_refused(width: int, height: int, body: bytes) -> None:
    try:
        assert pixels_of(png_from_qoi(qoi(width, height, body)))[:2] == (width, height)
    except ValueError:
        pass
