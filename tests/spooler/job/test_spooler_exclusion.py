"""Objects left out of a print: by the firmware, once, and never where it did not take it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, InvalidMessage, LinkLost
from hydrogen.model.events import JobObjectExcluded, JobObjectRestored
from hydrogen.spooler.job import job_desk
from hydrogen.spooler.job.exclusion import excluded_object
from hydrogen.spooler.journal.journal import JobHeader, read_job_header
from hydrogen.spooler.request import ExcludeObject, SendGcode
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedDriver
from tests.support.waiting import wait_until


def wish(object_id: str = "1", kind: str = "m486", job: str = "j1") -> ExcludeObject:
    return ExcludeObject(job=job, object=object_id, kind=kind, name="cube", actor="ada")


@pytest.mark.parametrize(
    ("kind", "object_id", "line"), [("m486", "3", "M486 P3"), ("exclude", "CUBE_ID_0", "EXCLUDE_OBJECT NAME=CUBE_ID_0")]
)
def test_each_kind_of_mark_has_its_command(kind: str, object_id: str, line: str) -> None:
    assert excluded_object(wish(object_id, kind)).gcode == line


@pytest.mark.parametrize(
    ("kind", "object_id"),
    [
        ("label", "cube"),
        ("mesh", "cube"),
        ("", "1"),
        ("m486", "-1"),
        ("m486", "1\nM112"),
        ("exclude", "a b"),
        ("exclude", "a;M112"),
    ],
)
def test_what_no_firmware_acts_on_is_never_sent(kind: str, object_id: str) -> None:
    with pytest.raises(InvalidMessage):
        excluded_object(wish(object_id, kind))


async def test_the_firmware_is_told_once_and_so_is_everybody(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.print(bench.file(400))
        for _ in range(2):
            await bench.spooler.perform(wish())
        assert bench.driver.executed.count("M486 P1") == 1
        event = bench.last(JobObjectExcluded)
        assert (event.job, event.object, event.name, event.actor) == ("j1", "1", "cube", "ada")
        job = bench.spooler.state.job
        assert job is not None and job.excluded_objects == ("1",)


async def test_a_line_that_a_lost_link_swallowed_is_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_desk, "RETURN_FIRST_SECONDS", 0.001)
    driver = ScriptedDriver(pace_seconds=0.002)
    async with Bench(tmp_path, driver) as bench:
        await bench.print(bench.file(400))
        await bench.until_executed(5)
        bench.driver.connection.gate.clear()
        asked = asyncio.ensure_future(bench.spooler.perform(wish()))
        await wait_until(lambda: [one.object for one in header_of(bench).excluded] == ["1"])
        before = bench.driver.executed.count("M486 P1")  # the line in flight may have come through
        bench.driver.connection.lose()
        with pytest.raises(LinkLost):
            await asked
        assert not bench.all(JobObjectExcluded)
        await wait_until(lambda: bool(bench.all(JobObjectExcluded)))
        assert bench.driver.executed.count("M486 P1") == before + 1
        job = bench.spooler.state.job
        assert job is not None and job.excluded_objects == ("1",)


def header_of(bench: Bench) -> JobHeader:
    header = read_job_header(bench.files.job)
    assert header is not None
    return header


@pytest.mark.parametrize("answer", ['echo:Unknown command: "M486 P1"', "!! Unknown object", "Error: no such object"])
async def test_a_firmware_that_does_not_take_it_is_told_of(tmp_path: Path, answer: str) -> None:
    driver = ScriptedDriver(pace_seconds=0.002)
    driver.replies["M486 P1"] = (answer, "ok")
    async with Bench(tmp_path, driver) as bench:
        await bench.print(bench.file(400))
        with pytest.raises(Conflict, match="cannot leave objects out"):
            await bench.spooler.perform(wish())
        job = bench.spooler.state.job
        assert job is not None and job.excluded_objects == ()
        assert not bench.all(JobObjectExcluded)
        assert header_of(bench).excluded == (), "nor is it for whoever takes over"


async def test_another_job_or_none_is_a_conflict(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.connect()
        with pytest.raises(Conflict):
            await bench.spooler.perform(wish())
        await bench.print(bench.file(400))
        with pytest.raises(Conflict, match="not the one"):
            await bench.spooler.perform(wish(job="j0"))
        assert not [line for line in bench.driver.executed if "M486" in line]


async def test_what_somebody_types_is_known_to_everybody_and_to_whoever_takes_over(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.print(bench.file(400))
        await bench.spooler.perform(SendGcode(lines=("M486 P1", "EXCLUDE_OBJECT NAME=CUP"), actor="ada"))
        assert left_out(bench) == ("1", "CUP")
        assert [one.gcode for one in header_of(bench).excluded] == ["M486 P1", "EXCLUDE_OBJECT NAME=CUP"]
        event = bench.last(JobObjectExcluded)
        assert (event.job, event.object, event.actor) == ("j1", "CUP", "ada")
        await bench.spooler.perform(SendGcode(lines=("M486 P1",)))
        await bench.spooler.perform(wish())
        assert len(bench.all(JobObjectExcluded)) == 2, "it is told once"


async def test_what_somebody_takes_back_is_printed_again(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.print(bench.file(400))
        for number in ("1", "2", "3"):
            await bench.spooler.perform(wish(number))
        await bench.spooler.perform(SendGcode(lines=("M486 U2",), actor="ada"))
        assert left_out(bench) == ("1", "3")
        assert [one.object for one in header_of(bench).excluded] == ["1", "3"]
        event = bench.last(JobObjectRestored)
        assert (event.job, event.object, event.actor) == ("j1", "2", "ada")
        await bench.spooler.perform(SendGcode(lines=("EXCLUDE_OBJECT RESET=1", "M486 U7")))
        assert len(bench.all(JobObjectRestored)) == 1, "these were not left out"
        await bench.spooler.perform(SendGcode(lines=("M486 T",)))
        assert left_out(bench) == ()
        assert header_of(bench).excluded == ()
        await bench.spooler.perform(wish("2"))
        assert left_out(bench) == ("2",)


async def test_a_beginning_that_the_file_told_before_takes_back_nothing(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.print(bench.file(400))
        objects = bench.driver.connection.objects
        objects.give(b"M486", b"M486 T2", "", 0)  # acknowledged, and nobody has looked yet
        await bench.spooler.perform(wish())
        await bench.spooler.perform(SendGcode(lines=("M105",)))
        assert left_out(bench) == ("1",)
        bench.driver.connection.gate.clear()
        asked = asyncio.ensure_future(bench.spooler.perform(wish("2")))
        await wait_until(lambda: [one.object for one in header_of(bench).excluded] == ["1", "2"])
        objects.give(b"M486", b"M486 U2", "", 0)  # while the wish is on its way
        bench.driver.connection.gate.set()
        await asked
        await bench.spooler.perform(SendGcode(lines=("M105",)))
        assert left_out(bench) == ("1", "2")
        assert [one.object for one in header_of(bench).excluded] == ["1", "2"]
        assert not bench.all(JobObjectRestored)
        event = bench.last(JobObjectExcluded)
        assert (event.object, event.name, event.actor) == ("2", "cube", "ada")


async def test_what_somebody_types_and_the_firmware_does_not_take_is_not_told(tmp_path: Path) -> None:
    driver = ScriptedDriver(pace_seconds=0.002)
    driver.replies["M486 P1"] = ('echo:Unknown command: "M486 P1"', "ok")
    async with Bench(tmp_path, driver) as bench:
        await bench.print(bench.file(400))
        await bench.spooler.perform(SendGcode(lines=("M486 P1", "EXCLUDE_OBJECT NAME=a=b")))
        assert left_out(bench) == ()
        assert header_of(bench).excluded == ()


async def test_without_a_job_nothing_is_left_out_of_it(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.connect()
        await bench.spooler.perform(SendGcode(lines=("M486 P1",)))
        await bench.print(bench.file(400))
        await bench.spooler.perform(SendGcode(lines=("M105",)))
        assert left_out(bench) == ()


def left_out(bench: Bench) -> tuple[str, ...]:
    job = bench.spooler.state.job
    assert job is not None
    return job.excluded_objects
