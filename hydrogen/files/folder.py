"""The files folder as it lies on the disk: what is in it, and where a client's path leads. All of it blocks.

What leads out of the folder, also by a symbolic link, does not exist.
"""

from __future__ import annotations

import fcntl
import os
import signal
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hydrogen.errors import FileUnreadable, InvalidMessage, NotFound
from hydrogen.files.digest import FileIdentity
from hydrogen.files.draft import HEAD_BYTES, check_head
from hydrogen.files.name import check_suffix, found_parts, is_printable_name, is_speakable, stored_path

LISTED_FILES = 10_000
"""More are not listed."""

DEEPEST_LISTED = 64
"""Parts of a path; what lies deeper is not listed. Uploads make 16 at most, and no listing is to break at folders without an
end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file as clients see it: path below the folder, modified_at in Unix seconds. identity, sha256: where known."""

    path: str
    size_bytes: int
    modified_at: float
    identity: FileIdentity | None = None
    sha256: str | None = None


class FilesFolder:
    """One folder with its sub-folders."""

    def __init__(self, root: Path) -> None:
        """root: created by whoever builds the house."""
        self.root = root

    def files(self, is_wanted: Callable[[str], bool] = is_printable_name) -> list[StoredFile]:
        """Every printable file, sorted by path; at most LISTED_FILES. Raises FileUnreadable if the folder is gone. A sub-folder
        that cannot be read hides nothing but what is in it.

        is_wanted: by its name, for those who look for others.
        """
        found: list[StoredFile] = []
        try:
            for file in self._walk(self.root, "", is_wanted):
                found.append(file)
                if len(found) >= LISTED_FILES:
                    break
        except OSError as error:
            raise FileUnreadable(f"cannot list {self.root}: {error.strerror or error}") from error
        return sorted(found, key=lambda file: file.path)

    def files_in(self, folder: Path) -> list[StoredFile]:
        """Every printable file in a sub-folder that `find_folder` found, however many there are."""
        return list(self._walk(folder, f"{self.path_of(folder)}/", is_printable_name))

    def folders(self) -> list[str]:
        """Every sub-folder, the empty ones too, sorted; at most LISTED_FILES."""
        found: list[str] = []
        waiting = [(self.root, "")]
        while waiting and len(found) < LISTED_FILES:
            folder, prefix = waiting.pop()
            if _is_too_deep(prefix):
                continue
            with suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    if _is_shown(entry) and entry.is_dir(follow_symlinks=False):
                        found.append(prefix + entry.name)
                        waiting.append((Path(entry.path), f"{prefix}{entry.name}/"))
        return sorted(found)

    def times(self, folders: Iterable[str]) -> dict[str, int]:
        """When names were last added to or taken from the root ("") and these sub-folders, in nanoseconds."""
        found: dict[str, int] = {}
        for folder in ("", *folders):
            with suppress(OSError):
                found[folder] = (self.root / folder).stat().st_mtime_ns
        return found

    def find(self, path: str) -> Path:
        """The file behind a client's path. Raises InvalidMessage for what is no path below the folder, NotFound."""
        return self._found(path)[1]

    def find_folder(self, path: str) -> Path:
        """A sub-folder; never the root itself. Raises InvalidMessage, NotFound."""
        parts = found_parts(path)
        real = self._real(parts)
        if real is None or not real.is_dir() or real == self.root.resolve():
            raise NotFound(f"there is no folder {path!r}", folder=path)
        return real

    def place_of(self, parts: tuple[str, ...], *, what: str) -> Path:
        """Where a new file or folder is to lie; the folders above it are made. Raises InvalidMessage, OSError."""
        target = self.root.joinpath(*parts)
        root = self.root.resolve()
        above = target.parent
        while not above.exists() and above != self.root:
            above = above.parent
        if not above.resolve().is_relative_to(root):
            raise InvalidMessage(f"{what!r} leads out of the files folder", field="file", reason="outside")
        target.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        return target

    def path_of(self, real: Path) -> str:
        """The client's path of a file in the folder."""
        return real.relative_to(self.root.resolve()).as_posix()

    def stat(self, path: str) -> StoredFile:
        """What is known of one file, under the path that it has in the folder. Raises InvalidMessage, NotFound."""
        parts, real = self._found(path)
        try:
            return stored_file("/".join(parts), real.stat())
        except OSError:
            raise NotFound(f"there is no file {path!r}", file=path) from None

    def _found(self, path: str) -> tuple[tuple[str, ...], Path]:
        """As it stands, or as Unicode composes it, or as an upload of this name was stored."""
        asked = found_parts(path)
        for candidate in dict.fromkeys((path, unicodedata.normalize("NFC", path), stored_path(path))):
            parts = found_parts(candidate)
            real = self._real(parts)
            if real is not None and real.is_file() and (candidate == path or is_printable_name(parts[-1])):
                if not is_printable_name(real.name):
                    check_suffix(asked[-1], path)
                return parts, real
        raise NotFound(f"there is no file {path!r}", file=path)

    def _real(self, parts: tuple[str, ...]) -> Path | None:
        root = self.root.resolve()
        try:
            real = root.joinpath(*parts).resolve(strict=True)
        except (OSError, RuntimeError):
            return None
        return real if real.is_relative_to(root) else None

    def _walk(self, folder: Path, prefix: str, is_wanted: Callable[[str], bool]) -> Iterator[StoredFile]:
        if _is_too_deep(prefix):
            return
        with os.scandir(folder) as entries:
            for entry in sorted(entries, key=lambda entry: entry.name):
                if not _is_shown(entry):
                    continue
                path = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    with suppress(OSError):  # a share that is gone, a stick that is broken, no right
                        yield from self._walk(Path(entry.path), f"{path}/", is_wanted)
                elif is_wanted(entry.name) and self._is_ours(entry):
                    with suppress(FileNotFoundError):
                        yield stored_file(path, entry.stat())

    def _is_ours(self, entry: os.DirEntry[str]) -> bool:
        try:
            is_inside = not entry.is_symlink() or Path(entry.path).resolve().is_relative_to(self.root.resolve())
            return entry.is_file() and is_inside
        except (OSError, RuntimeError):
            return False


def stored_file(path: str, status: os.stat_result, *, sha256: str | None = None) -> StoredFile:
    """A file as clients see it."""
    return StoredFile(
        path=path,
        size_bytes=status.st_size,
        modified_at=status.st_mtime,
        identity=FileIdentity.of(status),
        sha256=sha256,
    )


def check_printable(source: Path) -> None:
    """Refuse what is clearly no G-code, early. Raises FileUnreadable (missing, a folder, no right) or FileRejected."""
    try:
        with source.open("rb") as stream:
            head = stream.read(HEAD_BYTES)
    except OSError as error:
        raise FileUnreadable(f"cannot read {source}: {error.strerror or error}", file=source.name) from error
    check_head(head, str(source))


def is_being_written(path: Path) -> bool:
    """Does anybody hold this file open for writing?

    The kernel knows: it gives a read lease (fcntl(2), F_SETLEASE) for a file that nobody writes, and only then. It gives none
    for a file of somebody else, and some file systems give none at all: then the answer is no, and only time can tell.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)  # ignored by default, unlike SIGIO: somebody may open it now
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False


def _is_too_deep(prefix: str) -> bool:
    """Must what lies below this folder (`a/b/`) stay unlisted?"""
    return prefix.count("/") >= DEEPEST_LISTED


def _is_shown(entry: os.DirEntry[str]) -> bool:
    return not entry.name.startswith(".") and is_speakable(entry.name)
