"""A step counts when it is written, and is told when it counts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.errors import Conflict, DiskFull
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.bookkeeper import Bookkeeper
from hydrogen.jobs.queue_rows import QueueChanges
from hydrogen.jobs.store import JobStore
from hydrogen.model.events import Event, PrinterBedChanged, QueueChanged
from hydrogen.model.state import State
from tests.jobs.test_jobs_book import entry


class Bench:
    def __init__(self, path: Path) -> None:
        self.store = JobStore(path, ManualClock())
        self.told: list[Event] = []
        self.troubles: list[BaseException] = []
        bus = Bus(lambda _name, error: self.troubles.append(error))
        bus.listen(lambda published: self.told.append(published.event), name="test")
        self.context = Context(epoch="e", initial=State(), bus=bus)
        self.keeper = Bookkeeper(
            self.store,
            context=self.context,
            clock=ManualClock(),
            on_trouble=lambda _name, error: self.troubles.append(error),
        )


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path / "hydrogen.db")
    await made.store.start()
    yield made
    await made.keeper.close()
    await made.store.release()


def add(name: str) -> object:
    return lambda book: book.add(entry(name))


async def test_steps_that_come_at_once_are_taken_one_after_the_other(bench: Bench) -> None:
    names = [f"e{number}" for number in range(20)]
    await asyncio.gather(*(bench.keeper.commit(lambda book, n=name: book.add(entry(n))) for name in names))  # type: ignore[misc]
    assert [one.id for one in bench.keeper.book.entries] == names
    assert (await bench.store.load_queue()).entries == bench.keeper.book.entries


async def test_a_step_that_is_refused_changes_and_tells_nothing(bench: Bench) -> None:
    with pytest.raises(Conflict):
        await bench.keeper.commit(lambda book: book.begin("x", "p", "j"))
    assert bench.told == []


async def test_a_step_that_cannot_be_written_does_not_count(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(changes: QueueChanges) -> None:
        raise DiskFull("no space")

    with monkeypatch.context() as patch:
        patch.setattr(bench.store, "save_queue", full)
        with pytest.raises(DiskFull):
            await bench.keeper.commit(lambda book: book.add(entry("a")))
    assert bench.keeper.book == QueueBook()
    assert bench.told == []


async def test_who_stops_waiting_does_not_part_the_memory_from_the_disk(bench: Bench) -> None:
    waiting = asyncio.create_task(bench.keeper.commit(lambda book: book.add(entry("a"))))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait({waiting})
    await bench.keeper.close()
    assert [one.id for one in bench.keeper.book.entries] == ["a"]
    assert (await bench.store.load_queue()).entries == bench.keeper.book.entries


async def test_what_was_written_is_told_to_the_next_life(bench: Bench) -> None:
    await bench.keeper.commit(lambda book: book.add(entry("a")).occupy("p", "j1").occupy("gone", "j2"))
    later = Bench(bench.store._database.path)
    later.keeper._store = bench.store
    await later.keeper.load(["p"])
    assert [type(event) for event in later.told] == [QueueChanged, PrinterBedChanged]
    assert later.context.state.printers["p"].bed_job == "j1"
    assert later.context.state.queue.next == ("a",)
    assert list(later.keeper.book.desks) == ["p"]
