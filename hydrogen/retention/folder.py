"""Shelves that are folders of files."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
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
            touched_at=max(status.st_mtime, status.st_atime) if self.limits.is_cache else status.st_mtime,
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


class SpoolShelf:
    """`spool/`: a job's file and its journal, together one thing. Spoolers tidy up their own; what is left here is of printers
    that are gone, or of jobs whose journal could not be written."""

    kind = "spool"

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.limits = limits
        self._folder = folder

    async def items(self, need: Need) -> Sequence[Item]:
        """See Shelf."""
        return await asyncio.to_thread(self._items, need)

    async def delete(self, item: Item) -> int:
        """The journal goes last: as long as it is there, somebody can tell what the file was."""
        return await asyncio.to_thread(self._delete, item)

    def _items(self, need: Need) -> Sequence[Item]:
        groups: dict[str, list[Path]] = {}
        for path in sorted(self._folder.glob("*")):
            if _is_plain(path):
                groups.setdefault(path.name.partition(".")[0], []).append(path)
        return [item for job, paths in groups.items() if (item := self._item(job, paths, need)) is not None]

    def _item(self, job: str, paths: Sequence[Path], need: Need) -> Item | None:
        try:
            statuses = [path.stat() for path in paths]
        except FileNotFoundError:
            return None  # its spooler was faster
        # A link of the user's file has that file's mtime; when it was linked, ctime tells.
        touched_at = max(max(status.st_mtime, status.st_ctime) for status in statuses)
        return Item(
            kind=self.kind,
            name=job,
            size_bytes=sum(status.st_size for status in statuses),
            touched_at=touched_at,
            job=job,
            may_be_a_jobs=True,
            needed=self._why_needed(job, need),
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

    def _delete(self, item: Item) -> int:
        freed = 0
        paths = [path for path in self._folder.glob(f"{item.name}.*") if _is_plain(path)]
        for path in sorted(paths, key=lambda path: path.suffix == ".journal"):
            freed += path.stat().st_size
            path.unlink(missing_ok=True)
        return freed


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()
