"""What appears by other means becomes known, once it is complete; what we do ourselves is not told twice."""

from __future__ import annotations

import asyncio
import gzip
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock, SystemClock
from hydrogen.errors import ConfigurationInvalid, Conflict
from hydrogen.files.store import FileStore, NobodyNeeds
from hydrogen.files.watch import FULL_LOOK_SECONDS, LOOK_SECONDS, FileWatch
from hydrogen.model.events import Event, FileAdded, FileMoved
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


class Printing(NobodyNeeds):
    """The files that are being printed."""

    def __init__(self) -> None:
        self.files: set[str] = set()

    def is_needed(self, path: str) -> str | None:
        return "it is being printed" if path in self.files else None


@dataclass
class Bench:
    folder: Path
    watched: Path
    clock: ManualClock = field(default_factory=lambda: ManualClock(wall=SystemClock().wall()))
    events: list[Event] = field(default_factory=list)
    queued: list[str] = field(default_factory=list)
    reports: list[BaseException] = field(default_factory=list)
    printing: Printing = field(default_factory=Printing)

    def __post_init__(self) -> None:
        for folder in (self.folder, self.watched):
            folder.mkdir()
        self.store = FileStore(
            self.folder, needs=self.printing, tell=self.events.append, clock=self.clock, limit_bytes=10_000
        )
        self.watch = FileWatch(
            self.store,
            watched=self.watched,
            enqueue=self._enqueue,
            report=lambda _name, error: self.reports.append(error),
            clock=self.clock,
            log=RecordingLog(),
        )

    async def _enqueue(self, path: str) -> None:
        self.queued.append(path)
        if path == "full.gcode":
            raise Conflict("the queue is full")

    async def look(self, times: int = 1) -> list[str]:
        """What was told while we looked so often."""
        self.events.clear()
        for _ in range(times):
            await self.watch.look()
            self.clock.advance(LOOK_SECONDS)
        return [
            f"{event.wire_type} {event.path} {event.actor}".strip()
            for event in self.events  # type: ignore[attr-defined]
        ]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "files", tmp_path / "watched")


def in_folder(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_a_file_that_is_copied_in_is_told_when_it_is_complete(bench: Bench) -> None:
    (bench.folder / "old.gcode").write_text("G28\n")
    assert await bench.look(2) == []
    (bench.folder / "sub").mkdir()
    with (bench.folder / "sub" / "new.gcode").open("w") as stream:
        for _ in range(4):
            stream.write("G28\n")
            stream.flush()
            assert await bench.look() == []
            assert [file.path for file in await bench.store.list()] == ["old.gcode"]
        assert await bench.look(3) == []
        with pytest.raises(Conflict, match="still being written"):
            bench.store.resolve("sub/new.gcode")
    assert await bench.look(2) == ["file.added sub/new.gcode"]
    assert [file.path for file in await bench.store.list()] == ["old.gcode", "sub/new.gcode"]


async def test_what_is_written_in_place_or_goes_is_told(bench: Bench) -> None:
    (bench.folder / "a.gcode").write_text("G28\n")
    await bench.look(2)
    (bench.folder / "a.gcode").write_text("G28\nG1 X1\n")
    assert await bench.look(int(FULL_LOOK_SECONDS / LOOK_SECONDS) + 3) == ["file.changed a.gcode"]
    (bench.folder / "a.gcode").unlink()
    assert await bench.look() == ["file.removed a.gcode"]


async def test_what_we_do_ourselves_is_told_once_with_who_did_it(bench: Bench, tmp_path: Path) -> None:
    await bench.look(2)
    (tmp_path / "x.gcode").write_text("G28\n")
    await bench.store.add(tmp_path / "x.gcode", "a.gcode", actor="ann")
    await bench.store.add(tmp_path / "x.gcode", "a.gcode", actor="bob")
    await bench.store.move("a.gcode", "sub/b.gcode", actor="ann")
    await bench.store.copy("sub/b.gcode", "c.gcode", actor="ann")
    await bench.store.move_folder("sub", "other", actor="ann")
    await bench.store.remove("c.gcode", actor="ann")
    told = [f"{e.wire_type} {e.path} {e.actor}" for e in bench.events]  # type: ignore[attr-defined]
    assert told == [
        "file.added a.gcode ann",
        "file.changed a.gcode bob",
        "file.moved sub/b.gcode ann",
        "file.added c.gcode ann",
        "file.moved other/b.gcode ann",
        "file.removed c.gcode ann",
    ]
    assert isinstance(bench.events[2], FileMoved) and bench.events[2].moved_from == "a.gcode"
    assert isinstance(bench.events[0], FileAdded) and bench.events[0].size_bytes == 4
    assert await bench.look(12) == []


async def test_packed_files_are_unpacked_where_they_appear(bench: Bench) -> None:
    await bench.look()
    (bench.folder / "a.gcode.gz").write_bytes(gzip.compress(b"G28\n"))
    (bench.folder / "bad.gcode.gz").write_bytes(b"no gzip")
    assert await bench.look(20) == ["file.added a.gcode"]
    assert in_folder(bench.folder) == ["a.gcode", "bad.gcode.gz"]
    assert len(bench.reports) == 1 and "bad.gcode.gz" in str(bench.reports[0])


async def test_what_appears_in_the_watched_folder_is_moved_and_queued(bench: Bench) -> None:
    (bench.watched / "sub").mkdir()
    (bench.watched / "sub" / "a.gcode").write_text("G28\n")
    (bench.watched / "b.gcode.gz").write_bytes(gzip.compress(b"G28\n"))
    (bench.watched / "notes.txt").write_text("no G-code")
    (bench.watched / "full.gcode").write_text("G28\n")
    told = await bench.look(3)
    assert sorted(told) == [
        "file.added b.gcode watched folder",
        "file.added full.gcode watched folder",
        "file.added sub/a.gcode watched folder",
    ]
    assert sorted(bench.queued) == ["b.gcode", "full.gcode", "sub/a.gcode"]
    assert in_folder(bench.watched) == ["notes.txt"]
    assert [str(report) for report in bench.reports] == ["the queue is full"]


async def test_what_cannot_be_taken_yet_is_told_once_and_taken_later(bench: Bench) -> None:
    bench.printing.files.add("a.gcode")
    (bench.watched / "a.gcode").write_text("G28\n")
    assert await bench.look(40) == []
    assert len(bench.reports) == 1 and in_folder(bench.watched) == ["a.gcode"]
    bench.printing.files.clear()
    assert await bench.look(40) == ["file.added a.gcode watched folder"]


async def test_a_file_that_cannot_be_removed_is_taken_once_and_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (bench.watched / "a.gcode").write_text("G28\n")
    monkeypatch.setattr(Path, "unlink", refuse)
    assert await bench.look(20) == ["file.added a.gcode watched folder"]
    assert [str(report).rpartition(": ")[2] for report in bench.reports] == ["Permission denied"]


async def test_a_folder_that_is_gone_is_told_once_until_it_is_back(bench: Bench) -> None:
    bench.watched.rmdir()
    await bench.look(15)
    assert len(bench.reports) == 1
    bench.watched.mkdir()
    (bench.watched / "a.gcode").write_text("G28\n")
    assert await bench.look(15) == ["file.added a.gcode watched folder"]


async def test_an_idle_house_is_not_read_through_again_and_again(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await bench.look(3)
    reads: list[object] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (reads.append(path), scandir(path))[1])
    await bench.look(20)
    assert len(reads) <= 2 * 2 * 3


async def test_a_watched_folder_inside_our_own_is_refused(bench: Bench) -> None:
    for watched in (bench.folder / "in", bench.folder.parent):
        watch = FileWatch(bench.store, watched=watched, report=lambda *_: None, clock=bench.clock, log=RecordingLog())
        with pytest.raises(ConfigurationInvalid):
            await watch.start()


async def test_what_a_former_life_left_is_gone_after_the_start(bench: Bench) -> None:
    (bench.folder / ".incoming").mkdir()
    (bench.folder / ".incoming" / "half").write_text("G28\n")
    await bench.watch.start()
    assert in_folder(bench.folder) == []


async def test_it_looks_seldom_while_there_is_nobody_to_be_told(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    beats: list[bool] = []

    def is_watched() -> bool:
        beats.append(False)
        return False

    looks: list[int] = []
    watch = FileWatch(
        FileStore(tmp_path / "files"),
        report=lambda *_: None,
        clock=ManualClock(),
        log=RecordingLog(),
        look_seconds=0.0,
        is_watched=is_watched,
    )
    look = watch.look

    async def counted() -> None:
        looks.append(len(beats))
        await look()

    watch.look = counted  # type: ignore[method-assign]
    running = asyncio.create_task(watch.run())
    await wait_until(lambda: len(looks) >= 3)
    running.cancel()
    await asyncio.wait([running])
    assert looks[:3] == [0, 10, 20]
