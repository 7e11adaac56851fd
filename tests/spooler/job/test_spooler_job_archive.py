from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.devices.driver import ResumePoint
from hydrogen.errors import DiskFull
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome, JobStatus
from hydrogen.model.printer import Firmware
from hydrogen.spooler.job.job_archive import ConnectionFacts, JobArchive
from hydrogen.spooler.job.preflight import Preflight, PreparedJob
from hydrogen.spooler.journal.cold_record import ColdProgress
from hydrogen.spooler.journal.cold_shelf import ColdShelf
from hydrogen.spooler.journal.journal import HotJournal, read_job_header
from tests.support.recording_log import RecordingLog


def archive(folder: Path, journal: HotJournal | None = None, path: Path | None = None) -> JobArchive:
    shelf = ColdShelf(folder / "spool", "p", clock=ManualClock(), log=RecordingLog())
    return JobArchive(path or folder / "p.job.json", journal or HotJournal(folder / "p.journal"), shelf, RecordingLog())


async def prepared(folder: Path) -> PreparedJob:
    path = folder / "part.gcode"
    path.write_text("G28\nG1 X1\n")
    return await Preflight(folder / "spool").check("j1", path, "part.gcode")


PROGRESS = ColdProgress(offset=4)


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
    shelf.close(finished(), PROGRESS)
    assert not job.spool_file.exists()
    header = read_job_header(tmp_path / "p.job.json")
    assert header is not None
    assert header.outcome == "completed"


async def test_header_without_a_terminal_event_is_a_job_left_open(tmp_path: Path) -> None:
    archive(tmp_path).open(await prepared(tmp_path), actor="ada", started_at=5.0)
    left = archive(tmp_path).left_open(frozenset())
    assert left is not None
    assert (left.job, left.actor, left.lines_total) == ("j1", "ada", 2)
    assert archive(tmp_path).left_open({"j1"}) is None


async def test_place_in_the_file_is_that_behind_the_last_line_the_printer_has(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(1000)
    journal.record(1001, 500, 1000)  # of the job before
    shelf = archive(tmp_path, journal)
    firmware = Firmware(name="Marlin", dialect="marlin")
    shelf.open(
        await prepared(tmp_path), actor="ada", started_at=5.0, facts=ConnectionFacts(baud=115200, firmware=firmware)
    )
    assert shelf.resume_point() is not None
    assert shelf.offset_behind(1001) == 0  # nothing was sent of it
    journal.record(1001, 0, 1001)
    journal.record(1002, 4, 1001)
    journal.record(1003, -1, 1001)
    journal.record(1004, 10, 1002)
    later = archive(tmp_path)
    assert later.resume_point() == ResumePoint(
        number_base=1000, acknowledged=1002, last_given=1004, baud=115200, firmware=firmware
    )
    assert [later.offset_behind(number) for number in (1001, 1002, 1003, 1004)] == [0, 4, 4, 10]


async def test_line_that_was_given_again_lies_where_it_was_given_last(tmp_path: Path) -> None:
    journal = HotJournal(tmp_path / "p.journal")
    journal.begin(1000)
    shelf = archive(tmp_path, journal)
    shelf.open(await prepared(tmp_path), actor="", started_at=5.0)
    for record in ((1000, 0, 1000), (1001, 4, 1000), (1002, 10, 1000), (1002, -1, 1001)):
        journal.record(*record)
    shelf.resume_point()
    assert shelf.offset_behind(1002) == 4


async def test_what_the_job_is_doing_is_known_to_the_next_spooler(tmp_path: Path) -> None:
    shelf = archive(tmp_path)
    shelf.open(await prepared(tmp_path), actor="ada", started_at=5.0)
    shelf.note_status(JobStatus.PAUSED)
    left = archive(tmp_path).left_open(frozenset())
    assert left is not None
    assert left.status is JobStatus.PAUSED


async def test_interrupted_job_is_over_and_its_file_stays(tmp_path: Path) -> None:
    shelf, job = archive(tmp_path), await prepared(tmp_path)
    shelf.open(job, actor="ada", started_at=5.0)
    shelf.close(finished("interrupted"), PROGRESS)
    assert job.spool_file.exists()
    header = read_job_header(tmp_path / "p.job.json")
    assert header is not None
    assert header.outcome == "interrupted"
    assert archive(tmp_path).left_open(frozenset()) is None


async def test_header_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    job = await prepared(tmp_path)
    shelf = archive(tmp_path, path=tmp_path / "no" / "p.job.json")
    with pytest.raises(DiskFull):
        shelf.open(job, actor="ada", started_at=5.0)
    assert not job.spool_file.exists()
