"""The queue and the real process: it works, it ends, and whatever becomes of it is one file's failure."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hydrogen.analysis.analyst import Analyst, Outcome, Reading, Task, analyser_command
from hydrogen.analysis.shelf import AnalysisShelf, limits_key
from hydrogen.errors import HostError, HydrogenError, NotFound
from hydrogen.gcode.program.motion import MotionLimits
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

LIMITS = MotionLimits()
KEY = limits_key(LIMITS)


@dataclass
class Bench:
    folder: Path
    analyst: Analyst
    shelf: AnalysisShelf
    ends: list[tuple[str, Outcome]] = field(default_factory=list)

    def file(self, name: str, text: str = "G1 X10 E1\n") -> Task:
        (self.folder / name).write_text(text)
        return Task(name, KEY)

    async def done(self, count: int) -> list[tuple[str, Outcome]]:
        await wait_until(lambda: len(self.ends) >= count, within_seconds=30.0)
        return self.ends


def script(*lines: str) -> Sequence[str]:
    return (sys.executable, "-c", "\n".join(lines))


@asynccontextmanager
async def bench(folder: Path, **options: Any) -> AsyncIterator[Bench]:
    shelf = AnalysisShelf(folder / "analysis")
    ends: list[tuple[str, Outcome]] = []

    async def known(_task: Task) -> Reading | None:
        return None

    async def on_end(task: Task, outcome: Outcome) -> None:
        ends.append((task.path, outcome))

    def locate(path: str) -> Path:
        if not (folder / path).exists():
            raise NotFound(f"there is no file {path!r}")
        return folder / path

    given = {"known": known, **options}
    analyst = Analyst(locate, shelf=shelf, on_end=on_end, log=RecordingLog(), **given)
    await analyst.start()
    running = asyncio.create_task(analyst.run())
    try:
        yield Bench(folder, analyst, shelf, ends)
    finally:
        running.cancel()
        await asyncio.wait([running])
        await analyst.release()
        assert not analyst.has_process


async def test_files_are_analysed_one_after_the_other_by_one_process_behind_all_others(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        for name in ("a.gcode", "b.gcode"):
            assert it.analyst.ask(it.file(name, f"G1 X10 E1 ; {name}\n"), LIMITS)
        await it.done(1)
        child = it.analyst._child
        assert child is not None
        assert os.getpriority(os.PRIO_PROCESS, child.pid) >= 10
        for name, outcome in await it.done(2):
            assert isinstance(outcome, Reading), (name, outcome)
            found = it.shelf.load(outcome.sha256, KEY)
            assert found is not None and found.moves == 1
        assert it.analyst._child is child


async def test_what_is_urgent_comes_first_and_nothing_twice(tmp_path: Path) -> None:
    gate = asyncio.Event()

    async def known(_task: Task) -> Reading | None:
        await gate.wait()
        return Reading(sha256="ab" * 32, size_bytes=1, modified_ns=1, inode=1)

    async with bench(tmp_path, known=known) as it:
        for name in ("a.gcode", "b.gcode", "b.gcode", "c.gcode"):
            it.analyst.ask(it.file(name), LIMITS)
        await wait_until(lambda: it.analyst._current is not None)
        it.analyst.ask(Task("c.gcode", KEY), LIMITS, is_urgent=True)
        assert it.analyst.is_awaited(Task("a.gcode", KEY)) and it.analyst.is_awaited(Task("b.gcode", KEY))
        it.analyst.forget("b.gcode")
        gate.set()
        assert [path for path, _ in await it.done(2)] == ["a.gcode", "c.gcode"]
        assert not it.analyst.has_process


async def test_an_idle_process_ends_and_comes_back(tmp_path: Path) -> None:
    async with bench(tmp_path, idle_seconds=0.01) as it:
        it.analyst.ask(it.file("a.gcode"), LIMITS)
        await it.done(1)
        await wait_until(lambda: not it.analyst.has_process, within_seconds=10.0)
        it.analyst.ask(it.file("b.gcode"), LIMITS)
        assert isinstance((await it.done(2))[1][1], Reading)


async def test_a_process_that_died_in_its_idleness_is_no_files_fault(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.analyst.ask(it.file("a.gcode"), LIMITS)
        await it.done(1)
        child = it.analyst._child
        assert child is not None
        child.kill()
        await child.wait()
        it.analyst.ask(it.file("b.gcode"), LIMITS)
        assert isinstance((await it.done(2))[1][1], Reading)


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (["import sys", "sys.stdin.readline()", "sys.exit(3)"], "the analyser died"),
        (
            ["import os, signal, sys", "sys.stdin.readline()", "os.kill(os.getpid(), signal.SIGKILL)"],
            "the analyser died",
        ),
        (["import sys", "sys.stdin.readline()", "sys.stdin.readline()"], "it took longer than"),
        (["print('x' * 3_000_000)"], "the analyser died"),
        (
            ["import sys", "sys.stdin.readline()", "print('[]', flush=True)", "sys.stdin.readline()"],
            "the analyser died",
        ),
    ],
    ids=["exits", "is killed", "hangs", "babbles", "answers nonsense"],
)
async def test_whatever_becomes_of_the_process_is_a_failure_of_that_file_only(
    tmp_path: Path, lines: list[str], reason: str
) -> None:
    commands = [script(*lines), analyser_command()]
    async with bench(tmp_path, command=lambda: commands.pop(0), least_seconds=20.0 if "died" in reason else 0.2) as it:
        it.analyst.ask(it.file("bad.gcode"), LIMITS)
        (_, outcome) = (await it.done(1))[0]
        assert isinstance(outcome, HostError)
        assert reason in outcome.message
        if "died" in reason:
            it.analyst.ask(it.file("good.gcode"), LIMITS)
            assert isinstance((await it.done(2))[1][1], Reading)


async def test_a_file_that_is_gone_or_unreadable_is_told(tmp_path: Path) -> None:
    async with bench(tmp_path) as it:
        it.analyst.ask(Task("gone.gcode", KEY), LIMITS)
        (tmp_path / "folder.gcode").mkdir()
        it.analyst.ask(Task("folder.gcode", KEY), LIMITS)
        ends = await it.done(2)
        assert isinstance(ends[0][1], NotFound)
        assert isinstance(ends[1][1], HydrogenError) and ends[1][1].code == "file_unreadable"


async def test_too_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.analysis.analyst.MOST_WAITING", 1)
    analyst = Analyst(Path, shelf=AnalysisShelf(tmp_path), known=None, on_end=None, log=RecordingLog())  # type: ignore[arg-type]
    assert analyst.ask(Task("a", KEY), LIMITS)
    assert not analyst.ask(Task("b", KEY), LIMITS)
    assert analyst.ask(Task("a", KEY), LIMITS)
