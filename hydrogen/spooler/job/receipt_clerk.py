"""A receipt for every job: it listens while the job runs, sums its lines at the end, and follows `job.finished` as a fact."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.errors import LineRefused
from hydrogen.model.events import Event, JobFinished, JobReceiptIssued
from hydrogen.model.printer import LinkStatistics
from hydrogen.model.receipt import Receipt
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.job.line_digest import digest_lines
from hydrogen.spooler.job.preflight import PreparedJob
from hydrogen.spooler.job.receipt import ReceiptBook, ReceiptHead, receipt_of_end


class ReceiptClerk:
    """`open` when a job starts, `close` when it has its terminal event and before its spool file goes."""

    def __init__(
        self,
        announcer: Announcer,
        errands: Errands,
        clock: Clock,
        log: Log,
        *,
        statistics: Callable[[], LinkStatistics | None],
    ) -> None:
        """statistics: the counters of the link that is there now, None without one."""
        self._announcer = announcer
        self._errands = errands
        self._clock = clock
        self._log = log
        self._statistics = statistics
        self._job: PreparedJob | None = None
        self._book: ReceiptBook | None = None
        self._unlisten: Callable[[], None] | None = None
        self._issuing: set[asyncio.Task[None]] = set()

    def make_up(self) -> None:
        """Issue what an earlier process owed: it made the end of a job and died before the receipt."""
        facts = [event for _, event in self._announcer.outbox.facts()]
        issued = {event.job for event in facts if isinstance(event, JobReceiptIssued)}
        for event in facts:
            if isinstance(event, JobFinished) and event.job not in issued:
                self._issue(receipt_of_end(event))

    def open(
        self,
        job: PreparedJob,
        *,
        actor: str,
        started_at: float,
        continues: str | None = None,
        is_taken_over: bool = False,
    ) -> None:
        """The job is about to start. continues: the job that it goes on with, if it does. is_taken_over: an earlier process
        began it, so the receipt cannot tell all. An open receipt of another job is given up."""
        self._stop_listening()
        head = ReceiptHead(
            job=job.id,
            file=job.file,
            actor=actor,
            started_at=started_at,
            lines_total=job.outline.lines_total,
            bytes_total=job.outline.bytes_total,
            source_sha256=job.sha256,
            continues=continues,
            is_complete=not is_taken_over,
        )
        self._job = job
        self._book = ReceiptBook(head, self._statistics())
        self._unlisten = self._announcer.listen(self._on_event)

    def close(self, finished: JobFinished) -> None:
        """Take the record and begin to sum the file; the receipt follows. Nothing for a job that was not opened here."""
        book, job = self._book, self._job
        if book is None or job is None or book.job != finished.job:
            return
        self._stop_listening()
        book.count(self._statistics())
        receipt = book.receipt(finished, self._clock.monotonic())
        try:
            file = job.spool_file.open("rb", buffering=0)  # kept open: its name is taken away behind us
        except OSError as error:
            self._log.warning("receipt without digests", job=finished.job, error=error.strerror)
            self._issue(receipt)
            return
        task = self._errands.start(self._sum_and_issue(receipt, job, file), name="receipt")
        self._issuing.add(task)
        task.add_done_callback(self._issuing.discard)

    async def settle(self, *, deadline_seconds: float) -> None:
        """Wait for receipts that are being summed; those that take longer go out without digests."""
        if not self._issuing:
            return
        _, late = await asyncio.wait(self._issuing, timeout=deadline_seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    # ------------------------------------------------------------------------------------------------- inside

    async def _sum_and_issue(self, receipt: Receipt, job: PreparedJob, file: BinaryIO) -> None:
        try:
            executed, whole = await digest_lines(file, job.prepare, receipt.bytes_done)
            receipt = replace(receipt, executed_sha256=executed, file_sha256=whole)
        except (OSError, ValueError, LineRefused) as error:
            self._log.warning("receipt without digests", job=job.id, error=str(error))
        finally:
            file.close()
            self._issue(receipt)  # also when the process ends: better without digests than not at all

    def _issue(self, receipt: Receipt) -> None:
        self._announcer.publish(JobReceiptIssued(at=self._announcer.now, job=receipt.job, receipt=receipt))

    def _on_event(self, event: Event, _fact_id: str | None) -> None:
        if self._book is not None:
            self._book.note(event, self._clock.monotonic())

    def _stop_listening(self) -> None:
        if self._unlisten is not None:
            self._unlisten()
        self._unlisten = self._book = self._job = None
