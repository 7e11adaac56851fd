"""A disk that a test can fill: a small tmpfs that only the house sees.

It lies in a mount namespace of its own, so nothing of it is left on the machine when its holder ends. Where namespaces are
not allowed, `OpenDisk` limits the size of files of the house's processes instead (RLIMIT_FSIZE): every write that lengthens
a file fails then, with EFBIG in place of ENOSPC.
"""

from __future__ import annotations

import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

SIZE_BYTES = 8 << 20
BLOCK = bytes(1 << 16)

MOUNT = 'mount -t tmpfs -o size="$1" chaos "$0" && echo ready && exec cat'
"""Mounts, says so, and holds the namespace until its standard input ends."""


class Disk(Protocol):
    """Where a house keeps its data."""

    name: str
    prefix: tuple[str, ...]
    """The command that a process of the house is run by."""

    def seen(self, path: Path) -> Path:
        """How we get at what the house calls `path`."""

    def fill(self) -> None:
        """From now on nothing more can be written."""

    def free(self) -> None:
        """Room again."""


class SmallDisk:
    """A tmpfs over one folder."""

    def __init__(self, folder: Path, holder: int, *, is_user_namespace: bool) -> None:
        self.name = "a tmpfs in a private mount namespace"
        self._folder = folder
        self._root = Path(f"/proc/{holder}/root")
        user = (f"--user=/proc/{holder}/ns/user", "--preserve-credentials") if is_user_namespace else ()
        self.prefix = ("nsenter", *user, f"--mount=/proc/{holder}/ns/mnt", "--")

    def seen(self, path: Path) -> Path:
        return self._root / path.relative_to("/") if path.is_relative_to(self._folder) else path

    @property
    def _ballast(self) -> Path:
        return self.seen(self._folder / "ballast")

    def fill(self) -> None:
        with suppress(OSError), self._ballast.open("ab", buffering=0) as ballast:
            while True:
                ballast.write(BLOCK)

    def free(self) -> None:
        self._ballast.unlink(missing_ok=True)


class OpenDisk:
    """The machine's own disk; `fill` forbids the processes to lengthen a file."""

    prefix: tuple[str, ...] = ()

    def __init__(self, pids: Callable[[], list[int]]) -> None:
        self.name = "RLIMIT_FSIZE"
        self._pids = pids

    def seen(self, path: Path) -> Path:
        return path

    def fill(self) -> None:
        self._limit(0)

    def free(self) -> None:
        self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for pid in self._pids():
            with suppress(ProcessLookupError):
                _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, most))


@contextmanager
def disk_over(folder: Path, pids: Callable[[], list[int]], *, size_bytes: int = SIZE_BYTES) -> Iterator[Disk]:
    """A disk for what lies in `folder`, which is made. pids: the processes of the house, wanted by the second kind only."""
    folder.mkdir(parents=True, exist_ok=True)
    holder, is_user_namespace = _holder(folder, size_bytes)
    if holder is None:
        yield OpenDisk(pids)
        return
    try:
        yield SmallDisk(folder, holder.pid, is_user_namespace=is_user_namespace)
    finally:
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait()
        assert holder.stdout is not None
        holder.stdout.close()


def _holder(folder: Path, size_bytes: int) -> tuple[subprocess.Popen[bytes] | None, bool]:
    is_root = os.geteuid() == 0
    user = () if is_root else ("--user", "--map-root-user")
    command = ["unshare", *user, "--mount", "--propagation", "private", "sh", "-c", MOUNT, str(folder), str(size_bytes)]
    try:
        holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    except OSError:
        return None, False
    assert holder.stdout is not None
    assert holder.stdin is not None
    if holder.stdout.readline() == b"ready\n":
        return holder, not is_root
    holder.stdin.close()
    holder.stdout.close()
    holder.wait()
    return None, False
