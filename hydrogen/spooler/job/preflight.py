"""Before a job: the file is linked into the spool folder, read from end to end, and refused if any line of it would break
the link, so that a print that begins can be finished.

A hard link costs no space and keeps the bytes when the original is deleted or replaced by a rename. Where linking is not
possible (another file system, a file of somebody else's) the file is copied.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import stat
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hydrogen.errors import Conflict, DiskFull, FileRejected, FileUnreadable, InvalidMessage
from hydrogen.gcode.line import prepare
from hydrogen.gcode.program.metadata import JobOutline, OutlineScanner
from hydrogen.spooler.job.job_source import BlockReader, Prepare
from hydrogen.spooler.journal.journal import ExcludedObject

CHUNK_BYTES = 1 << 20

_COPY_INSTEAD = frozenset({errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOSYS, errno.EOPNOTSUPP})
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedJob:
    """A file that may be printed: linked, read, found good. expected_seconds: how long it took last time.

    continues: the job that this one takes up, at offset `start` of the file, behind lines_before lines with a command. opening
    goes out before that, as part of the stream: its lines have the offsets just below `start`, so that a place in the stream is
    one number for whoever records it. excluded: what the firmware is told to leave out by then.
    """

    id: str
    file: str
    spool_file: Path
    outline: JobOutline
    size_bytes: int
    inode: int
    sha256: str
    prepare: Prepare = prepare
    expected_seconds: float | None = None
    continues: str = ""
    start: int = 0
    lines_before: int = 0
    opening: tuple[str, ...] = ()
    excluded: tuple[ExcludedObject, ...] = ()

    @property
    def first_offset(self) -> int:
        """Where the stream begins."""
        return self.start - len(self.opening)

    def opening_from(self, offset: int) -> list[tuple[bytes, int]]:
        """The lines of the opening that lie behind `offset`, each with the offset behind it."""
        lines = enumerate(self.opening, start=self.first_offset + 1)
        return [(line.encode("ascii"), behind) for behind, line in lines if behind > offset]

    @property
    def layers_total(self) -> int | None:
        """None for a file without layer marks."""
        return len(self.outline.layer_offsets) or None

    def reader(self, start: int = 0) -> BlockReader:
        """A fresh reader of the linked file, from the line at offset `start`, or where the job begins in it."""
        return BlockReader(self.spool_file, start=max(start, self.start))

    def discard(self) -> None:
        """The spool file is not needed any more. May be called twice."""
        self.spool_file.unlink(missing_ok=True)


class Preflight:
    """Checks one file at a time, in a thread; `abandon` ends the check early."""

    def __init__(self, spool_dir: Path, *, link: Callable[[Path, Path], None] = os.link) -> None:
        self._spool_dir = spool_dir
        self._link = link
        self._abandoned = threading.Event()
        self.is_busy = False

    async def check(self, job: str, path: Path, file: str) -> PreparedJob:
        """Link and read `path`.

        Raises FileRejected (empty, binary, a line that cannot be sent), FileUnreadable, DiskFull, InvalidMessage (an id
        that is no file name), Conflict when it was abandoned.
        """
        if not job or not job.isascii() or not job.replace("-", "").replace("_", "").isalnum() or len(job) > 100:
            raise InvalidMessage(f"{job[:100]!r} is no job id: letters, digits, '-' and '_'", field="job")
        self._abandoned.clear()
        self.is_busy = True
        try:
            return await asyncio.to_thread(self._check, job, path, file)
        finally:
            self.is_busy = False

    async def check_again(self, spool_file: Path, expected: PreparedJob) -> None:
        """Is `spool_file` still what was checked when its job began? Raises FileUnreadable that says what differs."""
        await asyncio.to_thread(_compare, spool_file, expected)

    def abandon(self) -> None:
        """Give the running check up, if there is one."""
        self._abandoned.set()

    def _check(self, job: str, path: Path, file: str) -> PreparedJob:
        spool_file = self._spool_dir / f"{job}.gcode"
        self._take_in(path, spool_file, file)
        is_good = False
        try:
            prepared = self._read_through(job, spool_file, file)
            _refuse_problem(prepared.outline, file)
            is_good = True
            return prepared
        finally:
            if not is_good:
                spool_file.unlink(missing_ok=True)

    def _take_in(self, path: Path, spool_file: Path, file: str) -> None:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                raise FileUnreadable(f"{file} is not a file", file=file)
            self._spool_dir.mkdir(parents=True, exist_ok=True)
            spool_file.unlink(missing_ok=True)
            self._link_or_copy(path.resolve(), spool_file)
        except OSError as error:
            spool_file.unlink(missing_ok=True)
            if error.errno in _NO_ROOM:
                raise DiskFull(
                    f"no room to keep a copy of {file} while it prints: free some space", file=file
                ) from error
            raise FileUnreadable(f"{file} cannot be read: {error.strerror or error}", file=file) from error

    def _link_or_copy(self, path: Path, spool_file: Path) -> None:
        try:
            self._link(path, spool_file)
        except OSError as error:
            if error.errno not in _COPY_INSTEAD:
                raise
            shutil.copyfile(path, spool_file)

    def _read_through(self, job: str, spool_file: Path, file: str) -> PreparedJob:
        digest = hashlib.sha256()
        try:
            with spool_file.open("rb", buffering=0) as source:
                scanner = OutlineScanner(os.fstat(source.fileno()).st_size)
                while chunk := source.read(CHUNK_BYTES):
                    if self._abandoned.is_set():
                        raise Conflict("the job was cancelled while its file was checked")
                    digest.update(chunk)
                    scanner.feed(chunk)
                about = os.fstat(source.fileno())
        except OSError as error:
            raise FileUnreadable(f"{file} cannot be read: {error.strerror or error}", file=file) from error
        return PreparedJob(
            id=job,
            file=file,
            spool_file=spool_file,
            outline=scanner.finish(),
            size_bytes=about.st_size,
            inode=about.st_ino,
            sha256=digest.hexdigest(),
        )


def _compare(spool_file: Path, expected: PreparedJob) -> None:
    digest, size_bytes = hashlib.sha256(), 0
    try:
        with spool_file.open("rb", buffering=0) as source:
            while chunk := source.read(CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
    except OSError as error:
        raise FileUnreadable(
            f"{expected.file} cannot be read any more: {error.strerror or error}", file=expected.file
        ) from error
    if size_bytes != expected.size_bytes or digest.hexdigest() != expected.sha256:
        raise FileUnreadable(f"{expected.file} was changed while it was printed", file=expected.file)


def _refuse_problem(outline: JobOutline, file: str) -> None:
    problem = outline.problem
    if problem is None:
        return
    details: dict[str, Any] = {"file": file, "reason": problem.reason}
    if problem.line is not None:
        details["line"] = problem.line
    raise FileRejected(f"{file} cannot be printed: {problem.message}", **details)
