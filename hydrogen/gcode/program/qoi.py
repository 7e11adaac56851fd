"""Pictures in the Quite OK Image format, made into PNG, which every browser shows. Format: qoiformat.org, version 1.0."""

from __future__ import annotations

import struct
import zlib

MOST_PIXELS = 1 << 20
"""A thumbnail of 1,024 by 1,024; decoding one takes a second."""

_HEADER = struct.Struct(">4sIIBB")
_MAGIC = b"qoif"


def png_from_qoi(data: bytes) -> bytes:
    """Raises ValueError for what is damaged or too large; ends early pictures stay black below."""
    if len(data) < _HEADER.size:
        raise ValueError("no head")
    magic, width, height, channels, _ = _HEADER.unpack_from(data)
    if magic != _MAGIC or channels not in (3, 4) or not 0 < width * height <= MOST_PIXELS:
        raise ValueError("no picture of a size that is shown")
    return encode_png(_pixels(data, width * height), width, height)


def encode_png(pixels: bytes, width: int, height: int) -> bytes:
    """RGBA, four bytes a pixel, row by row."""
    stride = 4 * width
    rows = b"".join(b"\0" + pixels[start : start + stride] for start in range(0, stride * height, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _pixels(data: bytes, count: int) -> bytes:
    """The picture as RGBA. Raises ValueError when it ends too soon."""
    out = bytearray()
    seen = [b"\0\0\0\0"] * 64
    pixel = b"\0\0\0\xff"
    at, end = _HEADER.size, 4 * count
    try:
        while len(out) < end:
            tag = data[at]
            at += 1
            kind = tag >> 6
            if tag >= 0xFE:  # QOI_OP_RGB, QOI_OP_RGBA
                size = tag - 0xFE + 3
                pixel = data[at : at + size] + pixel[size:]
                at += size
            elif kind == 0:  # QOI_OP_INDEX
                pixel = seen[tag]
            elif kind == 1:  # QOI_OP_DIFF
                pixel = _moved(pixel, (tag >> 4 & 3) - 2, (tag >> 2 & 3) - 2, (tag & 3) - 2)
            elif kind == 2:  # QOI_OP_LUMA
                green, second = (tag & 63) - 32, data[at]
                at += 1
                pixel = _moved(pixel, green + (second >> 4) - 8, green, green + (second & 15) - 8)
            else:  # QOI_OP_RUN
                out += pixel * (tag & 63)
            red, green_now, blue, alpha = pixel
            seen[(red * 3 + green_now * 5 + blue * 7 + alpha * 11) % 64] = pixel
            out += pixel
    except (IndexError, ValueError):
        raise ValueError("it ends too soon") from None
    return bytes(out[:end])


def _moved(pixel: bytes, red: int, green: int, blue: int) -> bytes:
    return bytes((pixel[0] + red & 255, pixel[1] + green & 255, pixel[2] + blue & 255, pixel[3]))
