"""The shelves of a house as they are configured, over real folders and a real database."""

from __future__ import annotations

import os
from pathlib import Path

from hydrogen.config import configuration_from_table
from hydrogen.core.clock import ManualClock
from hydrogen.files.store import FileStore
from hydrogen.housekeeping import make_disk_watch, make_shelves
from hydrogen.jobs.store import JobStore
from hydrogen.model.events import JobFinished, JobStarted
from hydrogen.model.job import JobOutcome
from hydrogen.model.state import State
from hydrogen.retention.keeper import Report, RetentionKeeper
from hydrogen.retention.need import Need
from tests.support.recording_log import RecordingLog

NOW = 1_800_000_000.0
YEAR = 365 * 86_400.0


class House:
    def __init__(self, folder: Path, **retention: object) -> None:
        self.folder = folder
        server = {"data_dir": str(folder / "data"), "runtime_dir": str(folder / "run")}
        configuration = configuration_from_table({"server": server, "retention": retention}, "test")
        for name in ("data/files", "data/spool", "data/audit", "data/receipts", "data/analysis", "run"):
            (folder / name).mkdir(parents=True)
        self.store = JobStore(folder / "data" / "hydrogen.db", ManualClock(wall=NOW))
        self.need = Need(printers=frozenset({"ender3"}))
        shelves = make_shelves(configuration, store=self.store, files=FileStore(folder / "data" / "files"))
        self.keeper = RetentionKeeper(
            shelves,
            need=lambda: self.need,
            state=State,
            is_clock_right=lambda: True,
            clock=ManualClock(wall=NOW),
            log=RecordingLog(),
        )

    def put(self, name: str, size: int = 10, *, age_seconds: float = YEAR) -> Path:
        path = self.folder / name
        path.write_bytes(b"x" * size)
        os.utime(path, (NOW - age_seconds, NOW - age_seconds))
        return path

    async def print_once(self, job: str, at: float) -> None:
        started = JobStarted(at=at, printer="ender3", job=job, file="a.gcode", lines_total=1, bytes_total=1)
        finished = JobFinished(
            at=at, printer="ender3", job=job, file="a.gcode", outcome=JobOutcome.COMPLETED, reason="", actor=""
        )
        await self.store.record_fact(started, f"{job}-1")
        await self.store.record_fact(finished, f"{job}-2")


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def size_of(path: Path) -> int:
    return path.stat().st_size


def gone(report: Report) -> set[tuple[str, str]]:
    assert not report.failed
    return {(deletion.item.kind, deletion.item.name) for deletion in report.deletions}


async def test_by_default_only_what_nobody_misses_goes(tmp_path: Path) -> None:
    house = House(tmp_path)
    await house.store.start()
    for name in (
        "data/files/a.gcode",
        "data/analysis/0123.json",
        "data/hydrogen.db.damaged-1",
        "data/hydrogen.db.copy",
        "data/audit/audit-000001.jsonl",
        "data/audit/audit-000002.jsonl",
        "data/receipts/job-1.json",
        "data/keys.json",
        "run/ender3.journal",
    ):
        house.put(name)
    house.put("run/ender3.log", 2_000_000)
    await house.print_once("job-1", NOW - 5 * YEAR)
    before = names_in(tmp_path)
    expected = {("analysis", "0123"), ("damaged", "hydrogen.db.damaged-1"), ("log", "ender3.log")}
    assert gone(await house.keeper.survey()) == expected
    assert names_in(tmp_path) == before
    assert gone(await house.keeper.apply()) == expected
    assert before - names_in(tmp_path) == {"0123.json", "hydrogen.db.damaged-1"}
    assert size_of(tmp_path / "run" / "ender3.log") <= 1_048_576
    assert len(await house.store.history()) == 1
    await house.store.release()


async def test_what_the_owner_wants_gone_goes_and_what_is_needed_stays(tmp_path: Path) -> None:
    house = House(tmp_path, files_days=30.0, audit_days=30.0, history_days=30.0, receipt_days=30.0)
    await house.store.start()
    for name in ("data/files/old.gcode", "data/files/queued.gcode", "data/receipts/job-1.json"):
        house.put(name)
    house.put("data/files/young.gcode", age_seconds=0)
    house.put("data/audit/audit-000001.jsonl")
    house.put("data/audit/audit-000002.jsonl")
    await house.print_once("job-1", NOW - YEAR)
    await house.print_once("job-2", NOW - YEAR)
    house.need = Need(files=frozenset({"queued.gcode"}), jobs=frozenset({"job-2"}), printers=frozenset({"ender3"}))
    assert gone(await house.keeper.apply()) == {
        ("files", "old.gcode"),
        ("audit", "audit-000001.jsonl"),
        ("receipts", "job-1.json"),
        ("history", "job-1"),
    }
    assert names_in(tmp_path / "data" / "files") == {"queued.gcode", "young.gcode"}
    assert [job["job"] for job in await house.store.history()] == ["job-2"]
    await house.store.release()


async def test_as_long_as_a_printer_has_not_been_heard_no_file_of_a_job_goes(tmp_path: Path) -> None:
    house = House(tmp_path, files_days=1.0)
    await house.store.start()
    house.put("data/files/old.gcode")
    house.put("data/spool/job-9.gcode")
    house.need = Need(printers=frozenset({"ender3"}), unheard=frozenset({"ender3"}))
    report = await house.keeper.apply()
    assert gone(report) == set()
    assert report.needed >= 1
    await house.store.release()


async def test_the_history_is_bounded_in_number(tmp_path: Path) -> None:
    house = House(tmp_path, history_jobs=2)
    await house.store.start()
    for number in range(5):
        await house.print_once(f"job-{number}", NOW + number)
    assert gone(await house.keeper.apply()) == {("history", f"job-{number}") for number in range(3)}
    assert [job["job"] for job in await house.store.history()] == ["job-4", "job-3"]
    await house.store.release()


def test_the_disk_is_watched_by_the_configured_thresholds() -> None:
    table = {"disk_low_bytes": 1000, "disk_critical_bytes": 100}
    watch = make_disk_watch(configuration_from_table({"retention": table}, "test").retention)
    assert [watch.look(free) for free in (1000, 900, 90)] == ["ok", "low", "critical"]
