"""The digests of files, kept over restarts: a file that has not changed since is not read again.

One file of our own, a line of JSON for each digest: `["cube.gcode", size, mtime_ns, inode, "sha256 in hex"]`. Lines are added;
the last one of a path counts. What is torn or unknown is ignored: a digest can always be made again. A file that has grown
over twice what it needs is written anew.
"""

from __future__ import annotations

import json
import os
import re
import threading
from dataclasses import dataclass
from pathlib import Path

from hydrogen.core.disk import write_atomically
from hydrogen.errors import HostError

MOST_ENTRIES = 10_000
"""As many as a listing has; the oldest go first."""

MOST_BYTES = 32 << 20
"""Of the file: beyond it nothing is read, it is not ours."""

_is_digest = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class FileIdentity:
    """What tells that a file's content is still the same, without reading it."""

    size_bytes: int
    modified_ns: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


class DigestIndex:
    """Path to SHA-256, valid for one identity. May be used from any thread; all but `find` may touch the disk."""

    def __init__(self, path: Path | None) -> None:
        """path: where it is kept; None for one that forgets."""
        self._path = path
        self._lock = threading.Lock()
        self._entries: dict[str, tuple[FileIdentity, str]] = {}
        self._lines = 0

    def load(self) -> None:
        """What a former life knew. A missing or damaged file is an empty one."""
        with self._lock:
            self._entries.clear()
            self._lines = 0
            if self._path is None:
                return
            try:
                if self._path.stat().st_size > MOST_BYTES:
                    return
                content = self._path.read_bytes()
            except OSError:
                return
            for line in content.split(b"\n"):
                self._lines += 1
                if (entry := _entry_from(line)) is not None:
                    self._keep(*entry)

    def find(self, path: str, identity: FileIdentity) -> str | None:
        """The digest, if the file is still the one that it was made of."""
        found = self._entries.get(path)
        return found[1] if found is not None and found[0] == identity else None

    def remember(self, path: str, identity: FileIdentity, sha256: str) -> None:
        """Counts at once; that it cannot be written is no harm."""
        with self._lock:
            if self._entries.get(path) == (identity, sha256):
                return
            self._keep(path, identity, sha256)
            if self._path is None:
                return
            try:
                if self._lines > 2 * MOST_ENTRIES:
                    lines = [_line_of(name, *entry) for name, entry in self._entries.items()]
                    write_atomically(self._path, b"".join(lines), 0o640)
                    self._lines = len(lines)
                else:
                    self._append(_line_of(path, identity, sha256))
            except (OSError, HostError):
                return

    def _append(self, line: bytes) -> None:
        assert self._path is not None
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
        try:
            os.write(handle, (b"" if self._lines else b"\n") + line)
        finally:
            os.close(handle)
        self._lines += 1

    def _keep(self, path: str, identity: FileIdentity, sha256: str) -> None:
        self._entries.pop(path, None)  # so that the dict stays in order of age
        self._entries[path] = (identity, sha256)
        if len(self._entries) > MOST_ENTRIES:
            del self._entries[next(iter(self._entries))]


def _line_of(path: str, identity: FileIdentity, sha256: str) -> bytes:
    fields = [path, identity.size_bytes, identity.modified_ns, identity.inode, sha256]
    return json.dumps(fields, ensure_ascii=True).encode() + b"\n"


def _entry_from(line: bytes) -> tuple[str, FileIdentity, str] | None:
    try:
        path, size, modified, inode, sha256 = json.loads(line)
    except (ValueError, TypeError, RecursionError):
        return None
    is_sound = isinstance(path, str) and all(type(number) is int for number in (size, modified, inode))
    if not is_sound or not isinstance(sha256, str) or not _is_digest(sha256):
        return None
    return path, FileIdentity(size, modified, inode), sha256
