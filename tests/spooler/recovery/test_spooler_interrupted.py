"""Jobs that were cut off are found, and thrown away when they are no use."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hydrogen.spooler.journal.cold_record import encode_record, record_place
from hydrogen.spooler.recovery.interrupted import (
    KEPT_JOBS,
    KEPT_SECONDS,
    discard,
    find_interrupted,
    leftover_files,
    outdated,
    read_journal,
    set_outcome,
)
from tests.spooler.cold_images import header, image, put, record


def lay(folder: Path, job: str, *, printer: str = "bench", at: float = 1001.0, outcome: str | None = None) -> None:
    data = image(0, header(job, printer=printer, outcome=outcome))
    put(data, encode_record(record(1, job=job, at=at)), record_place(1))
    (folder / f"{job}.journal").write_bytes(data)
    (folder / f"{job}.gcode").write_text("G28\n")


def test_jobs_of_this_printer_are_found_the_youngest_first(tmp_path: Path) -> None:
    lay(tmp_path, "a", at=1001.0)
    lay(tmp_path, "b", at=1003.0, outcome="interrupted")
    lay(tmp_path, "c", printer="other")
    (tmp_path / "d.journal").write_bytes(b"rubbish")
    assert [job.job for job in find_interrupted(tmp_path, "bench")] == ["b", "a"]
    assert find_interrupted(tmp_path / "missing", "bench") == []


def test_job_without_a_record_is_dated_by_its_start(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(image(0, header("a", started_at=77.0)))
    [job] = find_interrupted(tmp_path, "bench")
    assert (job.record, job.last_seen_at, job.spool_file) == (None, 77.0, tmp_path / "a.gcode")


def test_outcome_is_on_disk_however_often_it_changes(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    [job] = find_interrupted(tmp_path, "bench")
    for outcome in ("interrupted", "completed"):
        job = set_outcome(job, outcome)
        assert job.header.outcome == outcome
        assert read_journal(tmp_path / "a.journal") == job


def test_what_is_not_worth_keeping_goes(tmp_path: Path) -> None:
    for n in range(KEPT_JOBS + 2):
        lay(tmp_path, f"j{n}", at=10_000.0 + n)
    lay(tmp_path, "done", at=10_100.0, outcome="completed")
    jobs = find_interrupted(tmp_path, "bench")
    assert {job.job for job in outdated(jobs, now=10_200.0)} == {"done", "j0", "j1", "j2"}
    assert len(outdated(jobs, now=10_200.0 + KEPT_SECONDS)) == len(jobs)
    assert {job.job for job in outdated(jobs, now=0.0)} == {"done", "j0", "j1", "j2"}
    discard(jobs[0])
    discard(jobs[0])
    assert jobs[0].job not in {job.job for job in find_interrupted(tmp_path, "bench")}
    assert not jobs[0].spool_file.exists()


def test_files_that_belong_to_no_journal_are_left_over_in_the_end(tmp_path: Path) -> None:
    lay(tmp_path, "a")
    (tmp_path / "lost.gcode").write_text("G28\n")
    changed = (tmp_path / "lost.gcode").stat().st_ctime
    assert leftover_files(tmp_path, now=changed + 60) == []
    (tmp_path / "b.journal.tmp").write_bytes(b"")
    left = [path.name for path in leftover_files(tmp_path, now=changed + KEPT_SECONDS + 60)]
    assert left == ["lost.gcode", "b.journal.tmp"]


def test_header_names_only_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.journal").write_bytes(image(0, replace(header("a"), spool_file="../../etc/passwd")))
    [job] = find_interrupted(tmp_path, "bench")
    assert job.spool_file == tmp_path / "passwd"
