"""Binary G-code made by others than us: an encoder that shares nothing with the decoder but the format, heatshrink's own
compressor, and one small file that libbgcode made."""

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path

import heatshrink2

FILE, GCODE, SLICER, PRINTER, PRINT, THUMBNAIL = range(6)
PLAIN, DEFLATE, HEATSHRINK_11, HEATSHRINK_12 = range(4)

INDEX = {character: number for number, character in enumerate(b"0123456789.E\nGX")}
"""With blanks dropped."""


def file_of(*blocks: bytes, has_checksums: bool = True, version: int = 1) -> bytes:
    return b"GCDE" + struct.pack("<IH", version, has_checksums) + b"".join(blocks)


def block(
    kind: int,
    data: bytes,
    *,
    compression: int = PLAIN,
    parameters: bytes = b"\0\0",
    size: int | None = None,
    has_checksum: bool = True,
) -> bytes:
    """size: what the block says of itself, if it lies."""
    stored = compressed(data, compression)
    header = struct.pack("<HHI", kind, compression, len(data) if size is None else size)
    if compression != PLAIN:
        header += struct.pack("<I", len(stored))
    content = header + parameters + stored
    return content + (struct.pack("<I", zlib.crc32(content)) if has_checksum else b"")


def thumbnail(picture: bytes, width: int, height: int, *, picture_format: int = 0) -> bytes:
    return block(THUMBNAIL, picture, parameters=struct.pack("<HHH", picture_format, width, height))


def compressed(data: bytes, compression: int) -> bytes:
    if compression == DEFLATE:
        return zlib.compress(data)
    if compression in (HEATSHRINK_11, HEATSHRINK_12):
        return bytes(heatshrink2.encode(data, window_sz2=11 if compression == HEATSHRINK_11 else 12, lookahead_sz2=4))
    return data


def meatpacked(text: bytes) -> bytes:
    """As slicers do it: blanks dropped in lines that begin with G, comment lines as they are, a signal around them."""
    out = b"\xff\xff\xfb\xff\xff\xf7"
    for line in text.splitlines(keepends=True):
        if line.startswith(b";"):
            out += b"\xff\xff\xfa" + line + b"\xff\xff\xfb"
            continue
        characters = line.replace(b" ", b"") if line.startswith(b"G") else line
        for first, second in zip(
            characters[::2], characters[1::2].ljust((len(characters) + 1) // 2, b"\n"), strict=True
        ):
            low, high = INDEX.get(first, 15), INDEX.get(second, 15)
            out += bytes([low | high << 4])
            out += bytes([first] * (low == 15)) + bytes([second] * (high == 15 and low != INDEX[0x0A]))
    return out


def sample() -> tuple[bytes, bytes]:
    """A file that libbgcode 0.2 made with PrusaSlicer's settings, and the text that it makes of it."""
    folder = Path(__file__).parent
    packed = base64.b64decode((folder / "sample.bgcode.base64").read_text())
    return packed, (folder / "sample.gcode").read_bytes()
