"""How much room is left for files; the last part of the disk is not for them.

Journals and the database must be written while a print runs. They are small, but a disk that an upload has filled to the last
byte cannot hold them.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hydrogen.errors import DiskFull

RESERVE_BYTES = 64 << 20
"""Left free by uploads: hundreds of journals' worth, and little even on a small card."""

FreeBytes = Callable[[Path], int]
"""What an unprivileged process may still write there. Raises OSError."""


def free_bytes_of(folder: Path) -> int:
    """Of the file system that holds this folder. Raises OSError."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class Space:
    """The room for files in one folder. Its methods block, for microseconds."""

    def __init__(self, folder: Path, *, reserve_bytes: int = RESERVE_BYTES, probe: FreeBytes = free_bytes_of) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._probe = probe

    def free_bytes(self) -> int:
        """What files may still take; 0 for none, also when it cannot be told."""
        try:
            return max(0, self._probe(self._folder) - self._reserve_bytes)
        except OSError:
            return 0

    def check(self, needed_bytes: int, what: str) -> None:
        """Raises DiskFull unless there is room for so many bytes more."""
        free_bytes = self.free_bytes()
        if needed_bytes > free_bytes:
            raise DiskFull(
                f"no space left for {what}: delete some files, then try again",
                file=what,
                free_bytes=free_bytes,
                needed_bytes=needed_bytes,
            )
