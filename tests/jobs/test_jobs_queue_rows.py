"""The queue's rows: what is written is what changed, and what is read is what was written."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.clock import ManualClock
from hydrogen.jobs import queue_rows
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.queue_rows import QueueChanges, changes_between
from hydrogen.jobs.store import JobStore
from hydrogen.model.job import JobOutcome
from tests.jobs.test_jobs_book import CLEARED, PRINTING, book_of, entry
from tests.support.property_settings import REPEATABLE


async def written(folder: Path, *books: QueueBook) -> QueueBook:
    """The last book, as a later life reads it after each step was written."""
    store = JobStore(folder / "hydrogen.db", ManualClock())
    await store.start()
    for old, new in zip((QueueBook(), *books), books, strict=False):
        await store.save_queue(changes_between(old, new))
    await store.release()
    later = JobStore(folder / "hydrogen.db", ManualClock())
    await later.start()
    read = await later.load_queue()
    await later.release()
    return read


def test_nothing_changed_is_nothing_to_write() -> None:
    assert not changes_between(PRINTING, PRINTING)
    assert changes_between(PRINTING, PRINTING) == QueueChanges(entries=[], removed=[])


def test_only_what_changed_is_written() -> None:
    changes = changes_between(CLEARED, CLEARED.begin("a", "p", "j1"))
    assert [one.id for one in changes.entries] == ["a"]
    assert list(changes.desks) == ["p"]
    assert not changes.order and not changes.removed


def test_an_addition_behind_all_others_renumbers_nobody_a_more_urgent_one_does() -> None:
    book = book_of(entry("a"), entry("b"))
    assert not changes_between(book, book.add(entry("c"))).order
    assert list(changes_between(book, book.add(entry("c", priority=1))).order) == ["c", "a", "b"]


async def test_entries_beds_and_holds_are_there_after_a_restart(tmp_path: Path) -> None:
    book = CLEARED.begin("a", "p", "j1").hold("q", "lunch").move("b", position=0)
    read = await written(tmp_path, CLEARED, book)
    assert (read.entries, dict(read.desks)) == (book.entries, dict(book.desks))


async def test_an_entry_that_is_over_leaves_the_line_and_stays_a_row(tmp_path: Path) -> None:
    over = PRINTING.finished("p", "j1", JobOutcome.COMPLETED, 9.0)
    read = await written(tmp_path, PRINTING, over, over.remove("b"))
    assert read.entries == ()
    store = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await store.start()
    assert [(past["id"], past["state"]) for past in await store.past_entries(10)] == [("a", "completed")]
    await store.release()


async def test_rows_of_entries_that_are_over_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_rows, "KEPT_ENTRIES", 2)
    store = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await store.start()
    for number in range(5):
        over = PRINTING.finished("p", "j1", JobOutcome.COMPLETED, 9.0).over[0]
        await store.save_queue(QueueChanges(entries=[entry(f"e{number}")]))
        await store.save_queue(QueueChanges(entries=[type(over)(id=f"e{number}", file="f", state=over.state)]))
    await store.release()
    await store.start()
    assert [past["id"] for past in await store.past_entries(10)] == ["e4", "e3"]
    await store.release()


STEP = st.tuples(st.sampled_from(["add", "move", "remove"]), st.integers(0, 9), st.integers(0, 9), st.integers(-1, 1))


@REPEATABLE
@given(st.lists(STEP, max_size=10))
def test_the_changes_lead_from_the_one_order_to_the_other(steps: list[tuple[str, int, int, int]]) -> None:
    """Played as the table plays them: rows keep their places, additions go behind, a new order renumbers."""
    book, rows = QueueBook(), list[str]()
    for number, (kind, which, place, priority) in enumerate(steps):
        old, names = book, [one.id for one in book.entries]
        if kind == "add" or not names:
            book = book.add(entry(f"e{number}", priority=priority))
        elif kind == "move":
            book = book.move(names[which % len(names)], position=place)
        else:
            book = book.remove(names[which % len(names)])
        changes = changes_between(old, book)
        rows = [row for row in rows if row not in changes.removed]
        rows += [one.id for one in changes.entries if one.id not in rows]
        rows = list(changes.order) or rows
        assert rows == [one.id for one in book.entries]
