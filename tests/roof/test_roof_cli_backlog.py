"""`hydrogen queue`, against a real service with a virtual printer: from the first entry to the next bed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from hydrogen.cli import backlog
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.errors import Conflict, NotFound
from hydrogen.model.backlog import BedState, EntryState, QueueEntry
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.roof.house_in_process import KEY, InProcessHouse, house_in_process
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]
LINES = "G28\n" + "".join(f"G1 X{number % 90 + 5} F6000\n" for number in range(50))


class QueueLine:
    def __init__(self, house: InProcessHouse) -> None:
        self.house = house

    async def __call__(self, *arguments: str) -> ExitCode:
        folder = str(self.house.folder / "run")
        options = make_parser().parse_args(["queue", *arguments, "--runtime-dir", folder])
        action = {None: backlog.show_queue, "list": backlog.show_queue, "add": backlog.add_to_queue}
        return await action.get(options.action, backlog.change_queue)(options)

    @property
    def entries(self) -> tuple[QueueEntry, ...]:
        return self.house.hydrogen._queue.book.entries

    @property
    def bed(self) -> BedState:
        return self.house.hydrogen._context.state.printers["bench"].bed


@pytest.fixture
async def queue(
    tmp_path: Path, start_virtual_printer: StartPrinter, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[QueueLine]:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    printer = start_virtual_printer(speed=100)
    async with house_in_process(tmp_path, {"bench": printer.link}) as house:
        state = house.hydrogen._context
        await wait_until(lambda: state.state.printers["bench"].status == "idle", within_seconds=60)
        yield QueueLine(house)


async def test_two_copies_are_printed_one_for_each_word_about_the_bed(
    queue: QueueLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "cube.gcode"
    file.write_text(LINES)
    assert await queue() is ExitCode.DONE
    assert "the queue is empty" in capsys.readouterr().out
    assert await queue("add", str(file), "--copies", "2") is ExitCode.DONE
    told = capsys.readouterr().out
    assert "queued cube.gcode at place 1" in told
    assert "the bed is unknown (hydrogen queue clear-bed --printer bench)" in told

    assert await queue("clear-bed") is ExitCode.DONE
    await wait_until(lambda: [entry.copies_done for entry in queue.entries] == [1], within_seconds=30)
    assert queue.entries[0].state is EntryState.QUEUED
    assert queue.bed is BedState.OCCUPIED
    await queue("list")
    assert "1/2 copies" in capsys.readouterr().out

    await queue("clear-bed")
    await wait_until(lambda: not queue.entries, within_seconds=30)
    jobs = await queue.house.hydrogen._store.history()
    assert [job["state"] for job in jobs] == ["completed", "completed"]


async def test_entries_are_moved_and_removed_by_the_end_of_their_id(
    queue: QueueLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in "ab":
        (tmp_path / f"{name}.gcode").write_text(LINES)
        await queue("add", str(tmp_path / f"{name}.gcode"))
    await queue("move", queue.entries[1].id[-6:], "1")
    await queue("remove", queue.entries[1].id[-6:])
    assert [entry.file for entry in queue.entries] == ["b.gcode"]
    capsys.readouterr()
    await queue("list", "--json")
    assert [entry["file"] for entry in json.loads(capsys.readouterr().out)["entries"]] == ["b.gcode"]
    with pytest.raises(NotFound, match="no entry"):
        await queue("remove", "nobody")


async def test_a_held_queue_says_so_and_goes_on_when_it_is_released(
    queue: QueueLine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await queue("hold", "lunch")
    assert "held: bench (lunch)" in capsys.readouterr().out
    (tmp_path / "a.gcode").write_text(LINES)
    await queue("clear-bed")
    await queue("add", str(tmp_path / "a.gcode"))
    assert "held, lunch (hydrogen queue release --printer bench)" in capsys.readouterr().out
    assert queue.entries[0].state is EntryState.QUEUED
    await queue("release")
    await wait_until(lambda: not queue.entries, within_seconds=30)


async def test_a_bed_under_a_job_is_not_clear(queue: QueueLine, tmp_path: Path) -> None:
    (tmp_path / "a.gcode").write_text(LINES * 40)
    await queue("add", str(tmp_path / "a.gcode"))
    await queue("clear-bed")
    await wait_until(lambda: [entry.state for entry in queue.entries] == [EntryState.PRINTING], within_seconds=60)
    with pytest.raises(Conflict, match="under way"):
        await queue("clear-bed")
