"""Shelves that others keep: the record of jobs with its receipts, and the user's files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hydrogen.errors import Conflict, InvalidMessage, NotFound
from hydrogen.retention.folder import FolderShelf
from hydrogen.retention.item import Item
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits


class JobRecord(Protocol):
    """What the database is asked for."""

    async def past_jobs(self) -> Sequence[tuple[str, str, float | None]]:
        """Every job: its id, its file, and when it ended (None: it has not, as far as is known)."""

    async def forget_job(self, job: str) -> None:
        """Its row and its receipt go. Raises DiskFull, HostError."""

    async def forget_receipt(self, job: str) -> None:
        """Its receipt goes, the job stays. Raises DiskFull, HostError."""


class HistoryShelf:
    """The jobs of the past."""

    kind = "history"

    def __init__(self, record: JobRecord, limits: Limits) -> None:
        self.limits = limits
        self._record = record

    async def items(self, need: Need) -> Sequence[Item]:
        """See Shelf."""
        return [
            Item(
                kind=self.kind,
                name=job,
                size_bytes=0,
                touched_at=ended_at or 0.0,
                job=job,
                needed="" if ended_at is not None else "it has not ended, as far as is known",
            )
            for job, _file, ended_at in await self._record.past_jobs()
        ]

    async def delete(self, item: Item) -> int:
        """See Shelf."""
        await self._record.forget_job(item.job)
        return 0


class ReceiptShelf(FolderShelf):
    """Receipts, as files and in the database; a job's own stay as long as it is needed."""

    def __init__(self, folder: Path, record: JobRecord, limits: Limits) -> None:
        super().__init__("receipts", folder, "*.json", limits)
        self._record = record

    async def items(self, need: Need) -> Sequence[Item]:
        """See Shelf."""
        return [
            Item(
                kind=item.kind,
                name=item.name,
                size_bytes=item.size_bytes,
                touched_at=item.touched_at,
                job=item.name.removesuffix(".json"),
            )
            for item in await super().items(need)
        ]

    async def delete(self, item: Item) -> int:
        """See Shelf."""
        await self._record.forget_receipt(item.job)
        return await super().delete(item)


class ListedFile(Protocol):
    """A file of the user's."""

    @property
    def path(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def modified_at(self) -> float: ...


class UserFiles(Protocol):
    """What the files folder is asked for."""

    async def list(self) -> Sequence[ListedFile]: ...

    async def remove(self, path: str, *, actor: str, force: bool) -> ListedFile:
        """Raises InvalidMessage, NotFound, Conflict (it is needed after all)."""


ACTOR = "retention"
"""Who deletes, in the events of the files folder."""


class FilesShelf:
    """The user's own files: only where the owner has set a limit."""

    kind = "files"

    def __init__(self, files: UserFiles, limits: Limits) -> None:
        self.limits = limits
        self._files = files

    async def items(self, need: Need) -> Sequence[Item]:
        """Nothing where there is no limit: then nobody has to look."""
        if self.limits == Limits():
            return []
        return [
            Item(
                kind=self.kind,
                name=file.path,
                size_bytes=file.size_bytes,
                touched_at=file.modified_at,
                file=file.path,
                may_be_a_jobs=True,
            )
            for file in await self._files.list()
        ]

    async def delete(self, item: Item) -> int:
        """See Shelf."""
        try:
            return (await self._files.remove(item.name, actor=ACTOR, force=False)).size_bytes
        except (Conflict, InvalidMessage, NotFound):
            return 0
