"""Folders and small files that must be whole, and errors that name them. Everything here blocks."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hydrogen.errors import DiskFull, HostError


def make_folder(folder: Path) -> None:
    """Create with its parents, mode 0750, and make sure that it can be written. Raises HostError."""
    with told_about(folder):
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass


def write_atomically(path: Path, content: bytes, mode: int) -> None:
    """Readers see the old content or the new, never a part, also after a power cut. Raises HostError."""
    with told_about(path):
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fchmod(stream.fileno(), mode)
                os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


class told_about:  # noqa: N801
    """Turns an OSError into a HostError that names the path and says what to do."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if not isinstance(error, OSError):
            return
        details: Mapping[str, Any] = {"path": str(self._path), "errno": errno.errorcode.get(error.errno or 0, "")}
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(f"no space left for {self._path}: free some, then try again", **details) from error
        reason = error.strerror or str(error)
        raise HostError(f"cannot write {self._path}: {reason}", **details) from error
