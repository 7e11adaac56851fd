"""The cold journal: what is left on disk of a job when the power goes.

One file per job, `<spool_dir>/<job>.journal`, made and filled with zeros when the job begins, so that its blocks exist and a
record needs no new space. A record is written every INTERVAL_SECONDS and at a new layer, within a budget, since a card must
outlive its printer: each costs 4.7 KiB where the file system is lazy about times (ext4 of Linux 6.18, measured), and up to
16 KiB where it writes the time of change into its own journal each time. All of it, and reading the job's file to know what
the machine is in, happens in a thread of its own that nobody waits for: a disk that is full, slow or gone costs the record,
not the print, and is told once. One thing no thread can help: a process that is killed while the kernel waits for the disk
dies, and lets go of its port, only when the disk has answered.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from hydrogen.errors import DiskFull, FileUnreadable, HostError
from hydrogen.gcode.program.machine_scanner import MachineScanner
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.spooler.journal.cold_record import (
    FILE_BYTES,
    ColdProgress,
    ColdRecord,
    encode_header,
    encode_record,
    header_places,
    read_header,
    read_records,
    record_place,
)
from hydrogen.spooler.journal.journal import JobHeader

INTERVAL_SECONDS = 10.0
"""The longest time without a record: so much of a print is in doubt after a power cut."""

LAYER_SECONDS = 1.0
"""Layers that follow closer than this share a record."""

RECORD_SECONDS = 6.5
"""On average records are no closer than this: 554 an hour, 9.1 MB with what the file system adds."""

SPARE_RECORDS = 8
"""So many may follow each other as fast as layers do, before the average counts."""

SCAN_BYTES = 1 << 16
"""Read at once by the thread; a millisecond of work, so that the loop gets its turn between."""

JOIN_SECONDS = 1.0
"""For the last record at the end of the process. A thread that hangs in its disk ends with the process."""

SUFFIX = ".journal"


class ColdSchedule:
    """When a record is due. Pure; `now` is monotonic."""

    def __init__(self) -> None:
        self._last_at: float | None = None
        self._last_layer = 0
        self._spare = float(SPARE_RECORDS)

    def is_due(self, now: float, layer: int) -> bool:
        """Is it time for a record? If so, it counts as written."""
        if self._last_at is not None:
            passed = now - self._last_at
            if passed < INTERVAL_SECONDS and not self._may_mark_layer(passed, layer):
                return False
            self._spare = min(self._spare + passed / RECORD_SECONDS, SPARE_RECORDS)
        self._spare = max(self._spare - 1.0, 0.0)
        self._last_at, self._last_layer = now, layer
        return True

    def _may_mark_layer(self, passed: float, layer: int) -> bool:
        return layer != self._last_layer and passed >= LAYER_SECONDS and self._spare + passed / RECORD_SECONDS >= 1.0


class ColdFile:
    """The file itself. Blocks; every method raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1
        self._generation = 0

    def create(self, header: JobHeader) -> None:
        """Make it, with its header, so that it survives whatever follows."""
        self.close()
        fresh = self._path.with_name(self._path.name + ".tmp")
        handle = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o640)
        try:
            image = bytearray(FILE_BYTES)
            for generation, at in enumerate(header_places(), start=1):
                block = encode_header(header, generation)
                image[at : at + len(block)] = block
            _write(handle, bytes(image), 0)
            os.fsync(handle)
            os.replace(fresh, self._path)  # noqa: PTH105 (the handle stays)
            _sync_folder(self._path.parent)
        except OSError:
            os.close(handle)
            fresh.unlink(missing_ok=True)
            raise
        self._handle, self._generation = handle, len(header_places())

    def append(self, record: ColdRecord) -> None:
        """Write the record; it is on disk when this returns."""
        _write(self._handle, encode_record(record), record_place(record.sequence))
        os.fdatasync(self._handle)

    def rewrite_header(self, header: JobHeader) -> None:
        """One copy, then the other."""
        for at in header_places():
            self._generation += 1
            _write(self._handle, encode_header(header, self._generation), at)
            os.fdatasync(self._handle)

    def open_again(self, generation: int) -> None:
        """Go on with the file that is there, whose youngest header is of this generation."""
        self.close()
        self._handle = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._generation = generation

    def close(self) -> None:
        """May be called twice."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    @property
    def is_open(self) -> bool:
        return self._handle >= 0


class StateReader:
    """What the machine is in behind a place of the job's file; reads on from where it was. Blocks."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._scanner = MachineScanner()
        self._at = 0

    def state_at(self, offset: int) -> MachineState | None:
        """None when the file cannot be read so far. `offset` lies behind a line, and never before an earlier one."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._at)
                rest = b""
                while self._at < offset:
                    chunk = file.read(min(SCAN_BYTES, offset - self._at))
                    if not chunk:
                        return None
                    self._at += len(chunk)
                    rest = self._feed(rest + chunk, is_last=self._at >= offset)
        except OSError:
            return None
        return self._scanner.state

    def _feed(self, data: bytes, *, is_last: bool) -> bytes:
        border = len(data) if is_last else max(data.rfind(b"\n"), data.rfind(b"\r", 0, -1)) + 1
        self._scanner.feed(data[:border])
        return data[border:]


@dataclass(frozen=True, slots=True)
class _Note:
    progress: ColdProgress
    at: float
    outcome: str | None = None


class ColdJournal:
    """One job's journal: `note` from the loop as often as one likes, `close` at the job's end.

    tell: called on the loop (within `note` and `close`) when the disk stopped taking records, once until it took one again.
    on_saved: called in the thread when the header is on disk; after trouble again.
    """

    def __init__(
        self,
        spool_dir: Path,
        header: JobHeader,
        *,
        tell: Callable[[HostError], None] = lambda _: None,
        on_saved: Callable[[], None] = lambda: None,
    ) -> None:
        """Returns at once; the file is made in the thread."""
        self.path = spool_dir / f"{header.job}{SUFFIX}"
        self._header = header
        self._tell = tell
        self._on_saved = on_saved
        self._file = ColdFile(self.path)
        self._reader = StateReader(spool_dir / header.spool_file)
        self._schedule = ColdSchedule()
        self._sequence = 0
        self._condition = threading.Condition()
        self._note: _Note | None = None
        self._changed: JobHeader | None = None
        self._is_closed = False
        self._trouble: HostError | None = None
        self._has_told = False
        self._thread = threading.Thread(target=self._live, name="cold journal", daemon=True)
        self._thread.start()

    def note(self, progress: ColdProgress, *, now: float, at: float) -> None:
        """The job has come so far; written down if it is time. `now` is monotonic, `at` wall time. Never waits."""
        if not self._is_closed and self._schedule.is_due(now, progress.layer):
            self._hand_over(_Note(progress, at))
        self._tell_trouble()

    def change(self, header: JobHeader) -> None:
        """Something else is to be known of the job. Never waits."""
        if not self._is_closed:
            with self._condition:
                self._changed = header
                self._condition.notify()

    def close(self, outcome: str, progress: ColdProgress, *, at: float) -> None:
        """The job is over. `interrupted`: the file stays, with all that is needed to recover it; else it goes. May be called
        twice. Does not wait; see `join`."""
        if not self._is_closed:
            self._is_closed = True
            self._hand_over(_Note(progress, at, outcome))
        self._tell_trouble()

    def join(self, timeout_seconds: float = JOIN_SECONDS) -> bool:
        """Wait for the thread after `close`; False when it did not end in time."""
        self._thread.join(timeout_seconds)
        return not self._thread.is_alive()

    def _hand_over(self, note: _Note) -> None:
        with self._condition:
            self._note = note
            self._condition.notify()

    def _tell_trouble(self) -> None:
        trouble = self._trouble
        if trouble is not None and not self._has_told:
            self._tell(trouble)
        self._has_told = trouble is not None

    # ------------------------------------------------------------------------------------------------- the thread

    def _live(self) -> None:
        self._try(self._begin)
        while True:
            with self._condition:
                while self._note is None and self._changed is None:
                    self._condition.wait()
                note, self._note = self._note, None
                changed, self._changed = self._changed, None
            if changed is not None:
                self._try(lambda changed=changed: self._change(changed))  # type: ignore[misc]
            if note is None:
                continue
            self._try(lambda note=note: self._write(note))  # type: ignore[misc]
            if note.outcome is not None:
                self._file.close()
                return

    def _try(self, work: Callable[[], None]) -> None:
        try:
            work()
            self._trouble = None
        except (OSError, ValueError) as error:
            self._file.close()
            self._trouble = _trouble_of(error, self.path)

    def _begin(self) -> None:
        """Make the file; go on with the one that is there after trouble, or after the death of the spooler that made it."""
        found = _image_of(self.path)
        head = read_header(found)
        if head is not None and head[0].job == self._header.job and head[0].outcome is None:
            self._file.open_again(head[1])
            records = read_records(found, self._header.job)
            self._sequence = records[0].sequence if records else 0
            if head[0].excluded != self._header.excluded:
                self._file.rewrite_header(self._header)
        else:
            self._file.create(self._header)
        self._on_saved()

    def _change(self, header: JobHeader) -> None:
        """A header that is too long for its blocks leaves the one that is there as it is."""
        encode_header(header, 0)
        self._header = header
        if self._file.is_open:
            self._file.rewrite_header(header)
        else:
            self._begin()

    def _write(self, note: _Note) -> None:
        if note.outcome is not None and note.outcome != "interrupted":
            self._conclude(note.outcome)
            return
        if not self._file.is_open:
            self._begin()
        self._sequence += 1
        record = ColdRecord(
            sequence=self._sequence,
            job=self._header.job,
            at=note.at,
            progress=note.progress,
            machine=self._reader.state_at(max(note.progress.offset, 0)),
            is_final=note.outcome is not None,
        )
        self._file.append(record)
        if note.outcome is not None:
            self._file.rewrite_header(replace(self._header, outcome=note.outcome))

    def _conclude(self, outcome: str) -> None:
        """The outcome first: a file that comes back after a power cut must not look like a job that was cut off."""
        if self._file.is_open:
            self._file.rewrite_header(replace(self._header, outcome=outcome))
        self.path.unlink(missing_ok=True)


def _write(handle: int, data: bytes, at: int) -> None:
    """All of it. A disk that takes only a part raises on the next try."""
    while data:
        written = os.pwrite(handle, data, at)
        data, at = data[written:], at + written


def _image_of(path: Path) -> bytes:
    try:
        return path.read_bytes()[:FILE_BYTES]
    except FileNotFoundError:
        return b""


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _trouble_of(error: OSError | ValueError, path: Path) -> HostError:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull(
            f"no room for the job's record {path.name}: the print goes on, but after a power cut it could not be taken up"
            " again; free some space"
        )
    return FileUnreadable(
        f"the job's record {path.name} cannot be written ({getattr(error, 'strerror', None) or error}): the print goes on, but"
        " after a power cut it could not be taken up again"
    )
