"""The desk of one printer's job: started, steered by people and by the printer, concluded.

There is one job at a time. What it does is the runner's business (runner.py), what lies on disk of it the archive's; the desk
knows which one it is, and what its end means for the printer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.devices.driver import PrinterConnection
from hydrogen.errors import Conflict, DeviceError, HydrogenError
from hydrogen.model.events import Event, JobFinished
from hydrogen.model.job import JobOutcome, JobStatus
from hydrogen.model.printer import PrinterStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.host_action import ACTOR
from hydrogen.spooler.job_archive import JobArchive
from hydrogen.spooler.patience import RunnerLimits
from hydrogen.spooler.policy import ParkPolicy
from hydrogen.spooler.preflight import Preflight
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob, StartJob
from hydrogen.spooler.runner import JobRunner

JOB_TASK = "job"

STOP_SETTLE_SECONDS = 3.0
"""At a stop of the process: for the lines in flight. With the spooler's STOP_OFF_SECONDS and the rest it stays within 8 s."""


class DeskHost(Protocol):
    """What the desk needs of the spooler around it."""

    @property
    def connection(self) -> PrinterConnection | None:
        """The open port, if there is one."""

    @property
    def is_ending(self) -> bool:
        """Killed by an emergency stop, or being stopped: a job's end is not the beginning of anything."""

    def cool_down_later(self) -> None:
        """Heaters off as soon as the printer takes it; nobody waits for it."""

    def cool_down_when_back(self, is_wanted: bool) -> None:
        """Heaters off with the next connection, or not."""


class JobDesk:
    """Signs JobHost for the runner and JobControl for the printer's host actions."""

    def __init__(
        self,
        host: DeskHost,
        announcer: Announcer,
        archive: JobArchive,
        preflight: Preflight,
        errands: Errands,
        *,
        clock: Clock,
        log: Log,
        limits: RunnerLimits,
        park: ParkPolicy,
    ) -> None:
        self._host = host
        self._announcer = announcer
        self._archive = archive
        self._preflight = preflight
        self._errands = errands
        self._clock = clock
        self._log = log
        self._limits = limits
        self._park = park
        self._runner: JobRunner | None = None

    @property
    def has_job(self) -> bool:
        """Is a job running, paused, or being checked?"""
        return self._runner is not None or self._preflight.is_busy

    @property
    def status(self) -> JobStatus | None:
        """Of the job that runs or is paused; None without one."""
        return None if self._runner is None else self._runner.status

    def conclude_orphan(self) -> None:
        """Tell the end of a job that an earlier spooler could not tell."""
        orphan = self._archive.orphan(self._announcer.outbox.finished_jobs())
        if orphan is not None:
            self._announcer.publish(replace(orphan, at=self._clock.wall()))
            self._archive.close_orphan()
            self._host.cool_down_when_back(True)

    # ------------------------------------------------------------------------------------------------- wishes

    async def start(self, request: StartJob, connection: PrinterConnection) -> Mapping[str, Any]:
        """See StartJob."""
        self._refuse_unless_idle()
        job = await self._preflight.check(request.job, Path(request.path), request.file)
        if self._host.connection is not connection or self._host.is_ending:
            job.discard()
            raise Conflict("the printer went away while the file was checked", status=self._status_word)
        self._archive.open(job, actor=request.actor, started_at=self._clock.wall())
        self._runner = runner = JobRunner(
            job, connection, self, self._clock, actor=request.actor, limits=self._limits, park=self._park
        )
        runner.start()
        self._errands.start(runner.run(), name=JOB_TASK)
        outline = job.outline
        return {
            "job": job.id,
            "lines_total": outline.lines_total,
            "bytes_total": outline.bytes_total,
            "layers_total": job.layers_total,
        }

    def steer(self, request: PauseJob | ResumeJob | CancelJob) -> None:
        """Raises Conflict for what does not fit the job."""
        runner = self._runner
        if isinstance(request, CancelJob) and runner is None and self._preflight.is_busy:
            self._preflight.abandon()
            return
        if runner is None:
            raise Conflict("there is no job", status=self._status_word)
        match request:
            case PauseJob():
                runner.pause(actor=request.actor)
            case ResumeJob():
                runner.resume(actor=request.actor)
            case CancelJob():
                runner.cancel(actor=request.actor, reason=request.reason)

    def abandon_check(self) -> None:
        """Give up the check of a file, if there is one."""
        self._preflight.abandon()

    def measure(self) -> None:
        """Publish the progress, if there is a job and it moved."""
        if self._runner is not None:
            self._runner.measure()

    def fail(self, code: str, reason: str, *, actor: str = "") -> None:
        """The job cannot go on, if there is one."""
        if self._runner is not None:
            self._runner.fail(code, reason, actor=actor)

    def on_lost(self, error: DeviceError) -> None:
        """The connection ended by itself."""
        self.fail(error.code, error.message)

    async def stop(self, connection: PrinterConnection, reason: str) -> None:
        """The process ends: stop at a line's end."""
        runner = self._runner
        if runner is None:
            return
        runner.hold()
        connection.break_waiting()
        try:
            async with asyncio.timeout(STOP_SETTLE_SECONDS):
                await connection.settle()
        except (TimeoutError, HydrogenError) as error:
            self._log.warning("the printer did not settle before the stop", error=str(error) or "no answer in time")
        runner.fail("interrupted", reason)

    def _refuse_unless_idle(self) -> None:
        if self.has_job or self._announcer.state.status is not PrinterStatus.IDLE:
            raise Conflict(f"the printer is {self._status_word}", status=self._status_word)

    @property
    def _status_word(self) -> str:
        return self._announcer.state.status.value

    # ------------------------------------------------------------------------------------------------- JobHost

    @property
    def heaters(self) -> Mapping[str, HeaterState]:
        return self._announcer.state.heaters

    def publish(self, event: Event) -> None:
        self._announcer.publish(event)

    def job_changed(self, status: JobStatus, reason: str) -> None:
        self._announcer.set_status(PrinterStatus(status.value), reason)

    def job_over(self, finished: JobFinished) -> None:
        self._runner = None
        self._archive.close(finished)
        if self._host.connection is None:
            self._host.cool_down_when_back(finished.outcome is not JobOutcome.COMPLETED)
            return
        if self._host.is_ending:
            return
        if finished.outcome is JobOutcome.FAILED:
            self._host.cool_down_later()
        self._announcer.set_status(PrinterStatus.IDLE, finished.reason)

    def cool_down_later(self) -> None:
        self._host.cool_down_later()

    # ------------------------------------------------------------------------------------------------- JobControl

    def printer_paused(self, reason: str, *, is_its_own: bool) -> None:
        if self._runner is not None and self._runner.status in (JobStatus.PRINTING, JobStatus.RESUMING):
            self._runner.pause(actor=ACTOR, reason=reason, is_printers_own=is_its_own)

    def printer_resumed(self) -> None:
        if self._runner is not None and self._runner.status in (JobStatus.PAUSING, JobStatus.PAUSED):
            self._runner.resume(actor=ACTOR)

    def printer_cancelled(self) -> None:
        if self._runner is not None and self._runner.status is not JobStatus.CANCELLING:
            self._runner.cancel(actor=ACTOR, reason="cancelled at the printer")
