"""What the house knows of the folder, pure: what a look at the disk finds is compared with it, and what is new is told.

A file that appears or changes by itself counts when two looks in a row have found it the same: whoever copies it may not be
ready. What we change ourselves is noted at once, and never found a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from hydrogen.files.digest import FileIdentity
from hydrogen.files.folder import StoredFile


class ChangeKind(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happened to a file by itself; a removed one as it was last."""

    kind: ChangeKind
    file: StoredFile


class Catalogue:
    """Belongs to the loop."""

    def __init__(self) -> None:
        self._known: dict[str, StoredFile] = {}
        self._settling: dict[str, FileIdentity | None] = {}
        self._growing: set[str] = set()
        self._changes = 0
        self.revision = 0
        """Rises with everything that is noted: a look that began before is out of date."""

    @property
    def is_settling(self) -> bool:
        """Is there a file that must be looked at again soon?"""
        return bool(self._settling)

    def is_growing(self, path: str) -> bool:
        """Has it changed from one look to the next, and not come to rest since?"""
        return path in self._growing

    @property
    def is_changing(self) -> bool:
        """Are we about to change the folder? Then a look may find what is not noted yet."""
        return self._changes > 0

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Around a change and its note."""
        self._changes += 1
        try:
            yield
        finally:
            self._changes -= 1

    def begin(self, found: Mapping[str, StoredFile]) -> None:
        """The first look: what is there is no news."""
        self._known = dict(found)
        self._settling.clear()
        self._growing.clear()

    def note(self, file: StoredFile) -> StoredFile | None:
        """We have put this there. Returns what was known of the path before."""
        self.revision += 1
        before = self._known.get(file.path)
        self._known[file.path] = file
        self._settling.pop(file.path, None)
        self._growing.discard(file.path)
        return before

    def forget(self, path: str) -> StoredFile | None:
        """We have taken this away. Returns what was known of it."""
        self.revision += 1
        self._settling.pop(path, None)
        self._growing.discard(path)
        return self._known.pop(path, None)

    def compare(
        self, found: Mapping[str, StoredFile], *, is_being_written: Callable[[str], bool] = lambda _path: False
    ) -> list[Change]:
        """What has come to rest since the looks before, and what is gone."""
        changes = [
            Change(kind=ChangeKind.REMOVED, file=file) for path, file in self._known.items() if path not in found
        ]
        for change in changes:
            del self._known[change.file.path]
        for path in [path for path in self._settling if path not in found]:
            del self._settling[path]
            self._growing.discard(path)
        for path, file in found.items():
            known = self._known.get(path)
            if known is not None and known.identity == file.identity:
                self._settling.pop(path, None)
                self._growing.discard(path)
            elif path not in self._settling or self._settling[path] != file.identity or is_being_written(path):
                if path in self._settling:
                    self._growing.add(path)
                self._settling[path] = file.identity
            else:
                del self._settling[path]
                self._growing.discard(path)
                self._known[path] = file
                kind = ChangeKind.ADDED if known is None else ChangeKind.CHANGED
                changes.append(Change(kind=kind, file=file))
        return changes
