"""Objects left out of a print: by the firmware, once, and never where it did not take it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import Conflict, InvalidMessage
from hydrogen.model.events import JobObjectExcluded
from hydrogen.spooler.job.exclusion import exclusion_line
from hydrogen.spooler.request import ExcludeObject
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedDriver


def wish(object_id: str = "1", kind: str = "m486", job: str = "j1") -> ExcludeObject:
    return ExcludeObject(job=job, object=object_id, kind=kind, name="cube", actor="ada")


@pytest.mark.parametrize(
    ("kind", "object_id", "line"), [("m486", "3", "M486 P3"), ("exclude", "CUBE_ID_0", "EXCLUDE_OBJECT NAME=CUBE_ID_0")]
)
def test_each_kind_of_mark_has_its_command(kind: str, object_id: str, line: str) -> None:
    assert exclusion_line(wish(object_id, kind)) == line


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
        exclusion_line(wish(object_id, kind))


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


async def test_another_job_or_none_is_a_conflict(tmp_path: Path) -> None:
    async with Bench(tmp_path, ScriptedDriver(pace_seconds=0.002)) as bench:
        await bench.connect()
        with pytest.raises(Conflict):
            await bench.spooler.perform(wish())
        await bench.print(bench.file(400))
        with pytest.raises(Conflict, match="not the one"):
            await bench.spooler.perform(wish(job="j0"))
        assert not [line for line in bench.driver.executed if "M486" in line]
