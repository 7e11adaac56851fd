"""What the shelf keeps of a printer's jobs, what it throws away, and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import NotFound
from hydrogen.spooler.journal.cold_record import ColdProgress, encode_record, record_place
from hydrogen.spooler.journal.cold_shelf import ColdShelf
from hydrogen.spooler.recovery.interrupted import KEPT_SECONDS, read_journal
from tests.spooler.cold_images import header, image, put, record
from tests.support.recording_log import RecordingLog


def shelf(folder: Path, clock: ManualClock | None = None) -> ColdShelf:
    return ColdShelf(folder, "bench", clock=clock or ManualClock(wall=2000.0), log=RecordingLog())


def lay(folder: Path, job: str, *, at: float = 1001.0, outcome: str | None = None) -> None:
    data = image(0, header(job, outcome=outcome))
    put(data, encode_record(record(1, job=job, at=at)), record_place(1))
    (folder / f"{job}.journal").write_bytes(data)
    (folder / f"{job}.gcode").write_text("G28\n")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def outcome_on_disk(folder: Path, job: str) -> str | None:
    found = read_journal(folder / f"{job}.journal")
    return "gone" if found is None else found.header.outcome


def test_job_that_died_with_the_machine_is_cut_off_once(tmp_path: Path) -> None:
    lay(tmp_path, "a", at=1001.0)
    lay(tmp_path, "b", at=1002.0, outcome="interrupted")
    first = shelf(tmp_path)
    assert [job.job for job in first.take_in((), ())] == ["a"]
    assert outcome_on_disk(tmp_path, "a") == "interrupted"
    assert shelf(tmp_path).take_in((), ()) == []
    assert first.recoverable is not None
    assert (first.recoverable.job, first.recoverable.interrupted_at) == ("b", 1002.0)
    assert first.find("a").job == "a"


def test_what_this_boot_knows_is_not_cut_off(tmp_path: Path) -> None:
    for job in ("goes-on", "told", "done"):
        lay(tmp_path, job)
    one = shelf(tmp_path)
    assert one.take_in({"goes-on", "told", "done"}, {"done"}) == []
    assert [outcome_on_disk(tmp_path, job) for job in ("goes-on", "told", "done")] == [None, None, "gone"]
    one.mark_interrupted("told")
    assert outcome_on_disk(tmp_path, "told") == "interrupted"
    assert one.recoverable is not None
    assert one.recoverable.job == "told"


def test_old_jobs_go(tmp_path: Path) -> None:
    lay(tmp_path, "a", at=1000.0, outcome="interrupted")
    late = shelf(tmp_path, ManualClock(wall=1000.0 + KEPT_SECONDS + 1))
    late.take_in((), ())
    assert late.recoverable is None
    assert names(tmp_path) == []


async def test_interrupted_job_is_offered_when_its_end_is_on_disk(tmp_path: Path) -> None:
    (tmp_path / "j1.gcode").write_text("G1 X1\nG1 X2\n")
    one = shelf(tmp_path)
    one.open(header())
    one.note(ColdProgress(offset=6, layer=2, fraction=0.5))
    assert one.recoverable is None
    one.close("interrupted", ColdProgress(offset=12, given_offset=12, layer=2, fraction=0.75))
    assert await one.settle()
    assert one.recoverable is not None
    assert (one.recoverable.fraction, one.recoverable.layer) == (0.75, 2)
    assert not await one.settle()
    await one.discard("j1")
    with pytest.raises(NotFound):
        one.find("j1")
    assert names(tmp_path) == []


async def test_former_job_goes_when_the_one_that_continues_it_is_safe(tmp_path: Path) -> None:
    lay(tmp_path, "old", outcome="interrupted")
    (tmp_path / "new.gcode").write_text("G1 X1\n")
    one = shelf(tmp_path)
    one.take_in((), ())
    one.open(replace(header("new"), continues="old"))
    one.close("failed", ColdProgress(offset=0))
    assert not await one.settle()
    assert names(tmp_path) == ["new.gcode"]
    assert one.recoverable is None


async def test_nothing_runs_and_nothing_happens(tmp_path: Path) -> None:
    one = shelf(tmp_path / "missing")
    one.note(ColdProgress(offset=1))
    one.close("failed", ColdProgress(offset=1))
    assert not await one.settle()
    assert one.take_in((), ()) == []
    assert one.recoverable is None
