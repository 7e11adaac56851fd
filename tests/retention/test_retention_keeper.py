"""The keeper: looks, lets go with a reason, asks twice, and hurries when the disk is low."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.errors import HostError
from hydrogen.model.events import HostDiskLow, HostMeasured
from hydrogen.model.host import HostState
from hydrogen.model.state import State
from hydrogen.retention.item import Item
from hydrogen.retention.keeper import RetentionKeeper
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits
from hydrogen.retention.shelf import Shelf
from tests.support.recording_log import RecordingLog
from tests.support.retention_shelf import MemoryShelf, item
from tests.support.waiting import wait_until


class House:
    """A keeper with shelves in memory; `need` is what the house needs now."""

    def __init__(self, *shelves: Shelf, need: Need = Need()) -> None:  # noqa: B008
        self.need = need
        self.log = RecordingLog()
        self.bus = Bus(lambda _name, _error: None)
        self.context = Context(epoch="e", initial=State(), bus=self.bus)
        self.asked = 0
        self.keeper = RetentionKeeper(
            shelves,
            need=self._need,
            state=lambda: self.context.state,
            is_clock_right=lambda: True,
            clock=ManualClock(wall=1_800_000_000.0),
            log=self.log,
            first_look_seconds=30.0,
            interval_seconds=30.0,
        )
        self.bus.listen(self.keeper.on_published, name="retention")

    def _need(self) -> Need:
        self.asked += 1
        return self.need


def shelf(*items: Item, limits: Limits = Limits(days=5), kind: str = "memory") -> MemoryShelf:  # noqa: B008
    return MemoryShelf(items, limits, kind=kind)


async def test_a_survey_touches_nothing_and_says_why() -> None:
    files = shelf(item("old", days=30, size=7), item("needed", days=30, job="j"), item("young"))
    house = House(files, need=Need(jobs=frozenset({"j"})))
    report = await house.keeper.survey()
    assert [deletion.item.name for deletion in report.deletions] == ["old"]
    assert "untouched for 30 days" in report.deletions[0].reason
    assert (report.freed_bytes, report.needed, report.failed) == (7, 1, ())
    assert not files.deleted and not house.log.entries


async def test_what_goes_is_logged_with_its_reason() -> None:
    files = shelf(item("old", days=30), item("young"))
    house = House(files)
    report = await house.keeper.apply()
    assert files.deleted == ["old"] and set(files.kept) == {"young"}
    assert report.freed_bytes == 10
    [line] = [line for line in house.log.entries if line.event == "retention deleted"]
    assert line.fields["name"] == "old" and "untouched" in str(line.fields["reason"])


async def test_what_somebody_has_come_to_need_meanwhile_stays() -> None:
    """Between the plan and the deletion a job takes the thing: it is asked again in that moment."""

    class Slow(MemoryShelf):
        async def items(self, need: Need) -> list[Item]:
            return [item("first", days=40), item("second", days=30, job="j")]

        async def delete(self, gone: Item) -> int:
            house.need = Need(jobs=frozenset({"j"}))
            self.deleted.append(gone.name)
            return 0

    files = Slow((), Limits(days=5))
    house = House(files)
    await house.keeper.apply()
    assert files.deleted == ["first"]


async def test_a_shelf_that_cannot_be_read_does_not_keep_the_others_from_it() -> None:
    broken, files = shelf(kind="broken"), shelf(item("old", days=30))
    broken.fails = HostError("the disk does not answer")
    house = House(broken, files)
    report = await house.keeper.apply()
    assert files.deleted == ["old"]
    assert report.failed == ("broken: the disk does not answer",)
    assert (await house.keeper.survey()).failed


async def test_a_disk_that_gets_low_empties_the_caches_at_once() -> None:
    cache = shelf(item("young"), limits=Limits(is_cache=True))
    house = House(cache)
    running = asyncio.create_task(house.keeper.run())
    await asyncio.sleep(0)
    assert not cache.deleted
    low = replace(HostState(), disk="low", disk_free_bytes=1)
    house.context.publish(HostMeasured(at=1.0, host=low))
    house.context.publish(HostDiskLow(at=1.0, level="low", free_bytes=1, below_bytes=2))
    await wait_until(lambda: cache.deleted == ["young"])
    running.cancel()
    await asyncio.wait([running])
