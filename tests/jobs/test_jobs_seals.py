"""Each row says what was written, or is seen not to."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.queue_rows import changes_between
from hydrogen.jobs.seals import KEYS, broken_row, is_whole, seal_of
from hydrogen.jobs.store import JobStore
from hydrogen.model.events import JobReceiptIssued
from hydrogen.model.job import JobOutcome
from hydrogen.model.receipt import Receipt
from tests.jobs.test_jobs_book import CLEARED, PRINTING
from tests.jobs.test_jobs_store import FINISHED, STARTED


async def written(folder: Path) -> Path:
    """A file with rows in every table."""
    path = folder / "hydrogen.db"
    store = JobStore(path, ManualClock())
    await store.start()
    await store.record_fact(STARTED, "i.1")
    await store.record_fact(FINISHED, "i.2")
    receipt = Receipt(job="01a", file="cube.gcode", outcome=JobOutcome.COMPLETED)
    await store.record_fact(JobReceiptIssued(at=1.0, printer="bench", job="01a", receipt=receipt), "i.3")
    for old, new in ((QueueBook(), CLEARED), (CLEARED, PRINTING)):
        await store.save_queue(changes_between(old, new))
    if len(PRINTING.entries) > 1:
        moved = PRINTING.move(PRINTING.entries[-1].id, position=0)
        await store.save_queue(changes_between(PRINTING, moved))
    await store.release()
    return path


@pytest.mark.parametrize(
    ("table", "column"),
    [
        ("facts", "body"),
        ("jobs", "outcome"),
        ("jobs", "file"),
        ("receipts", "body"),
        ("queue", "place"),
        ("desks", "body"),
    ],
)
async def test_a_row_that_was_changed_behind_our_back_is_seen(tmp_path: Path, table: str, column: str) -> None:
    path = await written(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.row_factory = sqlite3.Row
        for each in KEYS:
            assert db.execute(f"SELECT COUNT(*) FROM {each} WHERE seal IS NULL").fetchone()[0] == 0
        assert broken_row(db) == ""
        db.execute(f"UPDATE {table} SET {column} = replace({column}, substr({column}, 3, 1), 'q')")
        if column == "place":
            db.execute("UPDATE queue SET place = place + 7")
        assert table in broken_row(db)


async def test_the_store_takes_its_copy_then_and_tells_so(tmp_path: Path) -> None:
    path = await written(tmp_path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE desks SET body = replace(body, 'occupied', 'clear')")
    told = list[str]()
    store = JobStore(path, ManualClock(), on_trouble=lambda _name, error: told.append(str(error)))
    await store.start()
    assert store.is_restored
    assert "a row of desks" in told[0]
    assert len(await store.history()) == 1
    await store.release()


@pytest.mark.parametrize("is_deleted", [True, False])
async def test_a_file_that_is_gone_comes_back_from_its_copy(tmp_path: Path, is_deleted: bool) -> None:
    path = await written(tmp_path)
    path.unlink()
    if not is_deleted:
        path.touch()
    told = list[str]()
    store = JobStore(path, ManualClock(), on_trouble=lambda _name, error: told.append(str(error)))
    await store.start()
    assert store.is_restored
    assert "missing or empty" in told[0]
    assert ("lies aside" in told[0]) is not is_deleted
    assert len(await store.history()) == 1
    await store.release()


def test_a_row_of_an_earlier_version_is_taken_if_it_can_be_read() -> None:
    assert is_whole({"job": "j", "seal": None})
    assert is_whole({"id": "a", "body": "{}", "seal": None})
    assert not is_whole({"id": "a", "body": "{\0}", "seal": None})
    assert not is_whole({"id": "a", "body": None, "seal": None})


def test_a_column_that_says_nothing_does_not_count() -> None:
    assert seal_of({"job": "j", "seal": 4}) == seal_of({"job": "j", "continues": None})
    assert seal_of({"job": "j"}) != seal_of({"job": "k"})
