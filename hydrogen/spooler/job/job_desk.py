"""The desk of one printer's job: started, steered by people and by the printer, concluded.

There is one job at a time. What it does is the runner's business (runner.py), what lies on disk of it the archive's; the desk
knows which one it is, and what its end means for the printer.

A lost link does not end a job, nor does the death of the spooler's process: the job waits in `link_lost` until the printer is
there again. If it was not reset, it names the last line that it has accepted, the journal tells where in the file that is,
and the job goes on with the next. A printer that was reset gets no motion: the job is interrupted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.devices.driver import PrinterConnection, ResumePoint
from hydrogen.devices.parking import HeadPlace
from hydrogen.errors import (
    Conflict,
    DeviceError,
    FileUnreadable,
    HydrogenError,
    LinkLost,
    PortMissing,
    PrinterHalted,
    PrinterReset,
    PrinterSilent,
)
from hydrogen.gcode.program.metadata import JobOutline
from hydrogen.model.events import Event, JobFinished
from hydrogen.model.job import JobOutcome, JobState, JobStatus
from hydrogen.model.printer import PrinterStatus, Tuning
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.host_action import ACTOR
from hydrogen.spooler.job.exclusion import Exclusions
from hydrogen.spooler.job.file_survey import outline_of, state_before, tuning_lines
from hydrogen.spooler.job.job_archive import INTERRUPTED, ConnectionFacts, JobArchive
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.job.preflight import Preflight, PreparedJob
from hydrogen.spooler.job.receipt_clerk import ReceiptClerk
from hydrogen.spooler.job.runner import JobRunner
from hydrogen.spooler.journal.cold_record import ColdProgress
from hydrogen.spooler.journal.journal import JobHeader
from hydrogen.spooler.policy import ParkPolicy
from hydrogen.spooler.recovery.job_recovery import JobRecovery
from hydrogen.spooler.request import CancelJob, ExcludeObject, PauseJob, RecoverJob, ResumeJob, StartJob

JOB_TASK = "job"

RETURN_TASK = "bring the printer back"

RETURN_FIRST_SECONDS, RETURN_MOST_SECONDS = 0.2, 1.0
"""Pauses between attempts to open a port that a job waits for: a nozzle stands hot on a part meanwhile."""

COOL_MOST_SECONDS = 5.0
"""The same for a printer that is only to be cooled down."""

STOP_SETTLE_SECONDS = 3.0
"""At a stop of the process: for the lines in flight. With the spooler's STOP_OFF_SECONDS and the rest it stays within 8 s."""


class DeskHost(Protocol):
    """What the desk needs of the spooler around it."""

    @property
    def connection(self) -> PrinterConnection | None:
        """The open port, if there is one."""

    @property
    def is_ending(self) -> bool:
        """Killed by an emergency stop, being stopped or disconnected: a job's end is not the beginning of anything."""

    async def reconnect(self) -> None:
        """Open the port again, for the job that waits. Raises what connecting raises."""

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
        receipts: ReceiptClerk,
        preflight: Preflight,
        errands: Errands,
        *,
        recovery: JobRecovery,
        spool_dir: Path,
        clock: Clock,
        log: Log,
        limits: RunnerLimits,
        park: ParkPolicy,
    ) -> None:
        self._host = host
        self._announcer = announcer
        self._archive = archive
        self._exclusions = Exclusions(announcer, archive)
        self._receipts = receipts
        self._preflight = preflight
        self._errands = errands
        self._recovery = recovery
        self._spool_dir = spool_dir
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

    # ------------------------------------------------------------------------------------------------- the link

    def adopt(self) -> None:
        """Take over the job of a spooler that died: it waits for its printer. Nothing if there is none."""
        header = self._archive.left_open(self._announcer.outbox.finished_jobs())
        self._recovery.take_in(self._archive.last_job, goes_on=header is not None)
        if header is None:
            return
        at = self._clock.wall()
        job = _job_of(header, self._spool_dir)
        self._archive.take_over(job)
        self._receipts.open(
            job,
            actor=header.actor,
            started_at=header.started_at,
            continues=job.continues or None,
            is_taken_over=True,
        )
        self._runner = runner = JobRunner(
            job,
            None,
            self,
            self._clock,
            actor=header.actor,
            limits=self._limits,
            park=self._park,
            held=_HELD_BY_THE_DEAD.get(header.status, JobStatus.PRINTING),
            place=header.place,
            elapsed_seconds=max(0.0, at - header.started_at),
        )
        self._announcer.adopt(_job_state(header))
        self._errands.start(runner.run(), name=JOB_TASK)
        if header.status is JobStatus.CANCELLING:
            runner.cancel(actor=header.actor, reason="the process that was cancelling it died")
            return
        self._errands.start(self._bring_back_the_same(runner), name=RETURN_TASK)

    def resume_point(self) -> ResumePoint | None:
        """Where the numbering of the job that waits for its printer stands."""
        return self._archive.resume_point() if self._is_waiting else None

    def on_connected(self, connection: PrinterConnection) -> bool:
        """There is a connection; True if the job goes on with it."""
        runner = self._runner
        if runner is None or not self._is_waiting:
            return False
        accepted = connection.resumed_from
        offset = None if accepted is None else self._archive.offset_behind(accepted)
        if offset is None:
            self._announcer.raise_error(PrinterReset(_RESET))
            self._interrupt(_RESET)
            return False
        self._archive.note_connection(ConnectionFacts.of(connection))
        self._errands.start(self.leave_out_again(connection), name="objects that are left out")
        self._errands.start(self._take_up(runner, connection, offset), name=RETURN_TASK)
        return True

    def on_lost(self, error: DeviceError) -> None:
        """The connection ended by itself."""
        runner = self._runner
        if runner is None:
            return
        comes_back = isinstance(error, _COMES_BACK) and not self._host.is_ending
        if isinstance(error, PrinterReset):
            self._interrupt(error.message)
        elif self._is_waiting or (comes_back and runner.lose_link(error.message)):
            self._errands.start(self._bring_back(runner), name=RETURN_TASK)
        else:
            runner.fail(error.code, error.message)

    @property
    def _is_waiting(self) -> bool:
        return self.status is JobStatus.LINK_LOST

    def _interrupt(self, reason: str) -> None:
        self.fail(INTERRUPTED, reason)

    async def _bring_back_the_same(self, runner: JobRunner) -> None:
        """The file first: what is not the file that was begun is not gone on with."""
        try:
            await self._preflight.check_again(runner.job.spool_file, runner.job)
        except FileUnreadable as error:
            if runner.status is JobStatus.LINK_LOST:
                self._interrupt(f"the process that printed it died, and {error.message}")
            return
        await self._bring_back(runner)

    async def _bring_back(self, runner: JobRunner) -> None:
        """Until the printer is there again, or nobody waits for it any more."""
        backoff = Backoff(first_seconds=RETURN_FIRST_SECONDS, limit_seconds=RETURN_MOST_SECONDS)
        told = ""
        while runner.status is JobStatus.LINK_LOST and not self._host.is_ending:
            try:
                await self._host.reconnect()
            except HydrogenError as error:
                if error.code != told:
                    told = error.code
                    self._log.info("printer is not back yet", job=runner.job.id, code=error.code, reason=error.message)
                if isinstance(error, PrinterHalted):
                    self._found_halted(runner, error)
                    return
            else:
                return
            await asyncio.sleep(backoff.next_delay())

    def _found_halted(self, runner: JobRunner, error: PrinterHalted) -> None:
        self._announcer.raise_error(error)
        runner.fail(error.code, error.message)
        self._announcer.set_status(PrinterStatus.HALTED, error.message)

    async def _cool_when_back(self) -> None:
        """A job ended while nobody could tell the printer: its heaters are as hot as they were."""
        backoff = Backoff(first_seconds=RETURN_FIRST_SECONDS, limit_seconds=COOL_MOST_SECONDS)
        while self._host.connection is None and self._runner is None and not self._host.is_ending:
            try:
                await self._host.reconnect()
            except HydrogenError as error:
                self._log.debug("printer is not back yet", code=error.code, reason=error.message)
            await asyncio.sleep(backoff.next_delay())

    async def _take_up(self, runner: JobRunner, connection: PrinterConnection, offset: int) -> None:
        """The modes first, for whoever pauses; how far the job is may be found out while it prints."""
        spool_file = runner.job.spool_file
        try:
            state = await asyncio.to_thread(state_before, spool_file, offset)
            if self._archive.is_aside:  # the head has left the object that the file is in
                state = replace(state, object_mark="")
            connection.adopt(state)
            connection.tuning.adopt(*await asyncio.to_thread(self._tuning_at, runner.job, offset))
            if not self._is_waiting or self._host.connection is not connection:
                return
            is_proven = connection.firmware.guarantee != "at_most_once"
            runner.take_up(connection, offset, doubt="" if is_proven else _DOUBT)
            outline, lines_before = await asyncio.to_thread(outline_of, spool_file, max(offset, runner.job.start))
            runner.learn(outline, lines_before - len(runner.job.opening_from(offset)))
        except FileUnreadable as error:
            runner.fail(error.code, error.message)

    def _tuning_at(self, job: PreparedJob, offset: int) -> tuple[Tuning, list[bytes]]:
        """What was known of fans, speed and flow, and the lines since; blocks."""
        tuning, at = self._archive.tuning
        opening = [line for line, behind in job.opening_from(at) if behind <= offset]
        return tuning, opening + tuning_lines(job.spool_file, max(at, job.start), offset)

    def note_tuning(self, tuning: Tuning, connection: PrinterConnection) -> None:
        """Fans, speed and flow are so now."""
        if self._runner is not None and not self._is_waiting:
            self._archive.note_tuning(tuning, connection.stream_progress.offset)

    # ------------------------------------------------------------------------------------------------- wishes

    async def start(self, request: StartJob, connection: PrinterConnection) -> Mapping[str, Any]:
        """See StartJob."""
        self._refuse_unless_idle()
        job = await self._preflight.check(request.job, Path(request.path), request.file)
        if self._host.connection is not connection or self._host.is_ending:
            job.discard()
            raise Conflict("the printer went away while the file was checked", status=self._status_word)
        return self._begin(replace(job, expected_seconds=request.expected_seconds), connection, request.actor)

    async def recover(self, request: RecoverJob, connection: PrinterConnection) -> Mapping[str, Any]:
        """See RecoverJob."""
        self._refuse_unless_idle()
        job = await self._recovery.prepare(request, connection.firmware)
        if self._host.connection is not connection or self._host.is_ending:
            job.discard()
            raise Conflict("the printer went away while the file was checked", status=self._status_word)
        return {**self._begin(job, connection, request.actor), "continues": job.continues}

    def _begin(self, job: PreparedJob, connection: PrinterConnection, actor: str) -> Mapping[str, Any]:
        started_at = self._clock.wall()
        self._archive.open(
            job,
            actor=actor,
            started_at=started_at,
            facts=ConnectionFacts.of(connection),
        )
        self._receipts.open(job, actor=actor, started_at=started_at, continues=job.continues or None)
        self._recovery.tell()
        self._runner = runner = JobRunner(
            job, connection, self, self._clock, actor=actor, limits=self._limits, park=self._park
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
                runner.pause(actor=request.actor, reason=request.reason)
            case ResumeJob():
                runner.resume(actor=request.actor)
            case CancelJob():
                runner.cancel(actor=request.actor, reason=request.reason)

    async def exclude(self, request: ExcludeObject, connection: PrinterConnection) -> Mapping[str, Any]:
        """See ExcludeObject."""
        return await self._exclusions.exclude(request, connection, lambda: self.follow_objects(connection))

    def follow_objects(self, connection: PrinterConnection, *, actor: str = "") -> None:
        """Lines of any source may have left objects out, or taken that back; `actor`: who has just sent some."""
        if self._exclusions.follow(connection.objects.take(), actor=actor) and not self._is_waiting:
            self._errands.start(self.leave_out_again(connection), name="objects that are left out")

    def abandon_check(self) -> None:
        """Give up the check of a file, if there is one."""
        self._preflight.abandon()

    def measure(self) -> None:
        """Publish the progress, if there is a job and it moved; keep it for the case that the power goes."""
        if self._runner is not None:
            self._runner.measure()
            if self._host.connection is not None and not self._is_waiting:
                self._archive.note(self._cold_progress(self._runner))

    def _cold_progress(self, runner: JobRunner) -> ColdProgress:
        connection, measured = self._host.connection, runner.progress
        heaters = self._announcer.state.heaters
        told = {name: heater.target_celsius for name, heater in heaters.items() if heater.target_celsius is not None}
        asked = connection.targets_asked if connection is not None else {}
        return ColdProgress(
            offset=connection.stream_progress.offset if connection is not None else 0,
            lines_done=measured.lines_done if measured is not None else 0,
            layer=measured.layer if measured is not None else 0,
            fraction=measured.fraction if measured is not None else 0.0,
            elapsed_seconds=measured.elapsed_seconds if measured is not None else 0.0,
            guarantee=connection.firmware.guarantee if connection is not None else "",
            targets_celsius={**asked, **told},
        )

    def fail(self, code: str, reason: str, *, actor: str = "") -> None:
        """The job cannot go on, if there is one."""
        if self._runner is not None:
            self._runner.fail(code, reason, actor=actor)

    async def stop(self, connection: PrinterConnection | None, reason: str) -> None:
        """The process ends: stop at a line's end."""
        runner = self._runner
        if runner is None:
            return
        if connection is not None:
            await self._bring_to_line_end(runner, connection)
        self._interrupt(reason)
        await self._recovery.settle()

    async def _bring_to_line_end(self, runner: JobRunner, connection: PrinterConnection) -> None:
        runner.hold()
        connection.break_waiting()
        try:
            async with asyncio.timeout(STOP_SETTLE_SECONDS):
                await connection.settle()
        except (TimeoutError, HydrogenError) as error:
            self._log.warning("the printer did not settle before the stop", error=str(error) or "no answer in time")

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
        if self._runner is not None:
            self._archive.note_status(self._runner.held)
        self._announcer.set_status(PrinterStatus(status.value), reason)

    def job_over(self, finished: JobFinished) -> None:
        progress = ColdProgress(offset=0) if self._runner is None else self._cold_progress(self._runner)
        self._runner = None
        self._receipts.close(finished)
        self._archive.close(finished, progress)
        self._errands.start(self._recovery.settle(), name="what is left of the job")
        if self._host.connection is None:
            self._host.cool_down_when_back(finished.outcome is not JobOutcome.COMPLETED)
            if finished.error_code in _UNREACHABLE and not self._host.is_ending:
                self._errands.start(self._cool_when_back(), name="heaters off, once the printer is back")
            return
        if self._host.is_ending:
            return
        if finished.outcome is JobOutcome.FAILED:
            self._host.cool_down_later()
        self._errands.start(self._leave_object(self._host.connection), name="leaving the last object")
        self._announcer.set_status(PrinterStatus.IDLE, finished.reason)

    async def _leave_object(self, connection: PrinterConnection) -> None:
        """What comes after the job is no part of what was left out of it."""
        with suppress(HydrogenError):  # a printer that is gone begins anew
            await connection.head.leave_object()

    def place_noted(self, place: HeadPlace | None) -> None:
        self._archive.note_place(place)

    def cool_down_later(self) -> None:
        self._host.cool_down_later()

    async def leave_out_again(self, connection: PrinterConnection) -> None:
        try:
            refusal = await self._exclusions.repeat(connection)
        except HydrogenError as error:
            refusal = error.message  # the link is lost again: the next one that comes back is told
        if refusal:
            self._log.warning("printer was not told again what it leaves out", reason=refusal)

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


_COMES_BACK: tuple[type[DeviceError], ...] = (LinkLost, PortMissing, PrinterSilent)
"""Losses after which the printer may be what it was: a cable, a USB stack, an adapter. Not a halt, not a restart."""

_UNREACHABLE = frozenset({None, INTERRUPTED, *(kind.code for kind in _COMES_BACK)})
"""Error codes of a job that ended while its printer was away; None: it was cancelled then."""

_RESET = (
    "the printer was reset while nobody spoke to it: where it stands is not known any more, so nothing is moved without being"
    " asked for"
)

_DOUBT = (
    "this firmware checks no line numbers, so the last line before the loss may have run or not: look at the print, then resume"
    " or cancel"
)

_HELD_BY_THE_DEAD: Mapping[JobStatus, JobStatus] = MappingProxyType(
    {JobStatus.PAUSING: JobStatus.PAUSING, JobStatus.PAUSED: JobStatus.PAUSED, JobStatus.RESUMING: JobStatus.PAUSED}
)
"""What a job comes back to after the death of its spooler; everything else prints on."""


def _job_of(header: JobHeader, spool_dir: Path) -> PreparedJob:
    """The job as far as its header tells; the outline is learned later."""
    return PreparedJob(
        id=header.job,
        file=header.file,
        spool_file=spool_dir / Path(header.spool_file).name,
        outline=JobOutline(
            lines_total=header.lines_total, bytes_total=header.size_bytes, commands_end=header.size_bytes
        ),
        size_bytes=header.size_bytes,
        inode=header.inode,
        sha256=header.sha256,
        continues=header.continues,
        start=header.start,
        lines_before=header.lines_before,
        opening=header.opening,
        excluded=header.excluded,
    )


def _job_state(header: JobHeader) -> JobState:
    return JobState(
        id=header.job,
        file=header.file,
        status=JobStatus.LINK_LOST,
        lines_total=header.lines_total,
        bytes_total=header.size_bytes,
        layers_total=header.layers_total,
        started_at=header.started_at,
        actor=header.actor,
        excluded_objects=tuple(one.object for one in header.excluded),
    )
