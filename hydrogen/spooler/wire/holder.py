"""The process that holds a printer: found, proven to be it, and ended by force.

A pid alone proves nothing: it may have been given to somebody else. So the process is pinned by a pidfd first (from then on it
cannot be mistaken), and must then have the printer's lock file open, which only a spooler of this printer has. The pid comes
from the socket (SO_PEERCRED names whoever listens: systemd, where that holds the socket) or from the lock file itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import socket
import struct
from pathlib import Path

from hydrogen.spooler.wire.address import RuntimeFiles

_PEER = struct.Struct("3i")

FOREIGN_PIDS = (0, 1)
"""Unknown, and the first process: never a spooler."""


class Holder:
    """One process, pinned. `close` frees the pin; use as a context manager."""

    def __init__(self, pid: int, pin: int) -> None:
        self.pid = pid
        self._pin = pin

    @classmethod
    def find(cls, files: RuntimeFiles, *, peer_pid: int | None = None) -> Holder | None:
        """Whoever holds this printer's lock; None if nobody does, or nobody whom we may look at. Never ourselves."""
        if not is_held(files.lock):
            return None
        for pid in (peer_pid, _named_in(files.lock)):
            if pid is None or pid in FOREIGN_PIDS or pid == os.getpid():
                continue
            holder = cls._pinned(pid, files.lock)
            if holder is not None:
                return holder
        return None

    @classmethod
    def _pinned(cls, pid: int, lock: Path) -> Holder | None:
        try:
            pin = os.pidfd_open(pid)
        except OSError:
            return None
        if _has_open(pid, lock):
            return cls(pid, pin)
        os.close(pin)
        return None

    def kill(self) -> None:
        """SIGKILL: works on a stopped process too. Nothing if it is gone. Raises PermissionError if it is not ours."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pin, signal.SIGKILL)

    def has_ended(self, *, within_seconds: float = 0.0) -> bool:
        """Is it gone? Blocks for so long at most; its locks are free then."""
        poll = select.poll()
        poll.register(self._pin, select.POLLIN)
        return bool(poll.poll(within_seconds * 1000))

    def close(self) -> None:
        """May be called twice."""
        if self._pin >= 0:
            os.close(self._pin)
            self._pin = -1

    def __enter__(self) -> Holder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def peer_pid(connection: socket.socket) -> int | None:
    """The pid of whoever listens at the other end of a Unix socket; None where the system does not tell."""
    try:
        pid, _, _ = _PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    except OSError:
        return None
    return pid or None


def is_held(lock: Path) -> bool:
    """Does a process live behind this lock file?"""
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _named_in(lock: Path) -> int | None:
    try:
        return int(lock.read_text().strip())
    except (OSError, ValueError):
        return None


def _has_open(pid: int, file: Path) -> bool:
    try:
        wanted = file.stat()
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            found = descriptor.stat()
            if (found.st_dev, found.st_ino) == (wanted.st_dev, wanted.st_ino):
                return True
    return False
