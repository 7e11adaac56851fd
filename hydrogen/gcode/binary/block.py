"""The blocks of a binary G-code file, each checked before it is believed.

All numbers are little-endian. A file begins with `GCDE`, its version and the kind of checksum. A block has a type, a
compression, its size unpacked and (if it is compressed) packed; then parameters, data, and a checksum over all of that.

Source: github.com/prusa3d/libbgcode, doc/specifications.md.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from struct import Struct

from hydrogen.gcode.binary.heatshrink import Damaged, unshrunk

MAGIC = b"GCDE"
VERSIONS = frozenset({1})

LARGEST_BLOCK_BYTES = 16 << 20
"""Of one block, packed or not. G-code blocks have 64 KiB; a large thumbnail has a megabyte."""

MOST_BLOCKS = 1_000_000

Read = Callable[[int], bytes]
"""As many bytes as are asked for, fewer only at the end."""

_FILE_HEADER = Struct("<4sIH")
_BLOCK_HEADER = Struct("<HHI")
_SIZE = Struct("<I")
_THUMBNAIL = Struct("<HHH")
_ENCODING = Struct("<H")

_NO_CHECKSUM, _CRC32 = 0, 1
_PLAIN, _DEFLATE, _HEATSHRINK_11, _HEATSHRINK_12 = range(4)


class BlockType(IntEnum):
    """What is in a block."""

    FILE_METADATA = 0
    GCODE = 1
    SLICER_METADATA = 2
    PRINTER_METADATA = 3
    PRINT_METADATA = 4
    THUMBNAIL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """data: unpacked. encoding: of text, or of a thumbnail its format; width, height: of a thumbnail, in pixels."""

    type: BlockType
    encoding: int
    data: bytes
    width: int = 0
    height: int = 0


def blocks_of(read: Read) -> Iterator[Block]:
    """The blocks of a file, one at a time; those of a type that this version does not know are left out. Raises Damaged."""
    header = read(_FILE_HEADER.size)
    if header[: len(MAGIC)] != MAGIC:
        raise Damaged("it does not begin like binary G-code")
    if len(header) < _FILE_HEADER.size:
        raise Damaged("it ends in its header")
    _, version, checksum = _FILE_HEADER.unpack(header)
    if version not in VERSIONS:
        raise Damaged(f"it has version {version} of the format, which is not known here")
    if checksum not in (_NO_CHECKSUM, _CRC32):
        raise Damaged(f"it has checksums of kind {checksum}, which is not known here")
    for _ in range(MOST_BLOCKS):
        first = read(_BLOCK_HEADER.size)
        if not first:
            return
        block = _block(first, read, has_checksum=checksum == _CRC32)
        if block is not None:
            yield block
    raise Damaged(f"it has more than {MOST_BLOCKS} blocks")


def _block(first: bytes, read: Read, *, has_checksum: bool) -> Block | None:
    if len(first) < _BLOCK_HEADER.size:
        raise Damaged("it ends in a block's header")
    kind, compression, size = _BLOCK_HEADER.unpack(first)
    header = first
    stored = size
    if compression != _PLAIN:
        more = _whole(read, _SIZE.size)
        header += more
        (stored,) = _SIZE.unpack(more)
    if max(size, stored) > LARGEST_BLOCK_BYTES:
        raise Damaged(f"a block has {max(size, stored)} bytes, more than {LARGEST_BLOCK_BYTES}")
    layout = _THUMBNAIL if kind == BlockType.THUMBNAIL else _ENCODING
    parameters = _whole(read, layout.size)
    data = _whole(read, stored)
    if has_checksum:
        (told,) = _SIZE.unpack(_whole(read, _SIZE.size))
        if zlib.crc32(data, zlib.crc32(header + parameters)) != told:
            raise Damaged("a block's checksum is wrong")
    if kind not in set(BlockType):
        return None
    fields = layout.unpack(parameters)
    width, height = fields[1:] if kind == BlockType.THUMBNAIL else (0, 0)
    unpacked = _unpacked(data, size, compression)
    return Block(type=BlockType(kind), encoding=fields[0], data=unpacked, width=width, height=height)


def _unpacked(data: bytes, size: int, compression: int) -> bytes:
    if compression == _PLAIN:
        return data
    if compression == _DEFLATE:
        return _inflated(data, size)
    if compression == _HEATSHRINK_11:
        return unshrunk(data, size, window_bits=11)
    if compression == _HEATSHRINK_12:
        return unshrunk(data, size, window_bits=12)
    raise Damaged(f"a block is compressed in way {compression}, which is not known here")


def _inflated(data: bytes, size: int) -> bytes:
    inflater = zlib.decompressobj()
    try:
        content = inflater.decompress(data, size + 1)  # with room for one too many
    except zlib.error as error:
        raise Damaged(f"a block is damaged: {error}") from None
    if len(content) != size or not inflater.eof:
        raise Damaged("a block does not hold as much as it says")
    return content


def _whole(read: Read, size: int) -> bytes:
    data = read(size)
    if len(data) < size:
        raise Damaged("it ends in the middle of a block")
    return data
