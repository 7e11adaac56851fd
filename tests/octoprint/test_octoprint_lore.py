from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import NotFound, Unavailable
from hydrogen.files.store import FileStore
from hydrogen.model.events import FileChanged, FileMoved, PublishedEvent
from hydrogen.octoprint.lore import FRESH_SECONDS, FileLore, filament_in
from hydrogen.operations.job import HistoryParams
from hydrogen.operations.operation import Call, Operation, Params
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import WillingFleet


class FileParams(Params):
    file: str


class Oracle:
    """Answers `file.info` and `job.history`, and counts."""

    def __init__(self) -> None:
        self.asked = 0
        self.info: Mapping[str, Any] = {"state": "ready", "print_seconds": 90.0, "analysis": None, "thumbnails": []}
        self.trouble: Exception | None = None

    async def tell(self, call: Call) -> Mapping[str, Any]:
        self.asked += 1
        if self.trouble is not None:
            raise self.trouble
        assert call.printer == "ender3"
        return self.info

    async def history(self, call: Call) -> Mapping[str, Any]:
        assert call.params.file == "a.gcode"
        ends = [("completed", 100.0), ("failed", 5.0), ("completed", 80.0), (None, None)]
        jobs = [{"outcome": outcome, "elapsed_seconds": seconds, "finished_at": None} for outcome, seconds in ends]
        return {"jobs": jobs}


@pytest.fixture
def oracle() -> Oracle:
    return Oracle()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def lore(tmp_path: Path, oracle: Oracle, clock: ManualClock) -> FileLore:
    (tmp_path / "a.gcode").write_text("G28\n")
    operations = [
        Operation(name="file.info", params=FileParams, scope="read", summary="", handler=oracle.tell),
        Operation(name="job.history", params=HistoryParams, scope="read", summary="", handler=oracle.history),
    ]
    registry = Registry(operations, fleet=WillingFleet(), repeats=RepeatMemory(clock=clock))
    return FileLore(FileStore(tmp_path), registry, clock)


async def test_what_the_house_knows_of_a_file_is_gathered_once(lore: FileLore, oracle: Oracle) -> None:
    facts = await lore.facts("a.gcode", "ender3")
    assert facts is not None
    assert (facts.size_bytes, facts.estimated_seconds, facts.average_seconds, facts.last_seconds) == (
        4,
        90.0,
        90.0,
        100.0,
    )
    known = await lore.of("a.gcode", "ender3")
    assert (known.prints.completed, known.prints.failed) == (2, 1)
    assert oracle.asked == 1


async def test_a_file_that_is_gone_is_not_known(lore: FileLore) -> None:
    assert await lore.facts("b.gcode", "ender3") is None
    with pytest.raises(NotFound):
        await lore.of("b.gcode", "ender3")


async def test_an_analysis_that_is_under_way_is_asked_for_again(
    lore: FileLore, oracle: Oracle, clock: ManualClock
) -> None:
    oracle.info = {"state": "pending", "analysis": None}
    await lore.of("a.gcode", "ender3")
    await lore.of("a.gcode", "ender3")
    assert oracle.asked == 1
    clock.advance(FRESH_SECONDS)
    await lore.of("a.gcode", "ender3")
    assert oracle.asked == 2


async def test_what_changes_is_asked_for_again(lore: FileLore, oracle: Oracle) -> None:
    listed = (await lore.of("a.gcode", "ender3")).file
    assert lore.of_listed(listed, "ender3") is not None
    assert lore.of_listed(listed, "other") is None
    for event in (
        FileChanged(at=1.0, path="a.gcode", size_bytes=1, modified_at=1.0),
        FileMoved(at=1.0, path="b.gcode", moved_from="a.gcode", size_bytes=1, modified_at=1.0),
    ):
        lore.on_published(PublishedEvent(1, event))
        assert lore.of_listed(listed, "ender3") is None
        await lore.of("a.gcode", "ender3")
    assert oracle.asked == 3


async def test_a_house_that_does_not_know_tells_what_the_disk_tells(lore: FileLore, oracle: Oracle) -> None:
    oracle.trouble = Unavailable("too many files wait")
    facts = await lore.facts("a.gcode", "ender3")
    assert facts is not None
    assert (facts.size_bytes, facts.estimated_seconds, facts.filament) == (4, None, {})


def test_filament_is_told_by_tool() -> None:
    tools = [{"tool": 1, "filament_mm": 10.0}, {"tool": 3, "filament_mm": 20.0}]
    slicers = {"of those used": [0.1, 0.2], "of all": [0.0, 0.1, 0.0, 0.2], "of some": [0.3]}
    told = {
        who: [used.volume_cm3 for used in filament_in({"tools": tools, "slicer": {"filament_cm3": volumes}}).values()]
        for who, volumes in slicers.items()
    }
    assert told == {"of those used": [0.1, 0.2], "of all": [0.1, 0.2], "of some": [None, None]}
    assert filament_in({"tools": tools, "slicer": {}})["tool1"].volume_cm3 is None
    assert filament_in({}) == {}
