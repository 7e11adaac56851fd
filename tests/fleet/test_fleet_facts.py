"""The recorder: stored in order, acknowledged afterwards, patient with a full disk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hydrogen.errors import DiskFull, HostError
from hydrogen.fleet.facts import QUEUED_FACTS, FactRecorder
from hydrogen.model.events import ErrorRaised, Event
from hydrogen.model.printer import ErrorReport
from tests.support.recording_log import RecordingLog

FACT = ErrorRaised(at=1.0, printer="bench", error=ErrorReport(code="x", message="y"))


class Disk:
    """Stores, or refuses as often as it is told to."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.stored: list[str] = []
        self.troubles: list[HostError] = []
        self.recorder = FactRecorder(self._keep, log=RecordingLog(), on_trouble=self.troubles.append)

    async def _keep(self, event: Event, fact_id: str) -> None:
        if self.refusals:
            self.refusals -= 1
            raise DiskFull("full")
        self.stored.append(fact_id)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[FactRecorder]:
        task = asyncio.create_task(self.recorder.run())
        yield self.recorder
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_facts_are_stored_in_the_order_they_came() -> None:
    disk, acknowledged = Disk(), list[str]()
    async with disk.working() as recorder:
        for number in range(10):
            assert recorder.admit(FACT, f"i.{number}", acknowledged.append)
        await recorder.drained()
    assert disk.stored == acknowledged == [f"i.{number}" for number in range(10)]


async def test_a_full_disk_is_told_once_and_nothing_is_forgotten() -> None:
    disk, acknowledged = Disk(refusals=2), list[str]()
    async with disk.working() as recorder:
        recorder.admit(FACT, "i.1", acknowledged.append)
        await recorder.drained()
    assert [error.code for error in disk.troubles] == ["disk_full"]
    assert disk.stored == acknowledged == ["i.1"]


async def test_a_fact_on_its_way_is_neither_stored_nor_acknowledged_twice() -> None:
    disk, acknowledged = Disk(), list[str]()
    assert disk.recorder.admit(FACT, "i.1", acknowledged.append)
    assert not disk.recorder.admit(FACT, "i.1", acknowledged.append)
    async with disk.working() as recorder:
        await recorder.drained()
    assert disk.stored == acknowledged == ["i.1"]


async def test_what_does_not_fit_is_published_but_left_to_its_spooler() -> None:
    disk, acknowledged = Disk(), list[str]()
    for number in range(QUEUED_FACTS + 1):
        assert disk.recorder.admit(FACT, f"i.{number}", acknowledged.append)
    async with disk.working() as recorder:
        await recorder.drained()
        assert len(disk.stored) == QUEUED_FACTS
        assert recorder.admit(FACT, f"i.{QUEUED_FACTS}", acknowledged.append)
        await recorder.drained()
    assert len(acknowledged) == QUEUED_FACTS + 1
