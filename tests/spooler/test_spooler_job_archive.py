from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.errors import DiskFull
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.job_archive import JobArchive
from hydrogen.spooler.journal import HotJournal, read_job_header
from hydrogen.spooler.preflight import Preflight, PreparedJob
from tests.support.recording_log import RecordingLog


def archive(folder: Path) -> JobArchive:
    return JobArchive(folder / "p.job.json", folder / "spool", HotJournal(folder / "p.journal"), RecordingLog())


async def prepared(folder: Path) -> PreparedJob:
    path = folder / "part.gcode"
    path.write_text("G28\nG1 X1\n")
    return await Preflight(folder / "spool").check("j1", path, "part.gcode")


def finished(code: str | None = None) -> JobFinished:
    outcome = JobOutcome.FAILED if code else JobOutcome.COMPLETED
    return JobFinished(at=1.0, job="j1", file="part.gcode", outcome=outcome, reason="", actor="", error_code=code)


async def test_header_tells_what_prints_and_how_it_ended(tmp_path: Path) -> None:
    shelf, job = archive(tmp_path), await prepared(tmp_path)
    shelf.open(job, actor="ada", started_at=5.0)
    header = read_job_header(tmp_path / "p.job.json")
    assert header is not None
    assert (header.job, header.size_bytes, header.lines_total, header.outcome) == ("j1", 10, 2, None)
    assert header.inode == (tmp_path / "part.gcode").stat().st_ino
    shelf.close(finished())
    assert not job.spool_file.exists()
    header = read_job_header(tmp_path / "p.job.json")
    assert header is not None
    assert header.outcome == "completed"


async def test_open_header_without_a_terminal_event_is_an_orphan(tmp_path: Path) -> None:
    archive(tmp_path).open(await prepared(tmp_path), actor="ada", started_at=5.0)
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(1000)
    journal.record(1001, 4, 1000)
    journal.record(1002, -1, 1000)
    orphan = archive(tmp_path).orphan(frozenset())
    assert orphan is not None
    assert (orphan.job, orphan.error_code, orphan.bytes_done, orphan.lines_total) == ("j1", "spooler_lost", 4, 2)
    assert archive(tmp_path).orphan({"j1"}) is None
    archive(tmp_path).close_orphan()
    assert archive(tmp_path).orphan(frozenset()) is None


async def test_interrupted_job_is_no_orphan(tmp_path: Path) -> None:
    shelf = archive(tmp_path)
    shelf.open(await prepared(tmp_path), actor="ada", started_at=5.0)
    shelf.close(finished("interrupted"))
    header = read_job_header(tmp_path / "p.job.json")
    assert header is not None
    assert header.outcome == "interrupted"
    assert archive(tmp_path).orphan(frozenset()) is None


async def test_header_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    job = await prepared(tmp_path)
    shelf = JobArchive(tmp_path / "no" / "p.job.json", tmp_path, HotJournal(tmp_path / "p.journal"), RecordingLog())
    with pytest.raises(DiskFull):
        shelf.open(job, actor="ada", started_at=5.0)
    assert not job.spool_file.exists()
