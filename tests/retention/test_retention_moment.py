"""Nothing goes that is needed in the moment in which it would go, however often the house changes its mind meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.clock import ManualClock
from hydrogen.model.host import HostState
from hydrogen.model.state import State
from hydrogen.retention.item import Item
from hydrogen.retention.keeper import RetentionKeeper
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits
from tests.support.property_settings import REPEATABLE
from tests.support.recording_log import RecordingLog
from tests.support.retention_shelf import MemoryShelf, item

JOBS = ("job-1", "job-2", "job-3")
FILES = ("a.gcode", "b.gcode")

_things = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from(("", *JOBS)), st.sampled_from(("", *FILES)), st.booleans()),
    max_size=8,
)
_needs = st.lists(
    st.builds(
        Need,
        jobs=st.frozensets(st.sampled_from(JOBS)),
        files=st.frozensets(st.sampled_from(FILES)),
        unheard=st.frozensets(st.just("ender3")),
    ),
    min_size=1,
    max_size=12,
)
_limits = st.builds(
    Limits,
    days=st.none() | st.floats(0, 60),
    most=st.none() | st.integers(0, 4),
    most_bytes=st.none() | st.integers(0, 60),
    is_cache=st.booleans(),
)


class FickleHouse:
    """Needs something else each time it is asked; remembers what it needed last."""

    def __init__(self, needs: Sequence[Need]) -> None:
        self._needs = list(needs)
        self.now = needs[0]

    def need(self) -> Need:
        if len(self._needs) > 1:
            self._needs.pop(0)
        self.now = self._needs[0]
        return self.now


class WatchedShelf(MemoryShelf):
    """Raises when something goes that the house needs now."""

    def __init__(self, items: Sequence[Item], limits: Limits, house: FickleHouse) -> None:
        super().__init__(items, limits)
        self._house = house

    async def delete(self, item: Item) -> int:
        assert not self._house.now.why(item), item
        return await super().delete(item)


@given(
    _things, _limits, _needs, st.sampled_from(["ok", "low", "critical", None]), st.booleans(), st.floats(-1e10, 1e10)
)
@REPEATABLE
def test_what_is_needed_when_it_would_go_stays(
    things: list[tuple[int, str, str, bool]],
    limits: Limits,
    needs: list[Need],
    disk: str | None,
    is_right: bool,
    jump: float,
) -> None:
    items = [
        item(f"thing-{place}", days=days, job=job, file=file, may_be_a_jobs=is_open)
        for place, (days, job, file, is_open) in enumerate(things)
    ]
    house = FickleHouse(needs)
    shelf = WatchedShelf(items, limits, house)
    log = RecordingLog()
    keeper = RetentionKeeper(
        [shelf],
        need=house.need,
        state=lambda: State(host=HostState(disk=disk)),
        is_clock_right=lambda: is_right,
        clock=ManualClock(wall=1_800_000_000.0 + jump),
        log=log,
    )
    report = asyncio.run(keeper.apply())
    assert not report.failed
    assert [deletion.item.name for deletion in report.deletions] == shelf.deleted
    assert log.events("info") == ["retention deleted"] * len(shelf.deleted)
