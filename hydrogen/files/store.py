"""The files that can be printed: one folder, `<data_dir>/files`, with sub-folders.

Paths of clients are relative, with `/` between the parts. What leads out of the folder, also by a symbolic link, does not
exist for them. A file appears whole or not at all.
"""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hydrogen.errors import DiskFull, FileRejected, FileUnreadable, HostError, InvalidMessage, NotFound

SUFFIXES = frozenset({".gcode", ".gco", ".g"})
"""What slicers call their output; anything else in the folder is not shown and not printed."""

LISTED_FILES = 10_000
"""More are not listed: a listing is one message."""

LONGEST_PATH = 1024
"""Characters of a client's path."""

HEAD_BYTES = 4096
"""How much of a file is looked at to see whether it is text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as clients see it: path below the folder, modified_at in Unix seconds."""

    path: str
    size_bytes: int
    modified_at: float


Listing = list[StoredFile]


class FileStore:
    """All methods that touch the disk do so in a thread, except `resolve`, which looks at one name."""

    def __init__(self, folder: Path) -> None:
        """folder: created by whoever builds the house."""
        self._folder = folder

    @property
    def folder(self) -> Path:
        return self._folder

    async def list(self) -> Listing:
        """Every printable file, sorted by path; at most LISTED_FILES. Raises FileUnreadable if the folder is gone."""
        return await asyncio.to_thread(self._list)

    def resolve(self, path: str) -> Path:
        """The file behind a client's path. Raises InvalidMessage for what is no path below the folder, NotFound."""
        parts = _checked_parts(path)
        root = self._folder.resolve()
        found = root.joinpath(*parts)
        try:
            real = found.resolve(strict=True)
        except (OSError, RuntimeError):
            raise NotFound(f"there is no file {path!r}", file=path) from None
        if not real.is_relative_to(root) or not real.is_file():
            raise NotFound(f"there is no file {path!r}", file=path)
        if real.suffix.lower() not in SUFFIXES and found.suffix.lower() not in SUFFIXES:
            raise InvalidMessage(
                f"{path!r} is no G-code file: its name must end in {', '.join(sorted(SUFFIXES))}",
                field="file",
                reason="suffix",
            )
        return real

    async def add(self, source: Path, name: str) -> StoredFile:
        """Copy a local file into the folder under `name`, over one that is there; whole, or not at all.

        Raises InvalidMessage (name), FileRejected (empty, binary), FileUnreadable, DiskFull.
        """
        return await asyncio.to_thread(self._add, source, name)

    # ------------------------------------------------------------------------------------------------- in a thread

    def _list(self) -> Listing:
        found: Listing = []
        try:
            for file in self._walk(self._folder, ""):
                found.append(file)
                if len(found) >= LISTED_FILES:
                    break
        except OSError as error:
            raise FileUnreadable(f"cannot list {self._folder}: {error.strerror or error}") from error
        return sorted(found, key=lambda file: file.path)

    def _walk(self, folder: Path, prefix: str) -> Iterator[StoredFile]:
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                path = prefix + entry.name
                if entry.name.startswith(".") or not _is_speakable(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(Path(entry.path), f"{path}/")
                elif Path(entry.name).suffix.lower() in SUFFIXES and self._is_ours(entry):
                    status = entry.stat()
                    yield StoredFile(path=path, size_bytes=status.st_size, modified_at=status.st_mtime)

    def _is_ours(self, entry: os.DirEntry[str]) -> bool:
        try:
            is_inside = not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self._folder.resolve())
            return entry.is_file() and is_inside
        except (OSError, RuntimeError):
            return False

    def _add(self, source: Path, name: str) -> StoredFile:
        parts = _checked_parts(name)
        target = self._folder.joinpath(*parts)
        if target.suffix.lower() not in SUFFIXES:
            raise InvalidMessage(f"{name!r} must end in {', '.join(sorted(SUFFIXES))}", field="file", reason="suffix")
        check_printable(source)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.parent.resolve().is_relative_to(self._folder.resolve()):
                raise InvalidMessage(f"{name!r} leads out of the files folder", field="file", reason="outside")
            _copy(source, target)
            status = target.stat()
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull(f"no space left for {name}: free some, then try again", file=name) from error
            raise HostError(f"cannot store {name}: {error.strerror or error}", file=name) from error
        return StoredFile(path="/".join(parts), size_bytes=status.st_size, modified_at=status.st_mtime)


def check_printable(source: Path) -> None:
    """Refuse what is clearly no G-code, early. Raises FileUnreadable (missing, a folder, no right) or FileRejected."""
    try:
        with source.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise FileUnreadable(f"cannot read {source}: {error.strerror or error}", file=source.name) from error
    if not head.strip():
        raise FileRejected(f"{source} is empty: nothing to print", file=source.name, reason="empty")
    if b"\0" in head:
        raise FileRejected(f"{source} is binary, not G-code text", file=source.name, reason="binary")


def _copy(source: Path, target: Path) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=".adding-")
    try:
        with source.open("rb") as reader, os.fdopen(handle, "wb") as writer:
            shutil.copyfileobj(reader, writer, 1 << 20)
            writer.flush()
            os.fchmod(writer.fileno(), 0o640)
            os.fsync(writer.fileno())
        Path(temporary).replace(target)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _checked_parts(path: str) -> tuple[str, ...]:
    """The parts of a client's path. Raises InvalidMessage that says what is wrong with it."""
    reason = ""
    if not path or len(path) > LONGEST_PATH:
        reason = f"1 to {LONGEST_PATH} characters"
    elif not _is_speakable(path):
        reason = "no control characters"
    elif path.startswith("/") or "\\" in path:
        reason = "a relative path with / between its parts"
    elif ".." in PurePosixPath(path).parts or path.endswith("/"):
        reason = "a path that stays in the folder and names a file"
    parts = PurePosixPath(path).parts
    if not reason and (not parts or any(part.startswith(".") or len(os.fsencode(part)) > 255 for part in parts)):
        reason = "no hidden names, none over 255 bytes"
    if reason:
        raise InvalidMessage(f"{path[:80]!r} is no file of ours: expected {reason}", field="file", reason=reason)
    return parts


def _is_speakable(text: str) -> bool:
    """Printable in a message: no control characters, no bytes that are not UTF-8."""
    return all(character >= " " and character != "\x7f" and not "\ud800" <= character <= "\udfff" for character in text)
