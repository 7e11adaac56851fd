"""What appears in the folder by other means (scp, a network share, a stick) becomes known; and so does what is thrown into a
folder of its own, the watched one.

Looking is cheap by design: every few seconds the folders' own times are read, which tell of every name that came or went.
Only then, and every half minute for what was written in place, all files are looked at; the more there are, the more seldom.
No notices of the kernel are used: they do not come from network file systems, where these files often come from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.core.service import Service
from hydrogen.errors import (
    ConfigurationInvalid,
    FileRejected,
    FileUnreadable,
    HostError,
    HydrogenError,
    InvalidMessage,
    TooLarge,
)
from hydrogen.files.catalogue import Catalogue, ChangeKind
from hydrogen.files.folder import FilesFolder, StoredFile, is_being_written
from hydrogen.files.name import is_packed_name, is_printable_name
from hydrogen.files.store import FileStore
from hydrogen.model.events import FileAdded, FileChanged, FileRemoved

LOOK_SECONDS = 3.0
FULL_LOOK_SECONDS = 30.0

UNWATCHED_LOOKS = 10
"""While nobody is connected, and there is no watched folder, every so many looks do: there is nobody to be told."""

FULL_LOOK_SHARE = 5000
"""A full look takes at most this part of the time: 12 ms a minute."""

ACTOR = "watched folder"

_EVENTS: Mapping[ChangeKind, type[FileAdded | FileChanged | FileRemoved]] = MappingProxyType(
    {ChangeKind.ADDED: FileAdded, ChangeKind.CHANGED: FileChanged, ChangeKind.REMOVED: FileRemoved}
)

Report = Callable[[str, BaseException], None]


@dataclass
class _View:
    """What was seen of one folder. looked_at, cost_seconds: of the last full look. again: what is to be taken for new then."""

    disk: FilesFolder
    catalogue: Catalogue
    times: dict[str, int] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    looked_at: float | None = None
    cost_seconds: float = 0.0
    is_unreadable: bool = False
    again: list[tuple[Catalogue, str]] = field(default_factory=list)


class FileWatch(Service):
    """Looks after the store's folder and, if there is one, the watched folder."""

    name = "files"

    def __init__(
        self,
        store: FileStore,
        *,
        watched: Path | None = None,
        enqueue: Callable[[str], Awaitable[object]] | None = None,
        report: Report,
        clock: Clock,
        log: Log,
        look_seconds: float = LOOK_SECONDS,
        is_watched: Callable[[], bool] = lambda: True,
    ) -> None:
        """watched: files that appear there are moved into the store. enqueue: what is then done with them. is_watched: is a
        client connected?"""
        self._store = store
        self._own = _View(store.disk, store.catalogue)
        self._packed = Catalogue()
        self._watched = None if watched is None else _View(FilesFolder(watched), Catalogue())
        self._enqueue = enqueue
        self._report = report
        self._clock = clock
        self._log = log
        self._look_seconds = look_seconds
        self._is_watched = is_watched
        self._refused: set[StoredFile] = set()

    async def start(self) -> None:
        """Drafts of a former life are gone when it returns. Raises ConfigurationInvalid."""
        if self._watched is not None:
            own, watched = self._store.folder.resolve(), self._watched.disk.root.resolve()
            if own.is_relative_to(watched) or watched.is_relative_to(own):
                raise ConfigurationInvalid(
                    f"files.watched_folder: {watched} and the files folder {own} must not lie in each other",
                    key="files.watched_folder",
                )
        swept = await asyncio.to_thread(self._store.prepare)
        if swept:
            self._log.info("broken uploads removed", count=swept)

    async def run(self) -> None:
        while True:
            await self.look()
            await self._rest()

    async def _rest(self) -> None:
        for _ in range(UNWATCHED_LOOKS):
            await until_beat(self._look_seconds)
            is_settling = self._own.catalogue.is_settling or self._packed.is_settling
            if is_settling or self._watched is not None or self._is_watched():
                return

    async def look(self) -> None:
        """Once at everything."""
        await self._look_at_own()
        if self._watched is not None:
            await self._look_at_watched(self._watched)

    # ------------------------------------------------------------------------------------------------- our folder

    async def _look_at_own(self) -> None:
        view = self._own
        if not await asyncio.to_thread(self._is_due, view, self._packed.is_settling):
            return
        revision = view.catalogue.revision
        if view.catalogue.is_changing:
            return
        found = await self._found(view)
        if found is None or view.catalogue.is_changing or view.catalogue.revision != revision:
            return  # we have changed it ourselves meanwhile: look again
        is_first = view.looked_at is None
        self._looked(view)
        ready = {file.path: file for file in found if is_printable_name(file.path)}
        packed = {file.path: file for file in found if not is_printable_name(file.path)}
        if is_first:
            view.catalogue.begin(ready)
        else:
            for change in view.catalogue.compare(ready, is_being_written=self._writing_in(view)):
                self._store.tell_of(_EVENTS[change.kind], change.file)
        for change in self._packed.compare(packed, is_being_written=self._writing_in(view)):
            if change.kind is not ChangeKind.REMOVED:
                await self._take(view, self._packed, change.file, actor="")

    # -------------------------------------------------------------------------------------------- the watched folder

    async def _look_at_watched(self, view: _View) -> None:
        if not await asyncio.to_thread(self._is_due, view, False):
            return
        found = await self._found(view)
        if found is None:
            return
        self._looked(view)
        changes = view.catalogue.compare({file.path: file for file in found}, is_being_written=self._writing_in(view))
        for change in changes:
            if change.kind is ChangeKind.REMOVED:
                continue
            stored = await self._take(view, view.catalogue, change.file, actor=ACTOR)
            if stored is not None and self._enqueue is not None:
                try:
                    await self._enqueue(stored.path)
                except HydrogenError as error:
                    self._report(self.name, error)

    async def _take(self, view: _View, catalogue: Catalogue, file: StoredFile, *, actor: str) -> StoredFile | None:
        """Into the store, and away from where it was. None for one that is refused, which is told once: it stays, and is tried
        again when it is another one, or, where it is not the file's fault, with the next full look."""
        source = view.disk.root / file.path
        try:
            stored = await self._store.add(source, file.path, actor=actor)
        except HydrogenError as error:
            if file not in self._refused:
                self._refused.add(file)
                self._report(self.name, error)
            if not isinstance(error, FileRejected | InvalidMessage | TooLarge):
                view.again.append((catalogue, file.path))
            return None
        self._refused.discard(file)
        try:
            await asyncio.to_thread(source.unlink, missing_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            self._report(self.name, HostError(f"{source} was taken, but cannot be removed: {reason}", file=str(source)))
        self._log.info("file taken", source=str(source), file=stored.path)
        return stored

    # --------------------------------------------------------------------------------------------------- looking

    def _is_due(self, view: _View, has_unsettled: bool) -> bool:
        """Blocks: is there anything to be seen?"""
        if view.looked_at is None or view.catalogue.is_settling or has_unsettled:
            return True
        pause_seconds = max(FULL_LOOK_SECONDS, FULL_LOOK_SHARE * view.cost_seconds)
        return self._clock.monotonic() - view.looked_at >= pause_seconds or view.disk.times(view.folders) != view.times

    async def _found(self, view: _View) -> list[StoredFile] | None:
        try:
            found = await asyncio.to_thread(self._look, view)
        except FileUnreadable as error:
            if not view.is_unreadable:
                view.is_unreadable = True
                self._report(self.name, error)
            return None
        view.is_unreadable = False
        return found

    def _look(self, view: _View) -> list[StoredFile]:
        began = self._clock.monotonic()
        view.folders = view.disk.folders()
        view.times = view.disk.times(view.folders)  # before the files: what comes meanwhile is seen next time
        found = view.disk.files(lambda name: is_printable_name(name) or is_packed_name(name))
        view.cost_seconds = self._clock.monotonic() - began
        return found

    def _looked(self, view: _View) -> None:
        now = self._clock.monotonic()
        if view.looked_at is None or now - view.looked_at >= FULL_LOOK_SECONDS:
            for catalogue, path in view.again:
                catalogue.forget(path)
            view.again.clear()
        view.looked_at = now

    def _writing_in(self, view: _View) -> Callable[[str], bool]:
        return lambda path: is_being_written(view.disk.root / path)
