"""A file while it is being written: under a name that nobody sees, on the same file system as its place. All of it blocks.

A draft that dies with its process stays behind. It is locked as long as somebody writes it, so whoever sweeps the folder
(`sweep_drafts`) can tell one that is written from one that was left.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from hydrogen.errors import DiskFull, FileRejected, HostError, HydrogenError, TooLarge
from hydrogen.files.gunzip import Gunzip
from hydrogen.files.space import Space

FOLDER = ".incoming"
"""Below the files folder; hidden, so never listed."""

HEAD_BYTES = 4096
"""How much of a file is looked at to see whether it is text."""

SYNC_BYTES = 16 << 20
"""Written back after so much: a disk that has to take half a gigabyte at once keeps the journals of a print waiting."""

FILE_MODE = 0o640


class Draft:
    """Write, then `place` or `discard`. Errors are told in the caller's words: `name` is what the file is called."""

    def __init__(self, folder: Path, name: str, *, space: Space, limit_bytes: int, is_gzip: bool = False) -> None:
        """folder: of the drafts; made. limit_bytes: of what is stored. Raises DiskFull, HostError."""
        self.name = name
        self._space = space
        self._limit_bytes = limit_bytes
        self._gunzip = Gunzip(name) if is_gzip else None
        self._digest = hashlib.sha256()
        self._head = bytearray()
        self._unsynced = 0
        self.size_bytes = 0
        try:
            folder.mkdir(mode=0o750, exist_ok=True)
            self._handle, path = tempfile.mkstemp(dir=folder)
            fcntl.flock(self._handle, fcntl.LOCK_EX)
        except OSError as error:
            raise told(error, name) from error
        self.path = Path(path)
        self._is_open = True

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    @property
    def head(self) -> bytes:
        """The first bytes, as far as they are there."""
        return bytes(self._head)

    def write(self, data: bytes | bytearray) -> None:
        """Raises FileRejected (too large, damaged), DiskFull, HostError."""
        if self._gunzip is None:
            self._store(data)
            return
        for block in self._gunzip.feed(data):
            self._store(block)

    def finish(self) -> None:
        """All of it is on the disk. Raises FileRejected, DiskFull, HostError."""
        if self._gunzip is not None:
            self._gunzip.finish()
        try:
            os.fchmod(self._handle, FILE_MODE)
            os.fsync(self._handle)
        except OSError as error:
            raise told(error, self.name) from error

    def place(self, target: Path) -> os.stat_result:
        """Under its name, over what was there; it is there after a power cut, too. Raises HostError."""
        try:
            status = os.fstat(self._handle)
            self.path.replace(target)
            sync_folder(target.parent)
        except OSError as error:
            raise told(error, self.name) from error
        self._close()
        return status

    def discard(self) -> None:
        """As if it had never been. May be called twice, and after `place`."""
        if self._is_open:
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            self._close()

    def _store(self, data: bytes | bytearray) -> None:
        if self.size_bytes + len(data) > self._limit_bytes:
            raise too_large(self.name, self._limit_bytes)
        self._space.check(len(data), self.name)
        if len(self._head) < HEAD_BYTES:
            self._head += data[: HEAD_BYTES - len(self._head)]
        self._digest.update(data)
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._handle, view) :]
            self.size_bytes += len(data)
            self._unsynced += len(data)
            if self._unsynced >= SYNC_BYTES:
                self._write_back()
        except OSError as error:
            raise told(error, self.name) from error

    def _write_back(self) -> None:
        """To the disk, and out of the cache: what is being printed is to stay there."""
        os.fdatasync(self._handle)
        os.posix_fadvise(self._handle, 0, self.size_bytes, os.POSIX_FADV_DONTNEED)
        self._unsynced = 0

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._handle)


def sweep_drafts(folder: Path) -> int:
    """Remove what writers that died have left. Returns how many there were."""
    swept = 0
    with suppress(OSError):
        for path in sorted(folder.iterdir()):
            with suppress(OSError):
                handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    path.unlink()
                    swept += 1
                finally:
                    os.close(handle)
    return swept


def sync_folder(folder: Path) -> None:
    """The names in it are on the disk. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def check_head(head: bytes, name: str) -> None:
    """Refuse what is clearly no G-code, early. Raises FileRejected."""
    if not head.strip():
        raise FileRejected(f"{name} is empty: nothing to print", file=name, reason="empty")
    if b"\0" in head:
        raise FileRejected(f"{name} is binary, not G-code text", file=name, reason="binary")


def too_large(name: str, limit_bytes: int) -> TooLarge:
    """The refusal of a file above the limit."""
    return TooLarge(
        f"{name} is larger than the {limit_bytes} bytes that one file may have", file=name, limit=limit_bytes
    )


def told(error: OSError, name: str) -> HydrogenError:
    """An error of the disk, in words that name the file and say what to do."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return DiskFull(f"no space left for {name}: delete some files, then try again", file=name)
    if error.errno in (errno.ENAMETOOLONG, errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        return FileRejected(f"{name} cannot be stored under this name: {error.strerror}", file=name, reason="name")
    return HostError(f"cannot store {name}: {error.strerror or error}", file=name)
