"""What clients are told of a file, from the first look to the analysis; with a folder of files, without the process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hydrogen.analyser_process import analyse
from hydrogen.analysis.analyst import Reading, Task
from hydrogen.analysis.desk import AnalysisDesk
from hydrogen.analysis.kind import Kind
from hydrogen.analysis.shelf import AnalysisShelf
from hydrogen.errors import HostError, InvalidMessage, NotFound, Unavailable
from hydrogen.files.store import FileStore
from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.model.events import Event, FileAdded, FileAnalysed, FileMoved, FileRemoved, PublishedEvent

TEXT = b"M83\nM104 S200\nG28\n;LAYER_CHANGE\nG1 Z.2\nG1 X10 E1 F1200\n;LAYER_CHANGE\nG1 Z.4\nG1 X0 E1\n"
SLOW = MotionLimits(acceleration=100.0)
KINDS = {
    "fast": Kind(machine=MachineProfile(name="fast", low_mm=(0.0, 0.0, 0.0), high_mm=(5.0, 5.0, 5.0))),
    "slow": Kind(limits=SLOW, machine=MachineProfile(name="slow")),
}


@dataclass
class WaitingRoom:
    """Signs Queue; `asked` in order."""

    asked: list[tuple[Task, bool, bool]] = field(default_factory=list)
    is_full: bool = False

    def ask(self, task: Task, limits: MotionLimits, *, is_urgent: bool = False, is_anew: bool = False) -> bool:
        self.asked.append((task, is_urgent, is_anew))
        return not self.is_full

    def is_awaited(self, task: Task) -> bool:
        return False

    def forget(self, path: str) -> None:
        self.asked = [one for one in self.asked if one[0].path != path]


@dataclass
class Desk:
    desk: AnalysisDesk
    files: FileStore
    shelf: AnalysisShelf
    queue: WaitingRoom
    events: list[Event]

    async def work(self, task: Task, limits: MotionLimits) -> None:
        """What the analyst and its process would do."""
        records = analyse(self.files.resolve(task.path), limits)
        self.shelf.store(task.key, records.analysis, records.layers, records.thumbnails)
        reading = Reading(
            sha256=records.analysis.sha256,
            size_bytes=records.analysis.size_bytes,
            modified_ns=records.modified_ns,
            inode=records.inode,
        )
        await self.desk.on_end(task, reading)


def desk_in(folder: Path, kinds: Mapping[str, Kind] = KINDS) -> Desk:
    (folder / "files").mkdir()
    (folder / "files" / "a.gcode").write_bytes(TEXT)
    files, shelf, queue = FileStore(folder / "files"), AnalysisShelf(folder / "analysis"), WaitingRoom()
    shelf.prepare()
    events: list[Event] = []
    desk = AnalysisDesk(files=files, shelf=shelf, kinds=lambda: kinds, publish=events.append, wall=lambda: 5.0)
    desk.work_with(queue)
    return Desk(desk, files, shelf, queue, events)


async def test_a_first_look_begins_the_analysis_and_a_later_one_tells_it(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    first = await it.desk.info("a.gcode", "fast")
    assert (first["state"], first["analysis"], first["size_bytes"]) == ("pending", None, len(TEXT))
    task = Task("a.gcode", KINDS["fast"].key)
    assert it.queue.asked == [(task, True, False)]
    await it.work(task, MotionLimits())
    told = await it.desk.info("a.gcode", "fast")
    assert (told["state"], told["print_seconds_source"]) == ("ready", "model")
    assert told["analysis"]["layers"] == 2 and told["sha256"] == told["analysis"]["sha256"]
    assert [finding["code"] for finding in told["preflight"]["findings"]] == ["laid_outside"]
    assert told["layers_url"] == f"/api/analysis/{told['sha256']}/layers"
    (event,) = it.events
    assert isinstance(event, FileAnalysed)
    assert (event.path, event.outcome, event.layers, event.sha256) == ("a.gcode", "ready", 2, told["sha256"])


async def test_each_kind_of_printer_has_times_of_its_own(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    for name in ("fast", "slow"):
        await it.work(Task("a.gcode", KINDS[name].key), KINDS[name].limits)
    fast, slow = await it.desk.info("a.gcode", "fast"), await it.desk.info("a.gcode", "slow")
    assert slow["print_seconds"] > fast["print_seconds"]
    assert slow["preflight"]["findings"] == []


async def test_a_file_that_comes_is_analysed_for_every_kind(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    it.desk.on_published(PublishedEvent(1, FileAdded(at=1.0, path="a.gcode", size_bytes=1, modified_at=1.0)))
    assert {task.key for task, _, _ in it.queue.asked} == {Kind().key, KINDS["slow"].key}
    moved = FileMoved(at=1.0, path="b.gcode", moved_from="a.gcode", size_bytes=1, modified_at=1.0)
    it.desk.on_published(PublishedEvent(2, moved))
    assert {task.path for task, _, _ in it.queue.asked} == {"b.gcode"}
    it.desk.on_published(PublishedEvent(3, FileRemoved(at=1.0, path="b.gcode", size_bytes=1, modified_at=1.0)))
    assert it.queue.asked == []


async def test_the_same_content_under_another_name_is_known(tmp_path: Path) -> None:
    it = desk_in(tmp_path, {"fast": KINDS["fast"]})
    task = Task("a.gcode", Kind().key)
    assert await it.desk.known(task) is None
    await it.work(task, MotionLimits())
    assert await it.desk.known(task) is not None
    await it.files.copy("a.gcode", "b.gcode")
    assert (await it.desk.info("b.gcode", None))["state"] == "ready"


async def test_a_failure_is_told_and_not_tried_again_until_it_is_asked_for(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    await it.desk.on_end(Task("a.gcode", KINDS["fast"].key), HostError("it took longer than 60 s"))
    told = await it.desk.info("a.gcode", "fast")
    assert (told["state"], told["reason"]) == ("failed", "it took longer than 60 s")
    assert it.queue.asked == []
    (event,) = it.events
    assert isinstance(event, FileAnalysed) and event.outcome == "failed"
    assert (await it.desk.analyse("a.gcode", "fast"))["state"] == "pending"
    assert it.queue.asked == [(Task("a.gcode", KINDS["fast"].key), True, True)]
    assert (await it.desk.info("a.gcode", "fast"))["state"] == "pending"


async def test_a_file_that_went_meanwhile_is_no_failure(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    await it.desk.on_end(Task("gone.gcode", "k"), NotFound("gone"))
    await it.desk.on_end(Task("gone.gcode", "k"), HostError("died"))
    assert it.events == []


async def test_a_layer_is_told_with_its_place(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    with pytest.raises(Unavailable):
        await it.desk.layer("a.gcode", 1, "fast")
    await it.work(Task("a.gcode", KINDS["fast"].key), MotionLimits())
    layer = await it.desk.layer("a.gcode", 2, "fast")
    assert (layer["layer"], layer["layers"], layer["z"]) == (2, 2, 0.4)
    assert TEXT[layer["offset"] : layer["end"]].startswith(b";LAYER_CHANGE\nG1 Z.4")
    with pytest.raises(NotFound):
        await it.desk.layer("a.gcode", 3, "fast")


async def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    for path, kind in (("b.gcode", NotFound), ("../a.gcode", InvalidMessage)):
        with pytest.raises(kind):
            await it.desk.info(path, None)
    with pytest.raises(NotFound):
        await it.desk.info("a.gcode", "nobody")
    it.queue.is_full = True
    with pytest.raises(Unavailable):
        await it.desk.info("a.gcode", None)
    with pytest.raises(Unavailable):
        await it.desk.analyse("a.gcode", None)


async def test_the_preflight_is_for_the_printer_that_is_asked_for(tmp_path: Path) -> None:
    it = desk_in(tmp_path)
    assert await it.desk.preflight("a.gcode", "fast") is None
    await it.work(Task("a.gcode", KINDS["fast"].key), MotionLimits())
    verdict = await it.desk.preflight("a.gcode", "fast")
    assert verdict is not None and verdict.printer == "fast"
