r"""Pictures that slicers put into the head of a file, as comments in base64.

`; thumbnail begin 220x124 12345`, lines of `; ` and base64, `; thumbnail end` (PrusaSlicer Thumbnails.hpp; OrcaSlicer,
SuperSlicer and Cura's post-processing script do the same); `thumbnail_JPG` and `thumbnail_QOI` name another format. What a
picture is, its first bytes tell, not the comment; what does not look like one of the three, whole, is left out with a note.
"""

from __future__ import annotations

import binascii
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from hydrogen.gcode.program.qoi import png_from_qoi

MOST_THUMBNAILS = 12
MOST_BYTES = 1 << 20
"""Of one picture."""

MOST_SIDE = 4096
"""Pixels."""

_blocks = re.compile(
    rb"\n;[ \t]*thumbnail(?:_(?:PNG|JPG|QOI))? begin[ \t]+(\d{1,5})[x ](\d{1,5})[^\n]*"
    rb"((?:\n;[ \t]*[A-Za-z0-9+/=]*[ \t]*(?=\n))*+)"
    rb"\n;[ \t]*thumbnail(?:_(?:PNG|JPG|QOI))? end"
)
_begins = re.compile(rb"\n;[ \t]*thumbnail(?:_(?:PNG|JPG|QOI))? begin")
_not_base64 = re.compile(rb"[^A-Za-z0-9+/=]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Thumbnail:
    """A picture as browsers take it. form: how the file holds it; media: of `data`."""

    width: int
    height: int
    form: str
    media: str
    data: bytes


def find_thumbnails(head: bytes) -> tuple[list[Thumbnail], list[str]]:
    """The pictures in the beginning of a file, in its order, and what was left out, in sentences."""
    text = b"\n" + (head.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in head else head)
    found: list[Thumbnail] = []
    notes: list[str] = []
    for number, block in enumerate(_blocks.finditer(text), 1):
        if len(found) >= MOST_THUMBNAILS:
            notes.append(f"more than {MOST_THUMBNAILS} thumbnails: the rest is left out")
            break
        try:
            found.append(_thumbnail(block[3]))
        except ValueError as error:
            notes.append(f"thumbnail {number} ({int(block[1])}x{int(block[2])}) is left out: {error}")
    broken = len(_begins.findall(text)) - sum(1 for _ in _blocks.finditer(text))
    if broken > 0:
        notes.append(f"{broken} thumbnails have no end, and are left out")
    return found, notes


def _thumbnail(block: bytes) -> Thumbnail:
    """Raises ValueError."""
    text = _not_base64.sub(b"", block)
    if len(text) > MOST_BYTES * 4 // 3:
        raise ValueError(f"larger than {MOST_BYTES >> 10} KiB")
    try:
        data = binascii.a2b_base64(text)
    except binascii.Error:
        raise ValueError("it is no base64") from None
    for form, sizes in (("png", _png_size(data)), ("jpg", _jpg_size(data)), ("qoi", _qoi_size(data))):
        for width, height in sizes:
            if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE):
                raise ValueError(f"{width}x{height} pixels")
            if form == "qoi":
                return Thumbnail(width=width, height=height, form=form, media="image/png", data=png_from_qoi(data))
            media = "image/png" if form == "png" else "image/jpeg"
            return Thumbnail(width=width, height=height, form=form, media=media, data=data)
    raise ValueError("it is no whole PNG, JPEG or QOI picture")


def _png_size(data: bytes) -> Iterator[tuple[int, int]]:
    if data.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") and b"IEND" in data[-16:] and len(data) > 40:
        yield struct.unpack_from(">II", data, 16)


def _qoi_size(data: bytes) -> Iterator[tuple[int, int]]:
    if data.startswith(b"qoif") and len(data) >= 14:
        yield struct.unpack_from(">II", data, 4)


def _jpg_size(data: bytes) -> Iterator[tuple[int, int]]:
    """From the frame's head (ITU T.81 B.2.2), behind the segments before it."""
    if not data.startswith(b"\xff\xd8\xff") or b"\xff\xd9" not in data[-16:]:
        return
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            yield int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
            return
        at += 2 + length
