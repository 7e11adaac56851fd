"""Shelves that are folders of files."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from hydrogen.retention.item import Item
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits

MOST_ITEMS = 100_000
"""Looked at in one folder; more are left for the next time."""


class FolderShelf:
    """The files of a folder whose names fit a pattern, each a thing of its own. Folders inside, and links, are not touched."""

    def __init__(self, kind: str, folder: Path, pattern: str, limits: Limits, *, keeps_last: bool = False) -> None:
        """keeps_last: the file that comes last by name is in use."""
        self.kind = kind
        self.limits = limits
        self._folder = folder
        self._pattern = pattern
        self._keeps_last = keeps_last

    async def items(self, need: Need) -> Sequence[Item]:
        """See Shelf."""
        return await asyncio.to_thread(lambda: list(self._items(need)))

    async def delete(self, item: Item) -> int:
        """See Shelf."""
        return await asyncio.to_thread(self._delete, item)

    def _items(self, need: Need) -> Iterator[Item]:
        files = [entry for entry in sorted(self._folder.glob(self._pattern)) if _is_plain(entry)][:MOST_ITEMS]
        for place, path in enumerate(files, 1):
            is_last = self._keeps_last and place == len(files)
            try:
                yield self._item(path, path.stat(), needed="it is the one that is written" if is_last else "")
            except FileNotFoundError:
                continue  # somebody else was faster

    def _item(self, path: Path, status: os.stat_result, *, needed: str) -> Item:
        return Item(
            kind=self.kind,
            name=path.name,
            size_bytes=status.st_size,
            touched_at=status.st_mtime,
            needed=needed,
        )

    def _delete(self, item: Item) -> int:
        path = self._folder / item.name
        size = path.stat().st_size if path.exists() else 0
        path.unlink(missing_ok=True)
        return size


class LogShelf(FolderShelf):
    """Files that others append to: the oldest lines go, the file stays with half of what it may have."""

    def _delete(self, item: Item) -> int:
        path = self._folder / item.name
        handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
        try:
            size = os.fstat(handle).st_size
            kept = min(size, (self.limits.each_bytes or size) // 2)
            tail = os.pread(handle, kept + 1, size - kept - 1) if kept < size else b""
            tail = tail[tail.find(b"\n") + 1 :]
            os.ftruncate(handle, 0)  # whoever appends goes on at the new end
            os.write(handle, tail)
            return size - len(tail)
        finally:
            os.close(handle)


class GroupShelf:
    """A folder in which several files are one thing: their names begin with its name, and go on behind one of `ends`."""

    def __init__(
        self,
        kind: str,
        folder: Path,
        limits: Limits,
        *,
        ends: str,
        names_in_use: Callable[[], Awaitable[Collection[str]]] | None = None,
    ) -> None:
        """names_in_use: of the things that are in use; None where nobody can tell."""
        self._names_in_use = names_in_use
        self.kind = kind
        self.limits = limits
        self._folder = folder
        self._ends = ends

    async def items(self, need: Need) -> Sequence[Item]:
        """See Shelf."""
        used = frozenset(await self._names_in_use()) if self._names_in_use is not None else frozenset()
        found = await asyncio.to_thread(self._items, need)
        return [replace(item, is_in_use=True) if item.name in used else item for item in found]

    async def delete(self, item: Item) -> int:
        """See Shelf. The file that comes last by name goes last."""
        return await asyncio.to_thread(self._delete, item)

    def _items(self, need: Need) -> Sequence[Item]:
        groups: dict[str, list[os.stat_result]] = {}
        for path in self._files():
            with contextlib.suppress(FileNotFoundError):  # somebody else was faster
                groups.setdefault(self._name_of(path), []).append(path.stat())
        return [self._item(name, statuses, need) for name, statuses in groups.items()]

    def _item(self, name: str, statuses: Sequence[os.stat_result], need: Need) -> Item:
        return Item(
            kind=self.kind,
            name=name,
            size_bytes=sum(status.st_size for status in statuses),
            touched_at=max(max(status.st_mtime, status.st_atime) for status in statuses),
        )

    def _delete(self, item: Item) -> int:
        freed = 0
        for path in self._files():
            if self._name_of(path) == item.name:
                with contextlib.suppress(FileNotFoundError):
                    freed += path.stat().st_size
                    path.unlink()
        return freed

    def _files(self) -> Sequence[Path]:
        """In the order of their names; hidden ones are being written."""
        return [path for path in sorted(self._folder.glob("[!.]*")) if _is_plain(path)]

    def _name_of(self, path: Path) -> str:
        return re.split(f"[{re.escape(self._ends)}]", path.name, maxsplit=1)[0]


class SpoolShelf(GroupShelf):
    """`spool/`: a job's file and its journal, together one thing. Spoolers tidy up their own; what is left here is of printers
    that are gone, or of jobs whose journal could not be written. The journal goes last (`.gcode` before `.journal`): as long
    as it is there, somebody can tell what the file was."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        super().__init__("spool", folder, limits, ends=".")

    def _item(self, name: str, statuses: Sequence[os.stat_result], need: Need) -> Item:
        # A link of the user's file has that file's mtime; when it was linked, ctime tells.
        touched_at = max(max(status.st_mtime, status.st_ctime) for status in statuses)
        return Item(
            kind=self.kind,
            name=name,
            size_bytes=sum(status.st_size for status in statuses),
            touched_at=touched_at,
            job=name,
            may_be_a_jobs=True,
            needed=self._why_needed(name, need),
        )

    def _why_needed(self, job: str, need: Need) -> str:
        # Loaded with the first look, some minutes after the start: what journals need is not part of it.
        from hydrogen.spooler.recovery.interrupted import INTERRUPTED, read_journal

        journal = read_journal(self._folder / f"{job}.journal")
        if journal is None or journal.header.printer not in need.printers:
            return ""
        if journal.header.outcome in (None, INTERRUPTED):
            return f"printer {journal.header.printer} can recover it"
        return ""


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
