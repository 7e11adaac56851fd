r"""The cold journal's words, and their form on disk: what a power cut may leave of a job.

::

    header   8 KiB, twice (one at each end)   "HYDC" format u16 zero u16 generation u32 length u32 crc32 u32, JSON
    record   4 KiB, RING of them between      "HYDR" format u16 zero u16 sequence   u32 length u32 crc32 u32, JSON

Every block is a file system's block of its own, so that a write which is cut off in the middle can spoil what it writes and
nothing else; consecutive records lie STRIDE blocks apart, because a card loses whole pages of its flash, some 16 KiB, around
the one that it was writing. The youngest block whose CRC fits counts. The header is written to one end, then to the other.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, TypeVar
from zlib import crc32

from hydrogen.errors import InvalidMessage
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.model.codec import decode_json, encode_json, plain, value_from_plain
from hydrogen.model.printer import Tuning
from hydrogen.spooler.journal.journal import JobHeader

FORMAT = 1
BLOCK_BYTES = 4096
HEADER_BYTES = 2 * BLOCK_BYTES
"""Room for a file's name of 4 KiB and the commands that a recovery begins with."""

RING = 32
STRIDE = 11
"""Without a divisor in common with RING, so that every block has its turn; 44 KiB."""

FILE_BYTES = 2 * HEADER_BYTES + RING * BLOCK_BYTES

_HEADER_MAGIC = b"HYDC"
_RECORD_MAGIC = b"HYDR"
_head = struct.Struct("<4sHHII")
_crc = struct.Struct("<I")
_PREFIX_BYTES = _head.size + _crc.size

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdProgress:
    """How far the printer has acknowledged a job: everything before `offset` of the file.

    number and epoch: the line number of that, and the numbering it belongs to. given_offset: the farthest place that can have
    been given to the printer, where the writer knows it; None where lines may have followed. targets_celsius: by heater, what
    the printer said or was told last; it may differ from the file's, as people turn knobs. is_aside: the head was not at the
    job, but parked. tuning: fans, speed and flow as they were when the printer had acknowledged the stream up to tuning_offset;
    None: not known.
    """

    offset: int
    given_offset: int | None = None
    is_aside: bool = False
    lines_done: int = 0
    number: int = 0
    epoch: int = 0
    layer: int = 0
    fraction: float = 0.0
    elapsed_seconds: float = 0.0
    guarantee: str = ""
    targets_celsius: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    tuning: Tuning | None = None
    tuning_offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ColdRecord:
    """One moment of a job. at: wall time of `progress`, for nothing but people and ages. is_final: nothing came after."""

    sequence: int
    job: str
    at: float
    progress: ColdProgress
    machine: MachineState | None = None
    is_final: bool = False


def encode_header(header: JobHeader, generation: int) -> bytes:
    """A header's blocks. Raises ValueError when it does not fit."""
    return _encode(_HEADER_MAGIC, generation, header, HEADER_BYTES)


def encode_record(record: ColdRecord) -> bytes:
    """A record's block; what the machine was in is left out if it does not fit."""
    try:
        return _encode(_RECORD_MAGIC, record.sequence, record, BLOCK_BYTES)
    except ValueError:
        slim = ColdRecord(
            sequence=record.sequence,
            job=record.job,
            at=record.at,
            progress=record.progress,
            is_final=record.is_final,
        )
        return _encode(_RECORD_MAGIC, record.sequence, slim, BLOCK_BYTES)


def header_places() -> tuple[int, int]:
    """Where the two copies of the header begin."""
    return 0, FILE_BYTES - HEADER_BYTES


def record_place(sequence: int) -> int:
    """Where the block of this record begins."""
    return HEADER_BYTES + (sequence * STRIDE % RING) * BLOCK_BYTES


def read_header(image: bytes) -> tuple[JobHeader, int] | None:
    """The youngest whole header of a journal's bytes, and its generation; None if there is none. Never raises."""
    found = [_decode(JobHeader, _HEADER_MAGIC, image[at : at + HEADER_BYTES]) for at in header_places()]
    return max((one for one in found if one is not None), key=lambda one: one[1], default=None)


def read_records(image: bytes, job: str) -> list[ColdRecord]:
    """Every whole record of this job, the youngest first. Never raises."""
    return sorted(_records(image, job), key=lambda record: record.sequence, reverse=True)


def _records(image: bytes, job: str) -> Iterator[ColdRecord]:
    for at in range(HEADER_BYTES, HEADER_BYTES + RING * BLOCK_BYTES, BLOCK_BYTES):
        found = _decode(ColdRecord, _RECORD_MAGIC, image[at : at + BLOCK_BYTES])
        if found is not None and found[0].job == job:
            yield found[0]


def _encode(magic: bytes, count: int, value: Any, size: int) -> bytes:
    body = encode_json(plain(value))
    if _PREFIX_BYTES + len(body) > size:
        raise ValueError(f"{len(body)} bytes do not fit {size}")
    head = _head.pack(magic, FORMAT, 0, count, len(body))
    return (head + _crc.pack(crc32(head + body)) + body).ljust(size, b"\0")


def _decode(kind: type[T], magic: bytes, block: bytes) -> tuple[T, int] | None:
    if len(block) < _PREFIX_BYTES:
        return None
    found, version, _, count, length = _head.unpack_from(block)
    body = block[_PREFIX_BYTES : _PREFIX_BYTES + length]
    if found != magic or version != FORMAT or len(body) < length:
        return None
    if _crc.unpack_from(block, _head.size)[0] != crc32(block[: _head.size] + body):
        return None
    try:
        return value_from_plain(kind, decode_json(body)), count
    except InvalidMessage:
        return None
