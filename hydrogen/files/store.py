"""The files that can be printed: one folder, `<data_dir>/files`, with sub-folders; what changes it goes through here.

Paths of clients are relative, with `/` between the parts. A file appears whole or not at all. Nothing is deleted, moved or
written over that a job is made of: the print itself would live on (the spooler holds a link of its own), but whoever sees
it print expects to find its file.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, Protocol

from hydrogen.core.clock import Clock, SystemClock
from hydrogen.errors import Conflict, FileUnreadable, InvalidMessage, NotFound, Unavailable
from hydrogen.files.catalogue import Catalogue
from hydrogen.files.digest import DigestIndex, FileIdentity
from hydrogen.files.draft import FOLDER, Draft, check_head, sweep_drafts, sync_folder, told, too_large
from hydrogen.files.folder import FilesFolder, StoredFile, check_printable, is_being_written, stored_file
from hydrogen.files.incoming import Incoming
from hydrogen.files.name import BINARY_SUFFIX, GZIP_SUFFIX, found_parts, made_file_parts, made_parts, stored_path
from hydrogen.files.space import Space
from hydrogen.files.thread import in_thread
from hydrogen.model.events import Event, FileAdded, FileChanged, FileMoved, FileRemoved

MOST_INCOMING = 64
"""Files that are on their way in at the same time: each holds a descriptor and a megabyte at most."""

LARGEST_FILE_BYTES = 4 << 30
"""Unless the configuration says otherwise: no print is that long, and the journals count in more."""

FRESH_SECONDS = 10.0
"""A file that has not changed for so long is not asked whether somebody writes it."""

COPY_BYTES = 1 << 20

Listing = list[StoredFile]

Unpack = Callable[[Path, Draft], Awaitable[None]]
"""Writes the text of a packed file into a draft. Raises FileRejected, DiskFull, HostError."""


class FileNeeds(Protocol):
    """Who needs a file."""

    def is_needed(self, path: str) -> str | None:
        """Why it must be left alone: it prints, or is about to. None: nobody needs it."""

    def is_awaited(self, path: str) -> str | None:
        """Who waits for it: a queue's entry. None: nobody does."""


class NobodyNeeds:
    """For a folder without printers."""

    def is_needed(self, path: str) -> str | None:
        return None

    def is_awaited(self, path: str) -> str | None:
        return None


class FileStore:
    """All methods that touch the disk do so in a thread, except `resolve`, which looks at one name."""

    def __init__(
        self,
        folder: Path,
        *,
        needs: FileNeeds | None = None,
        tell: Callable[[Event], object] = lambda _event: None,
        index: DigestIndex | None = None,
        space: Space | None = None,
        unpack: Unpack | None = None,
        clock: Clock | None = None,
        limit_bytes: int = LARGEST_FILE_BYTES,
    ) -> None:
        """folder: created by whoever builds the house. tell: what happened, for clients. unpack: for binary G-code; without
        it such a file is refused."""
        self._disk = FilesFolder(folder)
        self._needs = needs or NobodyNeeds()
        self._tell = tell
        self._index = index or DigestIndex(None)
        self._space = space or Space(folder)
        self._unpack = unpack
        self._clock = clock or SystemClock()
        self._incoming = 0
        self._turn = asyncio.Lock()
        """Whoever looks whether a change may be made, and makes it, does so alone."""
        self.limit_bytes = limit_bytes
        self.catalogue = Catalogue()

    @property
    def folder(self) -> Path:
        return self._disk.root

    # ------------------------------------------------------------------------------------------------------- looking

    async def list(self) -> Listing:
        """Every printable file that is complete, sorted by path; at most LISTED_FILES. Raises FileUnreadable."""
        return [file for file in await asyncio.to_thread(self._list) if not self.catalogue.is_growing(file.path)]

    async def folders(self) -> Sequence[str]:
        """Every sub-folder, the empty ones too, sorted."""
        return await asyncio.to_thread(self._disk.folders)

    def resolve(self, path: str) -> Path:
        """The file behind a client's path, ready to be printed. Raises InvalidMessage for what is no path below the folder,
        NotFound, Conflict while somebody is still writing it."""
        real = self._disk.find(path)
        if is_being_written(real):
            raise Conflict(f"{path} is still being written: try again when it is complete", file=path)
        return real

    def name_of(self, path: str) -> str:
        """The path under which the folder has the file that a client's path means, whatever its spelling (`a//./b.gcode`, an
        accent of its own, the name before it was unpacked): what is written down by it is found by it. May block. Raises
        InvalidMessage, NotFound."""
        return self._disk.stat(path).path

    def find(self, path: str) -> Path:
        """The file behind a client's path, to be read as it is; may block. Raises InvalidMessage, NotFound."""
        return self._disk.find(path)

    async def is_folder(self, path: str) -> bool:
        """Is there a sub-folder of this path?"""
        return await asyncio.to_thread(self._is_folder, path)

    async def stat(self, path: str) -> StoredFile:
        """What is known of one file, its digest too if that is known. Raises InvalidMessage, NotFound."""
        file = await asyncio.to_thread(self._disk.stat, path)
        sha256 = None if file.identity is None else self._index.find(file.path, file.identity)
        return replace(file, sha256=sha256)

    def check_room(self, size_bytes: int, what: str) -> None:
        """May so much more come? Blocks for microseconds. Raises TooLarge, DiskFull."""
        if size_bytes > self.limit_bytes:
            raise too_large(what, self.limit_bytes)
        self._space.check(size_bytes, what)

    def free_bytes(self) -> int:
        """What files may still take. Blocks for microseconds."""
        return self._space.free_bytes()

    async def digest_of(self, path: str) -> str | None:
        """The SHA-256 of a file's content in hex, if it is known without reading it. Raises InvalidMessage, NotFound."""
        return (await self.stat(path)).sha256

    def remember_digest(self, path: str, identity: FileIdentity, sha256: str) -> None:
        """Somebody has read the file and found this; blocks. identity: of the file that was read."""
        self._index.remember(path, identity, sha256)

    # -------------------------------------------------------------------------------------------------------- adding

    async def receive(
        self,
        path: str,
        *,
        actor: str = "",
        declared_bytes: int | None = None,
        is_gzip: bool = False,
        may_replace: bool = True,
        is_final: bool = True,
    ) -> Incoming:
        """A file that is about to be sent; use it as a context. declared_bytes: how long its sender says it is. is_final: False
        when the folder is named later, with `commit`: then what is there is looked at only then.

        `x.gcode.gz` and `is_gzip` are unpacked while they arrive, `x.bgcode` when it is whole (see name.stored_path).
        Raises InvalidMessage (name), Conflict (needed, or there and not to be replaced), TooLarge, DiskFull, Unavailable.
        """
        target = "/".join(made_file_parts(stored_path(path)))
        is_packed = is_gzip or path.lower().endswith(GZIP_SUFFIX)
        is_binary = target.lower().endswith(f"{BINARY_SUFFIX}.gcode") and stored_path(path) != path
        if is_binary and self._unpack is None:
            raise InvalidMessage(f"{path[:80]!r} is binary G-code, which cannot be unpacked here", field="file")
        if is_final:
            await asyncio.to_thread(self._check_target, target, may_replace=may_replace)
        if declared_bytes is not None:
            self.check_room(declared_bytes, path)
        if self._incoming >= MOST_INCOMING:
            raise Unavailable(f"{MOST_INCOMING} files are on their way in: try again", retry_after_seconds=2)
        self._incoming += 1
        try:
            draft = await self._make_draft(path, is_gzip=is_packed)
        except BaseException:
            self._incoming -= 1
            raise

        async def place(incoming: Incoming, below: str, is_replacing: bool) -> StoredFile:
            if is_binary:
                await self._unpack_into(incoming, target)
            may_place = may_replace and is_replacing
            return await self._place(incoming.draft, target, below, actor=actor, may_replace=may_place)

        return Incoming(target, draft, place=place, is_text=not is_binary, on_end=self._incoming_ended)

    async def add(self, source: Path, name: str, *, actor: str = "", may_replace: bool = True) -> StoredFile:
        """Copy a local file into the folder under `name`, over one that is there; whole, or not at all.

        Raises InvalidMessage (name), FileRejected (empty, binary), FileUnreadable, DiskFull, Conflict.
        """
        made_file_parts(stored_path(name))
        if stored_path(name) == name:
            await asyncio.to_thread(check_printable, source)
        reader = await asyncio.to_thread(_opened, source)
        try:
            async with await self.receive(name, actor=actor, may_replace=may_replace) as incoming:
                while block := await asyncio.to_thread(_read, reader):
                    await incoming.write(block)
                return await incoming.commit()
        finally:
            reader.close()

    # ------------------------------------------------------------------------------------------------------ changing

    async def remove(self, path: str, *, actor: str = "", force: bool = False) -> StoredFile:
        """Delete a file. force: also one that a queue's entry waits for. Raises InvalidMessage, NotFound, Conflict."""
        async with self._turn:
            file = await asyncio.to_thread(self._disk.stat, path)
            self._check_free(file.path, force=force)
            with self.catalogue.changing():
                await asyncio.to_thread(self._remove, file.path)
                self._forget(file, actor)
            return file

    async def move(
        self, path: str, target: str, *, actor: str = "", may_replace: bool = False, force: bool = False
    ) -> StoredFile:
        """Rename a file, or move it to another folder. Raises InvalidMessage, NotFound, Conflict."""
        async with self._turn:
            file = await asyncio.to_thread(self._disk.stat, path)
            made = "/".join(made_file_parts(target))
            self._check_free(file.path, force=force)
            if made == file.path:
                return file
            await asyncio.to_thread(self._check_target, made, may_replace=may_replace)
            return await self._moved(file, made, actor)

    async def copy(self, path: str, target: str, *, actor: str = "", may_replace: bool = False) -> StoredFile:
        """The same content a second time. Raises InvalidMessage, NotFound, Conflict, DiskFull."""
        file = await asyncio.to_thread(self._disk.stat, path)
        made = "/".join(made_file_parts(target))
        if made == file.path:
            raise Conflict(f"{path} cannot be copied onto itself", file=path)
        return await self.add(self._disk.find(file.path), made, actor=actor, may_replace=may_replace)

    async def make_folder(self, path: str) -> str:
        """A sub-folder with those above it. Raises InvalidMessage, Conflict if there is something of that name."""
        parts = made_parts(path)
        await asyncio.to_thread(self._make_folder, parts)
        return "/".join(parts)

    async def remove_folder(
        self, path: str, *, actor: str = "", recursive: bool = False, force: bool = False
    ) -> Sequence[StoredFile]:
        """Delete a sub-folder; with what is in it only if that is asked for. Returns the files that went with it.

        Raises InvalidMessage, NotFound, Conflict (not empty, or one of its files is needed).
        """
        async with self._turn:
            real, inside = await self._inside(path)
            if not recursive and await asyncio.to_thread(lambda: any(real.iterdir())):
                raise Conflict(f"the folder {path} is not empty", folder=path)
            for file in inside:
                self._check_free(file.path, force=force)
            with self.catalogue.changing():
                await asyncio.to_thread(self._remove_tree, real, path)
                for file in inside:
                    self._forget(file, actor)
            return inside

    async def move_folder(
        self, path: str, target: str, *, actor: str = "", force: bool = False
    ) -> Sequence[StoredFile]:
        """Rename a sub-folder, or move it with all that is in it. Raises InvalidMessage, NotFound, Conflict."""
        parts = made_parts(target)
        async with self._turn:
            real, inside = await self._inside(path)
            before = self._disk.path_of(real)
            if parts[: len(found_parts(before))] == found_parts(before):
                raise Conflict(f"the folder {path} cannot be moved into itself", folder=path)
            for file in inside:
                self._check_free(file.path, force=force)
            made = "/".join(parts)
            with self.catalogue.changing():
                await asyncio.to_thread(self._rename_folder, real, parts)
                places = [replace(file, path=made + file.path.removeprefix(before)) for file in inside]
                return [self._note_moved(file, moved, actor) for file, moved in zip(inside, places, strict=True)]

    # ---------------------------------------------------------------------------------------------------- housekeeping

    def prepare(self) -> int:
        """Blocks: reads the digests of a former life and removes the drafts that it left. Returns how many those were."""
        self._index.load()
        return sweep_drafts(self.folder / FOLDER)

    @property
    def disk(self) -> FilesFolder:
        """The folder as it lies on the disk; what it tells may be incomplete."""
        return self._disk

    def tell_of(self, kind: type[FileAdded | FileChanged | FileRemoved], file: StoredFile, actor: str = "") -> None:
        """Let clients know."""
        self._tell(
            kind(
                at=self._clock.wall(),
                path=file.path,
                size_bytes=file.size_bytes,
                modified_at=file.modified_at,
                actor=actor,
            )
        )

    # ------------------------------------------------------------------------------------------------- on the loop

    def _incoming_ended(self) -> None:
        self._incoming -= 1

    async def _make_draft(self, name: str, *, is_gzip: bool = False) -> Draft:
        """Whoever is cancelled while it is made leaves none."""
        making = asyncio.ensure_future(asyncio.to_thread(self._draft, name, is_gzip=is_gzip))
        try:
            return await asyncio.shield(making)
        except asyncio.CancelledError:
            await asyncio.to_thread((await making).discard)
            raise

    async def _unpack_into(self, incoming: Incoming, target: str) -> None:
        assert self._unpack is not None
        packed = incoming.draft
        draft = await self._make_draft(target)
        try:
            await self._unpack(packed.path, draft)
            check_head(draft.head, target)
            await in_thread(draft.finish)
        except BaseException:
            await in_thread(draft.discard)
            raise
        incoming.replace_draft(draft)
        await in_thread(packed.discard)

    async def _place(self, draft: Draft, target: str, below: str, *, actor: str, may_replace: bool) -> StoredFile:
        path = "/".join(made_file_parts(f"{below.strip('/')}/{target}" if below.strip("/") else target))
        async with self._turn:
            await asyncio.to_thread(self._check_target, path, may_replace=may_replace)
            with self.catalogue.changing():
                stored = await in_thread(self._place_draft, draft, path)
                kind = FileAdded if self.catalogue.note(stored) is None else FileChanged
        self.tell_of(kind, stored, actor)
        return stored

    def _check_free(self, path: str, *, force: bool) -> None:
        if reason := self._needs.is_needed(path):
            raise Conflict(f"{path} is needed: {reason}", file=path, reason=reason)
        if not force and (reason := self._needs.is_awaited(path)):
            raise Conflict(f"{path} is awaited: {reason}", file=path, reason=reason, force=True)

    def _check_target(self, path: str, *, may_replace: bool) -> None:
        if reason := self._needs.is_needed(path):
            raise Conflict(f"{path} cannot be replaced: {reason}", file=path, reason=reason)
        target = self.folder.joinpath(*path.split("/"))
        if target.is_dir():
            raise Conflict(f"{path} is a folder", file=path)
        for above in target.parents[: path.count("/")]:
            if above.is_file():
                name = above.relative_to(self.folder).as_posix()
                raise Conflict(f"{name} is a file, not a folder", file=path)
        if not may_replace and target.exists():
            raise Conflict(f"{path} is there already", file=path, reason="exists")

    def _forget(self, file: StoredFile, actor: str) -> None:
        self.catalogue.forget(file.path)
        self.tell_of(FileRemoved, file, actor)

    async def _moved(self, file: StoredFile, target: str, actor: str) -> StoredFile:
        with self.catalogue.changing():
            stored = await asyncio.to_thread(self._rename, file, target)
            return self._note_moved(file, stored, actor)

    def _note_moved(self, file: StoredFile, stored: StoredFile, actor: str) -> StoredFile:
        self.catalogue.forget(file.path)
        self.catalogue.note(stored)
        self._tell(
            FileMoved(
                at=self._clock.wall(),
                path=stored.path,
                moved_from=file.path,
                size_bytes=stored.size_bytes,
                modified_at=stored.modified_at,
                actor=actor,
            )
        )
        return stored

    async def _inside(self, path: str) -> tuple[Path, Sequence[StoredFile]]:
        real = await asyncio.to_thread(self._disk.find_folder, path)
        return real, await asyncio.to_thread(self._disk.files_in, real)

    # ------------------------------------------------------------------------------------------------- in a thread

    def _is_folder(self, path: str) -> bool:
        try:
            self._disk.find_folder(path)
        except (InvalidMessage, NotFound):
            return False
        return True

    def _list(self) -> Listing:
        fresh_since = self._clock.wall() - FRESH_SECONDS
        return [
            file
            for file in self._disk.files()
            if file.modified_at < fresh_since or not is_being_written(self.folder / file.path)
        ]

    def _draft(self, name: str, *, is_gzip: bool = False) -> Draft:
        return Draft(self.folder / FOLDER, name, space=self._space, limit_bytes=self.limit_bytes, is_gzip=is_gzip)

    def _place_draft(self, draft: Draft, path: str) -> StoredFile:
        try:
            status = draft.place(self._disk.place_of(tuple(path.split("/")), what=path))
        except OSError as error:
            raise told(error, path) from error
        stored = stored_file(path, status, sha256=draft.sha256)
        self._index.remember(path, FileIdentity.of(status), draft.sha256)
        return stored

    def _remove(self, path: str) -> None:
        place = self.folder / path
        try:
            place.unlink()
            sync_folder(place.parent)
        except FileNotFoundError:
            raise NotFound(f"there is no file {path!r}", file=path) from None
        except OSError as error:
            raise told(error, path) from error

    def _remove_tree(self, real: Path, path: str) -> None:
        try:
            shutil.rmtree(real)
        except OSError as error:
            raise told(error, path) from error

    def _rename(self, file: StoredFile, target: str) -> StoredFile:
        try:
            place = self._disk.place_of(tuple(target.split("/")), what=target)
            (self.folder / file.path).rename(place)
            sync_folder(place.parent)
        except OSError as error:
            raise told(error, target) from error
        return self._renamed(file, target)

    def _renamed(self, file: StoredFile, target: str) -> StoredFile:
        """Its digest goes with it."""
        moved = replace(file, path=target)
        if file.identity is not None and (sha256 := self._index.find(file.path, file.identity)):
            self._index.remember(target, file.identity, sha256)
            return replace(moved, sha256=sha256)
        return moved

    def _make_folder(self, parts: tuple[str, ...]) -> None:
        path = "/".join(parts)
        try:
            self._disk.place_of(parts, what=path).mkdir(mode=0o750)
        except FileExistsError:
            raise Conflict(f"{path} is there already", folder=path, reason="exists") from None
        except OSError as error:
            raise told(error, path) from error

    def _rename_folder(self, real: Path, parts: tuple[str, ...]) -> None:
        path = "/".join(parts)
        try:
            place = self._disk.place_of(parts, what=path)
            if place.exists():
                raise Conflict(f"{path} is there already", folder=path, reason="exists")
            real.rename(place)
            sync_folder(place.parent)
        except OSError as error:
            raise told(error, path) from error


def _opened(source: Path) -> BinaryIO:
    try:
        return source.open("rb")
    except OSError as error:
        raise FileUnreadable(f"cannot read {source}: {error.strerror or error}", file=source.name) from error


def _read(reader: BinaryIO) -> bytes:
    try:
        return reader.read(COPY_BYTES)
    except OSError as error:
        raise FileUnreadable(f"cannot read {reader.name}: {error.strerror or error}") from error
