"""The hot journal: which line number stands for which place in the file, written before the line goes out.

A ring of 32-byte records in a file that is mapped into memory, preallocated, on tmpfs: no system call per line, and the
kernel keeps the pages when this process is killed with -9. That is all it is for: a power cut is the cold record's business.

::

    header  64 bytes   magic "HYDJ", format u32, records u32, zeros
    record  32 bytes   epoch u32, number u32, offset i64, acknowledged u32, sequence u32, kind u32, crc32 u32

`epoch` counts numberings (one per `begin`), `sequence` counts records for the life of the file and finds the youngest in the
ring; `offset` is the stream offset behind the line, -1 for a command and for a record that is no line's; `kind` is
`RecordKind`. A record whose CRC does not fit was torn and is skipped. What the records mean for a printer that was left in
the middle, gcode/link/resumption.py says.
"""

from __future__ import annotations

import errno
import json
import mmap
import os
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

from hydrogen.devices.parking import HeadPlace
from hydrogen.errors import DiskFull, FileUnreadable, InvalidMessage
from hydrogen.gcode.link.resumption import JournalRecord, RecordKind, Resumption, resumption_of
from hydrogen.model.codec import plain, value_from_plain
from hydrogen.model.job import JobStatus
from hydrogen.model.printer import Firmware, Tuning

MAGIC = b"HYDJ"
FORMAT = 1
RECORDS = 4096
"""128 KiB: far more than lines can be unacknowledged, so the ring never overwrites what a restart needs."""

HEADER_BYTES = 64
RECORD_BYTES = 32

_HEADER = struct.Struct("<4sII")
_BODY = struct.Struct("<IIqIII")
_CRC = struct.Struct("<I")
_WRAP = 0xFFFFFFFF
_OPENING, _ANNOUNCEMENT = int(RecordKind.OPENING), int(RecordKind.ANNOUNCEMENT)
_KINDS = frozenset(int(kind) for kind in RecordKind)


class HotJournal:
    """The spooler's `LineJournal`. One writer; reading is for the next spooler and for tests."""

    def __init__(self, path: Path, *, records: int = RECORDS) -> None:
        """Map `path`, made and preallocated if it is missing or of another format; goes on behind what it holds.

        Raises DiskFull when there is no room (a hole in the file would kill us at the first write), FileUnreadable when
        the file cannot be opened.
        """
        self._size = HEADER_BYTES + records * RECORD_BYTES
        self._records = records
        try:
            self._map = _mapped(path, self._size, records)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFull(f"no room for the journal {path}: free some space in its folder") from error
            raise FileUnreadable(f"the journal {path} cannot be opened: {error.strerror}") from error
        last = self.last()
        self._epoch = last.epoch if last else 0
        self._sequence = last.sequence + 1 if last else 1
        self._at = HEADER_BYTES + (self._sequence % records) * RECORD_BYTES
        self._place, self._unplaced, self._place_every = -1, 0, records // 4

    def begin(self, number_base: int) -> None:
        """A new numbering: the next line will be `number_base + 1`."""
        self._epoch = (self._epoch + 1) & _WRAP
        self._write(number_base, -1, number_base, _OPENING)

    def announce(self, number_base: int, acknowledged: int) -> None:
        """Everything up to `acknowledged` has run, and M110 is about to set the number to `number_base`."""
        self._write(number_base, -1, acknowledged, _ANNOUNCEMENT)

    def record(self, number: int, offset: int, acknowledged: int) -> None:
        """Line `number` is about to go out. Hot: about a microsecond, no system call.

        Where only commands go out (a pause of hours with a question a second), the stream's place would leave the ring: it is
        recorded with a command once in a while, for a command moves no stream.
        """
        if offset >= 0:
            self._place, self._unplaced = offset, 0
        else:
            self._unplaced += 1
            if self._unplaced >= self._place_every:
                offset, self._unplaced = self._place, 0
        self._write(number, offset, acknowledged, 0)

    def _write(self, number: int, offset: int, acknowledged: int, kind: int) -> None:
        body = _BODY.pack(self._epoch, number, offset, acknowledged, self._sequence, kind)
        at = self._at
        end = at + 32
        self._map[at:end] = body + _CRC.pack(crc32(body))
        self._at = end if end < self._size else HEADER_BYTES
        self._sequence = (self._sequence + 1) & _WRAP

    @property
    def sequence(self) -> int:
        """That of the next record: what is recorded from now on is this one or a later one."""
        return self._sequence

    @property
    def latest(self) -> JournalRecord | None:
        """What was recorded last, at once; None before this process recorded anything."""
        at = self._at - RECORD_BYTES if self._at > HEADER_BYTES else self._size - RECORD_BYTES
        epoch, number, offset, acknowledged, sequence, _ = _BODY.unpack_from(self._map, at)
        return JournalRecord(epoch, number, offset, acknowledged, sequence) if sequence == self._sequence - 1 else None

    def farthest(self, *, since: int) -> int | None:
        """The highest place that was given to the printer of a stream that began with record `since`. None: not known."""
        return max((r.offset for r in self.records() if r.sequence >= since and r.offset >= 0), default=None)

    def resumption(self) -> Resumption | None:
        """What the records say, now, of a printer that was left in the middle; None for an empty journal."""
        return resumption_of(self.records())

    def last(self) -> JournalRecord | None:
        """The youngest whole record."""
        return max(self.records(), key=lambda record: record.sequence, default=None)

    def records(self) -> Iterator[JournalRecord]:
        """Every whole record, in the order of the ring (not of time)."""
        for at in range(HEADER_BYTES, self._size, RECORD_BYTES):
            body = self._map[at : at + _BODY.size]
            (stored,) = _CRC.unpack_from(self._map, at + _BODY.size)
            epoch, number, offset, acknowledged, sequence, kind = _BODY.unpack(body)
            if sequence and crc32(body) == stored and kind in _KINDS:
                yield JournalRecord(epoch, number, offset, acknowledged, sequence, RecordKind(kind))

    def close(self) -> None:
        """Unmap; the file stays. May be called twice."""
        if not self._map.closed:
            self._map.close()


def _mapped(path: Path, size: int, records: int) -> mmap.mmap:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        if os.fstat(descriptor).st_size != size or os.pread(descriptor, _HEADER.size, 0) != _header(records):
            os.ftruncate(descriptor, 0)
            os.posix_fallocate(descriptor, 0, size)
            os.pwrite(descriptor, _header(records), 0)
        return mmap.mmap(descriptor, size)
    finally:
        os.close(descriptor)


def _header(records: int) -> bytes:
    return _HEADER.pack(MAGIC, FORMAT, records)


def write_atomically(path: Path, body: Mapping[str, Any]) -> None:
    """Put a JSON object at `path` so that a reader sees the old one or the new one. No fsync: it lies on tmpfs and has to
    outlive this process, not a power cut. Raises OSError.
    """
    fresh = path.with_name(path.name + ".tmp")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(body, file)
    fresh.replace(path)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedObject:
    """One of the things that a job prints, and that the firmware was told to leave out. kind: of its marks in the file, `m486`
    or `exclude`; object: what the firmware calls it."""

    kind: str
    object: str

    @property
    def gcode(self) -> str:
        """What the firmware is told; to tell it twice changes nothing."""
        return f"M486 P{self.object}" if self.kind == "m486" else f"EXCLUDE_OBJECT NAME={self.object}"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobHeader:
    """What the journals' records are about: the job and its file, compared before anything is continued. A copy lies beside
    the hot journal, another in the cold one.

    sequence: the hot journal's when the job's lines began. status: the job's, as it was last known. place: where its head was
    when it stepped aside, until it is back. baud, firmware, port_identity, receive_buffer: of the connection that it last
    printed on. printer: whose it is. outcome is None while the job runs; `interrupted` after a stop that left it unfinished and
    may be recovered from, else the job's outcome. continues: the job that this one takes up, from offset `start`, behind
    `lines_before` lines with a command, after the commands in `opening` (see PreparedJob). excluded: what the firmware leaves
    out, in the order in which it was asked for. tuning: fans, speed and flow as they were when the printer had acknowledged the
    stream up to tuning_offset; None: not known.
    """

    job: str
    file: str
    actor: str
    spool_file: str
    size_bytes: int
    inode: int
    sha256: str
    lines_total: int
    started_at: float
    layers_total: int | None = None
    sequence: int = 0
    status: JobStatus = JobStatus.PRINTING
    place: HeadPlace | None = None
    baud: int | None = None
    firmware: Firmware | None = None
    port_identity: str = ""
    receive_buffer: tuple[int, ...] = ()
    outcome: str | None = None
    printer: str = ""
    continues: str = ""
    start: int = 0
    lines_before: int = 0
    opening: tuple[str, ...] = ()
    excluded: tuple[ExcludedObject, ...] = ()
    tuning: Tuning | None = None
    tuning_offset: int = 0

    def write(self, path: Path) -> None:
        """Atomic. Raises OSError."""
        write_atomically(path, plain(self))


def read_job_header(path: Path) -> JobHeader | None:
    """The header an earlier spooler left; None if there is none or it makes no sense."""
    try:
        return value_from_plain(JobHeader, json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, InvalidMessage):
        return None
