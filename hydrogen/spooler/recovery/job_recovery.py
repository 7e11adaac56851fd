"""What the desk of a job has to do with interrupted ones: tells their end, offers them, answers for their plans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.model.codec import plain
from hydrogen.model.events import JobFinished, JobRecoveryChanged
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import Firmware
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.job.preflight import Preflight, PreparedJob
from hydrogen.spooler.journal.cold_shelf import ColdShelf
from hydrogen.spooler.recovery.interrupted import INTERRUPTED, InterruptedJob
from hydrogen.spooler.recovery.recovery import RecoveryDesk
from hydrogen.spooler.recovery.recovery_plan import RecoveryChoice
from hydrogen.spooler.request import DiscardRecovery, PlanRecovery, RecoverJob

POWER_LOST = "the power went, or the machine was started anew, while it was printed"


class JobRecovery:
    """One printer's. The state's `recoverable` follows what lies on the shelf."""

    def __init__(self, shelf: ColdShelf, announcer: Announcer, preflight: Preflight, clock: Clock) -> None:
        self._shelf = shelf
        self._announcer = announcer
        self._desk = RecoveryDesk(preflight, clock.wall)
        self._clock = clock

    def take_in(self, last_job: tuple[str, str | None] | None, *, goes_on: bool) -> None:
        """At the start: tell the end of jobs that died with the machine, and offer the youngest.

        last_job: what the runtime folder knows of the last job and its outcome; goes_on: it is taken over.
        """
        told = self._announcer.outbox.finished_jobs()
        job, outcome = last_job if last_job is not None else ("", None)
        known = {job, *told}
        ended = {job} if outcome in (JobOutcome.COMPLETED.value, JobOutcome.CANCELLED.value) else set()
        for cut_off in self._shelf.take_in(known, ended):
            self._announcer.publish(_finished(cut_off, self._clock.wall()))
        for name in known - ended - ({job} if goes_on else set()):
            self._shelf.mark_interrupted(name)
        if not goes_on:
            self._announcer.offer(self._shelf.recoverable)

    def tell(self) -> None:
        """Publish what can be recovered, if that is news."""
        recoverable = self._shelf.recoverable
        if recoverable != self._announcer.state.recoverable:
            self._announcer.publish(JobRecoveryChanged(at=self._clock.wall(), recoverable=recoverable))

    async def settle(self) -> None:
        """After a job's end: wait for its last record, and offer it if it can be recovered."""
        await self._shelf.settle()
        self.tell()

    async def plan(self, request: PlanRecovery, firmware: Firmware | None) -> Mapping[str, Any]:
        """See PlanRecovery."""
        plan = await self._desk.plan(self._shelf.find(request.job), _choice_of(request), firmware)
        return dict(plain(plan))

    async def prepare(self, request: RecoverJob, firmware: Firmware) -> PreparedJob:
        """See RecoverJob; nothing is sent."""
        return await self._desk.prepare(
            self._shelf.find(request.job),
            _choice_of(request),
            firmware,
            digest=request.plan_digest,
            new_job=request.new_job,
        )

    async def discard(self, request: DiscardRecovery) -> None:
        """See DiscardRecovery."""
        await self._shelf.discard(request.job)
        self.tell()


def _choice_of(request: PlanRecovery | RecoverJob) -> RecoveryChoice:
    return RecoveryChoice(start=request.start, line=request.line, height_mm=request.height_mm, z_mm=request.z_mm)


def _finished(job: InterruptedJob, at: float) -> JobFinished:
    header, record = job.header, job.record
    return JobFinished(
        at=at,
        job=job.job,
        file=header.file,
        outcome=JobOutcome.FAILED,
        reason=POWER_LOST,
        actor="",
        error_code=INTERRUPTED,
        lines_done=record.progress.lines_done if record is not None else 0,
        lines_total=header.lines_total,
        bytes_done=max(record.progress.offset, 0) if record is not None else 0,
        elapsed_seconds=record.progress.elapsed_seconds if record is not None else 0.0,
    )
