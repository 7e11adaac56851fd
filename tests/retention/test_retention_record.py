"""The record of jobs and the user's files as shelves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from hydrogen.files.store import FileStore
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits
from hydrogen.retention.record import FilesShelf, HistoryShelf, ReceiptShelf


class MemoryRecord:
    """Signs JobRecord."""

    def __init__(self, *jobs: tuple[str, str, float | None]) -> None:
        self.jobs = list(jobs)
        self.receipts = {job for job, _, _ in jobs}

    async def past_jobs(self) -> Sequence[tuple[str, str, float | None]]:
        return self.jobs

    async def forget_job(self, job: str) -> None:
        self.jobs = [row for row in self.jobs if row[0] != job]
        self.receipts.discard(job)

    async def forget_receipt(self, job: str) -> None:
        self.receipts.discard(job)


def found_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_a_job_that_has_not_ended_is_needed() -> None:
    record = MemoryRecord(("job-1", "a.gcode", 500.0), ("job-2", "b.gcode", None))
    shelf = HistoryShelf(record, Limits(days=1))
    ended, running = await shelf.items(Need())
    assert (ended.touched_at, ended.needed) == (500.0, "")
    assert running.needed
    await shelf.delete(ended)
    assert record.jobs == [("job-2", "b.gcode", None)]
    assert record.receipts == {"job-2"}


async def test_a_receipt_goes_from_both_places(tmp_path: Path) -> None:
    record = MemoryRecord(("job-1", "a.gcode", 500.0))
    (tmp_path / "job-1.json").write_text("{}")
    shelf = ReceiptShelf(tmp_path, record, Limits(most=0))
    [found] = await shelf.items(Need())
    assert found.job == "job-1"
    assert Need(jobs=frozenset({"job-1"})).why(found)
    assert await shelf.delete(found) == 2
    assert not record.receipts and record.jobs
    assert not found_in(tmp_path)


async def test_the_users_files_are_not_even_looked_at_without_a_limit(tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text("G28\n")
    assert await FilesShelf(FileStore(tmp_path), Limits()).items(Need()) == []


async def test_with_a_limit_they_are_things_that_a_job_may_be_made_of(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "a.gcode"
    path.parent.mkdir()
    path.write_text("G28\n")
    os.utime(path, (700.0, 700.0))
    shelf = FilesShelf(FileStore(tmp_path), Limits(days=1))
    [found] = await shelf.items(Need())
    assert (found.name, found.file, found.touched_at) == ("deep/a.gcode", "deep/a.gcode", 700.0)
    assert Need(files=frozenset({"deep/a.gcode"})).why(found)
    assert Need(unheard=frozenset({"p"})).why(found)
    assert await shelf.delete(found) == 4
    assert not path.exists()
    assert await shelf.delete(found) == 0
