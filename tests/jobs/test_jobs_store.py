"""The permanent record: every fact once, on the disk when it is told so."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import DiskFull, HostError, RecordDamaged
from hydrogen.jobs import store as store_module
from hydrogen.jobs.store import HistoryFilter, JobStore
from hydrogen.model.events import ErrorRaised, JobFinished, JobReceiptIssued, JobStarted
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import ErrorReport
from hydrogen.model.receipt import Receipt
from tests.support.waiting import wait_until

STARTED = JobStarted(
    at=1_800_000_000.0, printer="bench", job="01a", file="cube.gcode", lines_total=10, bytes_total=99, actor="anna"
)
FINISHED = JobFinished(
    at=1_800_000_060.0,
    printer="bench",
    job="01a",
    file="cube.gcode",
    outcome=JobOutcome.COMPLETED,
    reason="",
    actor="anna",
    lines_done=10,
    lines_total=10,
    elapsed_seconds=60.0,
    resends=2,
)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[JobStore]:
    opened = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await opened.start()
    yield opened
    await opened.release()


async def test_a_job_is_remembered_from_its_start_to_its_end(store: JobStore) -> None:
    await store.record_fact(STARTED, "i.1")
    (running,) = await store.history()
    assert (running["outcome"], running["started_at"]) == (None, "2027-01-15T08:00:00.000Z")
    await store.record_fact(FINISHED, "i.2")
    (job,) = await store.history()
    assert job["outcome"] == "completed"
    assert job["printer"] == "bench"
    assert (job["lines_done"], job["resends"], job["finished_at"]) == (10, 2, "2027-01-15T08:01:00.000Z")
    json.dumps(job)


async def test_a_fact_told_again_changes_nothing(store: JobStore) -> None:
    await store.record_fact(STARTED, "i.1")
    await store.record_fact(FINISHED, "i.2")
    await store.record_fact(STARTED, "i.1")
    await store.record_fact(FINISHED, "i.2")
    assert len(await store.facts()) == 2
    assert (await store.history())[0]["outcome"] == "completed"


async def test_the_end_of_a_job_is_kept_also_without_its_start(store: JobStore) -> None:
    await store.record_fact(FINISHED, "i.2")
    (job,) = await store.history()
    assert (job["job"], job["outcome"], job["started_at"]) == ("01a", "completed", None)
    await store.record_fact(STARTED, "i.1")
    assert (await store.history())[0]["outcome"] == "completed"


async def test_facts_of_every_kind_are_kept_with_their_body(store: JobStore) -> None:
    error = ErrorRaised(at=5.0, printer="bench", error=ErrorReport(code="link_lost", message="gone"))
    await store.record_fact(error, "i.9")
    (fact,) = await store.facts()
    assert (fact["fact"], fact["type"], fact["printer"]) == ("i.9", "error.raised", "bench")
    assert json.loads(fact["body"])["error"]["code"] == "link_lost"


async def test_the_newest_jobs_come_first_and_no_more_than_asked(store: JobStore) -> None:
    for number in range(5):
        started = JobStarted(at=1.0, printer="b", job=f"0{number}", file="f", lines_total=1, bytes_total=1)
        await store.record_fact(started, f"i.{number}")
    assert [job["job"] for job in await store.history(2)] == ["04", "03"]


async def test_what_was_recorded_is_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    first = JobStore(path, ManualClock())
    await first.start()
    await asyncio.gather(*(first.record_fact(STARTED, f"i.{number}") for number in range(20)))
    await first.release()
    await first.release()
    second = JobStore(path, ManualClock())
    await second.start()
    assert len(await second.facts()) == 20
    await second.release()


async def test_a_commit_is_durable_the_moment_it_is_told(tmp_path: Path, store: JobStore) -> None:
    await store.record_fact(FINISHED, "i.2")
    other = sqlite3.connect(tmp_path / "hydrogen.db")
    assert other.execute("SELECT outcome FROM jobs").fetchone() == ("completed",)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


async def test_old_facts_go_when_the_file_is_opened_and_jobs_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "KEPT_FACTS", 3)
    store = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await store.start()
    await store.record_fact(FINISHED, "i.0")
    for number in range(1, 6):
        await store.record_fact(STARTED, f"i.{number}")
    await store.release()
    await store.start()
    assert [fact["fact"] for fact in await store.facts()] == ["i.5", "i.4", "i.3"]
    assert len(await store.history()) == 1
    await store.release()


async def test_a_file_of_a_later_version_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(HostError, match="later version"):
        await JobStore(path, ManualClock()).start()


async def test_a_damaged_file_is_told_and_the_service_starts_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "hydrogen.db"
    path.write_bytes(b"this is text, and long enough to be looked at" * 50)
    told: list[BaseException] = []
    store = JobStore(path, ManualClock(), on_trouble=lambda _name, error: told.append(error))
    await store.start()
    assert [type(error) for error in told] == [RecordDamaged]
    assert await store.history() == []
    await store.release()


async def test_history_is_filtered_and_paged(store: JobStore) -> None:
    for number, (printer, code) in enumerate([("a", None), ("b", "interrupted"), ("a", "link_lost"), ("a", None)]):
        outcome = JobOutcome.COMPLETED if code is None else JobOutcome.FAILED
        ended = replace(FINISHED, job=f"0{number}", printer=printer, outcome=outcome, error_code=code)
        await store.record_fact(ended, f"i.{number}")

    async def found(wanted: HistoryFilter, limit: int = 9) -> str:
        return " ".join(job["job"] for job in await store.history(limit, wanted))

    assert await found(HistoryFilter(printer="a")) == "03 02 00"
    assert await found(HistoryFilter(printer="a", file=FINISHED.file)) == "03 02 00"
    assert await found(HistoryFilter(file="nothing.gcode")) == ""
    assert await found(HistoryFilter(state="completed")) == "03 00"
    assert await found(HistoryFilter(state="interrupted")) == "01"
    assert await found(HistoryFilter(state="failed")) == "02"
    assert await found(HistoryFilter(state="printing")) == ""
    assert await found(HistoryFilter(before="02"), 1) == "01"
    assert await found(HistoryFilter(printers=frozenset({"b"}))) == "01"
    assert await found(HistoryFilter(printers=frozenset())) == ""


async def test_how_long_the_same_file_took_last_time_on_the_same_printer(store: JobStore) -> None:
    assert await store.seconds_last_time("bench", "cube.gcode", 99) is None
    await store.record_fact(STARTED, "i.1")
    await store.record_fact(FINISHED, "i.2")
    assert await store.seconds_last_time("bench", "cube.gcode", 99) == 60.0
    assert await store.seconds_last_time("bench", "cube.gcode", 100) is None
    assert await store.seconds_last_time("other", "cube.gcode", 99) is None


async def test_a_receipt_is_kept_once_and_found_by_its_job(store: JobStore) -> None:
    receipt = Receipt(job="01a", file="cube.gcode", outcome=JobOutcome.COMPLETED, started_at=1_800_000_000.0)
    issued = JobReceiptIssued(at=1_800_000_060.0, printer="bench", job="01a", receipt=receipt)
    await store.record_fact(issued, "i.3")
    await store.record_fact(issued, "i.3")
    found = await store.receipt("01a")
    assert found is not None and found[0] == "bench"
    assert (found[1]["outcome"], found[1]["started_at"]) == ("completed", "2027-01-15T08:00:00.000Z")
    assert json.loads((await store.facts())[0]["body"]) == {"type": "job.receipt_issued", "job": "01a"}
    assert await store.receipt("02") is None


async def test_a_closed_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(HostError, match="closed"):
        await JobStore(tmp_path / "hydrogen.db", ManualClock()).history()


async def test_a_full_disk_is_told_as_such_and_the_fact_can_be_recorded_later(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await store.start()

    async def limit(pages: int) -> None:
        await store._database.read(lambda db: db.execute(f"PRAGMA max_page_count={pages}").fetchone())

    await limit(20)
    big = ErrorRaised(at=5.0, error=ErrorReport(code="x", message="m" * 50_000))
    with pytest.raises(DiskFull):
        await store.record_fact(big, "i.1")
    await limit(1_000_000)
    await store.record_fact(big, "i.1")
    assert len(await store.facts()) == 1
    await store.release()


async def test_the_first_copy_is_made_at_once_and_another_one_not_before_a_day_is_over(tmp_path: Path) -> None:
    clock = ManualClock(wall=time.time())
    store = JobStore(tmp_path / "hydrogen.db", clock)
    await store.start()
    copy = store._database.copy_path
    running = asyncio.create_task(store.run())
    await wait_until(copy.exists)
    running.cancel()
    made_at = copy.stat().st_mtime_ns
    await store.record_fact(STARTED, "i.1")
    for wall, is_due in ((clock.wall() + 3600.0, False), (clock.wall() + 25 * 3600.0, True)):
        clock.set_wall(wall)
        running = asyncio.create_task(store.run())
        await asyncio.wait({running}, timeout=0.05)
        if is_due:
            await wait_until(lambda: copy.stat().st_mtime_ns > made_at)
        else:
            assert copy.stat().st_mtime_ns == made_at
        running.cancel()
        await asyncio.wait({running})
    await store.release()


async def test_a_job_is_forgotten_with_its_receipt_and_a_receipt_without_its_job(store: JobStore) -> None:
    for job in ("01a", "01b"):
        await store.record_fact(replace(STARTED, job=job), f"{job}.1")
        await store.record_fact(replace(FINISHED, job=job), f"{job}.2")
        receipt = Receipt(job=job, file="cube.gcode", outcome=JobOutcome.COMPLETED)
        await store.record_fact(JobReceiptIssued(at=1.0, printer="bench", job=job, receipt=receipt), f"{job}.3")
    assert [(job, ended_at) for job, _, ended_at in await store.past_jobs()] == [
        ("01a", FINISHED.at),
        ("01b", FINISHED.at),
    ]
    await store.forget_job("01a")
    await store.forget_receipt("01b")
    await store.forget_job("never was")
    assert [job["job"] for job in await store.history()] == ["01b"]
    assert await store.receipt("01a") is None and await store.receipt("01b") is None
