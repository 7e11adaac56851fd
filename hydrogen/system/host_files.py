"""Files that belong to the host rather than to Hydrogen's folders: rules for udev, units for systemd. Everything here blocks.

They come with the package (in a checkout from `udev/`). What is on the host is compared with them byte by byte, so that a file
that was changed by hand is seen; nothing here decides what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hydrogen.core.disk import told_about, write_atomically
from hydrogen.errors import HostError

PACKAGED = "host_files"
"""The folder in the installed package (pyproject.toml, force-include); a checkout has `udev/` beside the package instead."""

MODE = 0o644


class FileState(StrEnum):
    """What is where the file should be."""

    FINE = "fine"
    MISSING = "missing"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFile:
    """target is absolute on the host."""

    target: str
    content: bytes

    def path(self, root: Path) -> Path:
        """Where it is, below the folder that stands for `/`."""
        return root / self.target.lstrip("/")

    def state(self, root: Path) -> FileState:
        """Raises HostError when it cannot be read."""
        path = self.path(root)
        try:
            found = path.read_bytes()
        except FileNotFoundError:
            return FileState.MISSING
        except OSError as error:
            raise HostError(f"cannot read {path}: {error.strerror}", path=str(path)) from error
        return FileState.FINE if found == self.content else FileState.DIFFERENT


PACKAGE = Path(__file__).resolve().parents[1]


def packaged_folder(package: Path = PACKAGE) -> Path:
    """Where the files lie that came with this Hydrogen. Raises HostError when they are not there."""
    for folder in (package / PACKAGED, package.parent / "udev"):
        if (folder / "70-hydrogen.rules").is_file():
            return folder
    raise HostError(f"the files for udev and systemd are missing in {package}: install Hydrogen anew")


def host_file(source: str, target: str, words: Mapping[str, str] | None = None) -> HostFile:
    """A packaged file; each of `words` stands as `@WORD@` in it."""
    text = (packaged_folder() / source).read_text(encoding="utf-8")
    for word, value in (words or {}).items():
        text = text.replace(f"@{word}@", value)
    return HostFile(target=target, content=text.encode())


def install(files: Sequence[HostFile], root: Path) -> None:
    """Write those that are not fine. Raises HostError."""
    for file in files:
        if file.state(root) is not FileState.FINE:
            path = file.path(root)
            with told_about(path):
                path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, file.content, MODE)


def remove(files: Sequence[HostFile], root: Path) -> None:
    """Those that are there, changed by hand or not. Raises HostError."""
    for file in files:
        path = file.path(root)
        with told_about(path):
            path.unlink(missing_ok=True)
