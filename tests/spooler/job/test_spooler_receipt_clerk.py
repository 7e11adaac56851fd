"""A receipt for every job, directly behind its end."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from hydrogen.model.events import JobFinished, JobReceiptIssued
from hydrogen.model.job import JobOutcome
from hydrogen.model.receipt import Receipt
from hydrogen.spooler.job import receipt_clerk
from hydrogen.spooler.request import CancelJob
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedDriver
from tests.support.waiting import wait_until


async def receipt_of(bench: Bench, job: str = "j1") -> Receipt:
    await wait_until(
        lambda: any(event.job == job for event in bench.all(JobReceiptIssued)), what=f"the receipt of {job}"
    )
    (issued,) = [event for event in bench.all(JobReceiptIssued) if event.job == job]
    return issued.receipt


async def test_a_completed_job_was_executed_as_it_is_in_its_file(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        path = bench.file(50)
        await bench.print(path)
        receipt = await receipt_of(bench)
        assert (receipt.outcome, receipt.actor, receipt.lines_done, receipt.lines_total) == (
            JobOutcome.COMPLETED,
            "ada",
            50,
            50,
        )
        assert receipt.executed_sha256 == receipt.file_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert receipt.source_sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert receipt.is_complete


async def test_the_receipt_is_a_fact_behind_the_end_and_kept_until_it_is_stored(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(5))
        await receipt_of(bench)
        kept = [
            event.wire_type for _, event in bench.outbox.facts() if isinstance(event, JobFinished | JobReceiptIssued)
        ]
        assert kept == ["job.finished", "job.receipt_issued"]


async def test_a_cancelled_job_has_the_sum_of_what_was_acknowledged(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with Bench(tmp_path, driver) as bench:
        path = bench.file(20_000)
        await bench.print(path)
        await bench.until_executed(10)
        await bench.spooler.perform(CancelJob(actor="bert", reason="spaghetti"))
        receipt = await receipt_of(bench)
        assert (receipt.outcome, receipt.reason, receipt.ended_by) == (JobOutcome.CANCELLED, "spaghetti", "bert")
        assert 10 <= receipt.lines_done < 20_000
        done = path.read_bytes().splitlines(keepends=True)[: receipt.lines_done]
        assert receipt.executed_sha256 == hashlib.sha256(b"".join(done)).hexdigest() != receipt.file_sha256


async def test_every_job_has_its_own(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        for job in ("j1", "j2", "j3"):
            await bench.print(bench.file(30), job=job)
            await bench.until_finished(job)
        assert {(await receipt_of(bench, job)).lines_done for job in ("j1", "j2", "j3")} == {30}


async def test_a_stopped_process_issues_the_receipt_before_it_ends(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    async with bench:
        await bench.print(bench.file(20_000))
        await bench.until_executed(5)
    (issued,) = bench.all(JobReceiptIssued)
    assert (issued.receipt.outcome, issued.receipt.error_code) == (JobOutcome.FAILED, "interrupted")


async def test_a_sum_that_takes_too_long_at_the_end_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> tuple[str, str]:
        await wait_until(lambda: False, within_seconds=60)
        return ("", "")

    monkeypatch.setattr(receipt_clerk, "digest_lines", never)
    bench = Bench(tmp_path)
    async with bench:
        await bench.print(bench.file(20_000))
        await bench.until_executed(5)
    (issued,) = bench.all(JobReceiptIssued)
    assert issued.receipt.executed_sha256 is None
    assert issued.receipt.lines_done >= 5


async def test_a_spool_file_that_is_gone_costs_the_digests_not_the_receipt(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(20_000))
        await bench.until_executed(5)
        (tmp_path / "spool" / "j1.gcode").unlink()
        await bench.spooler.perform(CancelJob())
        receipt = await receipt_of(bench)
        assert receipt.file_sha256 is None
        assert "receipt without digests" in bench.log.events()


async def test_a_receipt_that_a_dead_process_owed_is_made_up_from_the_end_that_it_told(tmp_path: Path) -> None:
    finished = JobFinished(
        at=9.0,
        printer="bench",
        job="j0",
        file="a.gcode",
        outcome=JobOutcome.CANCELLED,
        reason="why",
        actor="",
        lines_done=7,
    )
    dead = Bench(tmp_path, instance="i0")
    dead.outbox.keep(finished)
    dead.journal.close()
    async with Bench(tmp_path, instance="i1") as bench:
        receipt = await receipt_of(bench, "j0")
        assert (receipt.outcome, receipt.reason, receipt.lines_done, receipt.is_complete) == (
            JobOutcome.CANCELLED,
            "why",
            7,
            False,
        )
    async with Bench(tmp_path, instance="i2") as later:
        assert later.all(JobReceiptIssued) == [], "once is enough"
