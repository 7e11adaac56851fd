"""One job, from its first line to its one `job.finished`.

::

    printing ──pause──► pausing ──settle, finish, park──► paused ──resume──► resuming ──unpark──► printing
       └──source exhausted──► finishing ──finish──► completed
    any ──cancel──► cancelling ──break waiting, settle, park, heaters off──► cancelled
    any but cancelling ──link lost──► link_lost ──the printer is back, and was not reset──► printing, pausing or paused
    any ──halted, reset, unreadable file, stop of the process──► failed

Whoever asks changes the status at once and in the same breath stops or starts the source; one task, `run`, then does what
takes time for the status it finds. Only `_finish` makes the terminal event, and only the first call counts.

Nothing here can stay for ever in a state that passes: each has a deadline, and says meanwhile what it waits for (patience.py).
Pausing never cuts a heat-up short, for that would let the print go on cold; cancelling does.
A lost link is waited for without a deadline: it ends with the printer, or with a person who cancels.

A job outlives its connections: what it waits for in link_lost is another one (job_desk.py looks for it), and `take_up` goes on
with it behind the last line that the printer proves to have.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.devices.driver import PrinterConnection, StreamProgress
from hydrogen.devices.parking import HeadPlace
from hydrogen.errors import Conflict, HydrogenError, ServerFault
from hydrogen.gcode.program.metadata import JobOutline
from hydrogen.model.events import Event, JobFinished, JobPaused, JobProgressed, JobResumed, JobStarted
from hydrogen.model.job import JOB_TRANSITIONS, JobOutcome, JobStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.job.head_rest import HeadRest
from hydrogen.spooler.job.job_source import FileSource
from hydrogen.spooler.job.link_tally import LinkTally
from hydrogen.spooler.job.patience import Delay, RunnerLimits, reason_of
from hydrogen.spooler.job.preflight import PreparedJob
from hydrogen.spooler.job.progress import JobProgress
from hydrogen.spooler.policy import ParkPolicy


class JobHost(Protocol):
    """What a runner needs of the spooler around it."""

    @property
    def heaters(self) -> Mapping[str, HeaterState]:
        """As they were measured last."""

    def publish(self, event: Event) -> None: ...

    def job_changed(self, status: JobStatus, reason: str) -> None:
        """The printer's status follows the job's."""

    def job_over(self, finished: JobFinished) -> None:
        """The terminal event was published."""

    def place_noted(self, place: HeadPlace | None) -> None:
        """The head is about to step aside from here; None: it is back."""

    def cool_down_later(self) -> None:
        """Heaters off as soon as the printer takes it; nobody waits for it."""

    async def leave_out_again(self, connection: PrinterConnection) -> None:
        """Tell the firmware again which objects it leaves out. Raises nothing."""


class JobRunner:
    """`start`, then `run` as a task; `pause`, `resume`, `cancel` and `fail` at any time, from the loop."""

    def __init__(
        self,
        job: PreparedJob,
        connection: PrinterConnection | None,
        host: JobHost,
        clock: Clock,
        *,
        actor: str,
        limits: RunnerLimits,
        park: ParkPolicy,
        held: JobStatus = JobStatus.PRINTING,
        elapsed_seconds: float = 0.0,
        place: HeadPlace | None = None,
    ) -> None:
        """Without a connection the job begins in link_lost: an earlier spooler printed it, for elapsed_seconds, and left it in
        the status `held`, with its head aside if there is a `place`."""
        self.job = job
        self.status = JobStatus.PRINTING if connection is not None else JobStatus.LINK_LOST
        self.outcome: JobOutcome | None = None
        self._connection = connection
        self._held = held
        self._host = host
        self._clock = clock
        self._limits = limits
        self._head = HeadRest(park, limits, place=place, on_place=host.place_noted)
        self._stands_by_itself = False
        self._started_by = actor
        self._actor = actor
        self._reason = ""
        self._turn = asyncio.Event()
        self._progress = JobProgress(
            job.outline,
            clock.monotonic(),
            elapsed_seconds=elapsed_seconds,
            expected_seconds=job.expected_seconds,
        )
        if connection is None:
            self._progress.stop(clock.monotonic())
        self._last_measured: JobProgressed | None = None
        self._tally = LinkTally(connection)
        self._lines_before: int | None = job.lines_before - len(job.opening)
        self._left: list[FileSource] = []
        self.source = self._make_source(job.first_offset)

    # ------------------------------------------------------------------------------------------------- wishes

    def start(self) -> None:
        """Announce the job and let its lines flow."""
        job = self.job
        self._host.publish(
            JobStarted(
                at=self._clock.wall(),
                job=job.id,
                file=job.file,
                lines_total=job.outline.lines_total,
                bytes_total=job.outline.bytes_total,
                layers_total=job.layers_total,
                actor=self._started_by,
                continues=job.continues or None,
                excluded_objects=tuple(one.object for one in job.excluded),
            )
        )
        self._host.job_changed(self.status, "")
        self._line.stream(self.source, start=job.first_offset)
        self.source.start()

    def pause(self, *, actor: str, reason: str = "", is_printers_own: bool = False) -> None:
        """No line leaves from now on; `job.paused` follows when the printer stands still. Raises Conflict.

        is_printers_own: the firmware has paused by itself, parks and goes on by itself (M600): it is taken at its word. While
        the link is lost: the job comes back paused.
        """
        if self.status is JobStatus.LINK_LOST and self._held is JobStatus.PRINTING:
            self._held, self._actor, self._reason = JobStatus.PAUSING, actor, reason
            self._host.job_changed(self.status, "the job will be paused when the printer is back")
            return
        self._check("pause", JobStatus.PAUSING)
        if self.status is JobStatus.LINK_LOST:
            raise Conflict("cannot pause a job that comes back paused", status=self.status.value)
        self.source.pause()
        self._stands_by_itself = is_printers_own
        self._actor, self._reason = actor, reason
        self._change(JobStatus.PAUSING, reason)

    def resume(self, *, actor: str) -> None:
        """Raises Conflict unless the job is paused or on its way there."""
        if self.status is JobStatus.LINK_LOST and self._held is JobStatus.PAUSING:
            self._held, self._actor, self._reason = JobStatus.PRINTING, actor, ""
            self._host.job_changed(self.status, "the job will go on when the printer is back")
            return
        self._check("resume", JobStatus.RESUMING)
        self._actor, self._reason = actor, ""
        self._change(JobStatus.RESUMING)

    def cancel(self, *, actor: str, reason: str = "") -> None:
        """End the job; heaters go off. Raises Conflict when it is being cancelled already."""
        if self.status is JobStatus.LINK_LOST:
            self._actor = actor
            self._finish(JobOutcome.CANCELLED, reason or "cancelled while the link to the printer was lost")
            return
        self._check("cancel", JobStatus.CANCELLING)
        self.source.stop()
        self._actor, self._reason = actor, reason
        self._change(JobStatus.CANCELLING, reason)

    def fail(self, code: str, reason: str, *, actor: str = "") -> None:
        """The job cannot go on. Nothing if it is over; the first reason stays. `actor`: whoever ended it, if anybody."""
        if self.status is JobStatus.FINISHED:
            return
        if self.status is JobStatus.CANCELLING:
            reason = f"{reason} (while the job was being cancelled)"
        self._actor = actor
        self._finish(JobOutcome.FAILED, reason, code)

    def hold(self) -> None:
        """No line leaves from now on, whatever becomes of the job."""
        self.source.stop()

    # ------------------------------------------------------------------------------------------------- the link

    def lose_link(self, reason: str) -> bool:
        """The connection is gone: keep the job until there is another. False: it cannot be kept (it is being cancelled)."""
        if JobStatus.LINK_LOST not in JOB_TRANSITIONS[self.status]:
            return False
        self.measure()
        self._progress.stop(self._clock.monotonic())
        self._held = _HELD.get(self.status, self.status)
        self._leave_source()
        self._tally.end()
        self._connection = None
        self._change(JobStatus.LINK_LOST, reason)
        return True

    def take_up(self, connection: PrinterConnection, offset: int, *, doubt: str = "") -> None:
        """The printer is back, and was not reset: go on with the line at `offset`, or stay paused if the job was.

        doubt: a sentence why a person should look first; the job comes back paused then.
        """
        held = self._held if not doubt or self._held is JobStatus.PAUSED else JobStatus.PAUSING
        self._connection = connection
        self._tally.begin(connection)
        self._lines_before = None
        self.source = self._make_source(offset)
        if held is not JobStatus.PRINTING:
            self.source.pause()
        connection.stream(self.source, start=offset)
        self.source.start()
        if doubt:
            self._reason = doubt
        if held is JobStatus.PRINTING:
            self._progress.go_on(self._clock.monotonic())
        self._change(held, doubt or "the printer is back and was not reset")

    def learn(self, outline: JobOutline, lines_before: int) -> None:
        """What was found out about the file in the meantime: its outline, and how many lines lie before the taken-up one."""
        self._progress.learn(outline)
        self._lines_before = lines_before

    @property
    def held(self) -> JobStatus:
        """What the job is, or comes back to when its printer does."""
        return self._held if self.status is JobStatus.LINK_LOST else self.status

    @property
    def progress(self) -> JobProgressed | None:
        """As it was measured last; None before that."""
        return self._last_measured

    def _leave_source(self) -> None:
        self.source.stop()
        self._left.append(self.source)

    def _make_source(self, offset: int) -> FileSource:
        return FileSource(
            self.job.reader(offset),
            self.job.prepare,
            on_ready=self._wake,
            on_exhausted=self._turn.set,
            on_failed=self._source_failed,
            opening=self.job.opening_from(offset),
        )

    def _wake(self) -> None:
        if self._connection is not None:
            self._connection.wake()

    @property
    def _line(self) -> PrinterConnection:
        """The connection, in states that have one."""
        if self._connection is None:
            raise ServerFault(f"a job that is {self.status.value} has no connection")
        return self._connection

    # ------------------------------------------------------------------------------------------------- progress

    def measure(self) -> None:
        """Publish the progress if it moved. Called a few times a second."""
        if self.status is JobStatus.FINISHED or self._connection is None or self._lines_before is None:
            return
        done = self._connection.stream_progress
        figures = self._progress.measured(done.offset, self._clock.monotonic())
        sample = JobProgressed(
            at=0.0,
            job=self.job.id,
            fraction=figures.fraction,
            lines_done=max(self._lines_before + done.lines, 0),
            bytes_done=max(done.offset, 0),
            layer=figures.layer,
            elapsed_seconds=figures.elapsed_seconds,
            remaining_seconds=figures.remaining.seconds,
            remaining_low_seconds=figures.remaining.low_seconds,
            remaining_high_seconds=figures.remaining.high_seconds,
            remaining_source=figures.remaining.source,
        )
        if self._last_measured is None or not _is_same(sample, self._last_measured):
            self._last_measured = sample
            self._host.publish(replace(sample, at=self._clock.wall()))

    # ------------------------------------------------------------------------------------------------- the life

    async def run(self) -> None:
        """Live until the job is finished. A defect in here is the owner's to report, with `fail`."""
        try:
            while self.status is not JobStatus.FINISHED:
                self._turn.clear()
                await self._step()
            await self._let_motors_rest()
        finally:
            for source in (*self._left, self.source):
                await source.close()

    async def _let_motors_rest(self) -> None:
        """A job that broke off in a pause leaves the motors held; nobody will come back to that place by itself."""
        if self.outcome is not JobOutcome.FAILED or self._head.place is None or self._connection is None:
            return
        with contextlib.suppress(HydrogenError, TimeoutError):  # a printer that is gone or halted holds nothing
            async with asyncio.timeout(self._limits.settle_seconds):
                await self._connection.head.rest_motors()

    async def _step(self) -> None:
        while self._left:
            await self._left.pop().close()
        match self.status:
            case JobStatus.PRINTING:
                await self._print()
            case JobStatus.PAUSING:
                await self._come_to_rest()
            case JobStatus.RESUMING:
                await self._go_on()
            case JobStatus.FINISHING:
                await self._come_to_the_end()
            case JobStatus.CANCELLING:
                await self._wind_down()
            case _:
                await self._turn.wait()

    async def _print(self) -> None:
        if self.source.exhausted.is_set():
            self._change(JobStatus.FINISHING)
        else:
            await self._turn.wait()

    async def _come_to_the_end(self) -> None:
        try:
            if await self._during(self._line.finish()):
                self._actor = self._started_by
                self._finish(JobOutcome.COMPLETED, "")
        except TimeoutError:
            self.fail("printer_busy", "the printer did not come to the end of what it was given: it is busy for hours")

    async def _come_to_rest(self) -> None:
        trouble: list[str] = []
        try:
            if not self._stands_by_itself and not await self._during(self._stand_still(trouble)):
                return
        except TimeoutError:
            trouble.append("the printer is still busy with what it had been given, and stands where that leaves it")
        self._progress.stop(self._clock.monotonic())
        self.measure()
        reason = "; ".join(filter(None, [self._reason, *trouble]))
        self._host.publish(JobPaused(at=self._clock.wall(), job=self.job.id, reason=reason, actor=self._actor))
        self._change(JobStatus.PAUSED, reason)

    async def _stand_still(self, trouble: list[str]) -> None:
        await self._line.settle()
        await self._line.finish()
        trouble.append(await self._head.hold(self._line))
        trouble.append(await self._head.step_aside(self._line))
        if self._head.is_aside:
            await self._line.finish()

    async def _go_on(self) -> None:
        trouble: list[str] = []
        try:
            if not await self._during(self._come_back(trouble)):
                return
        except TimeoutError:
            trouble.append("the printer took too long to come back to where it left the print")
        if any(trouble):
            self._stands_by_itself = True  # where it stands is as good as it gets
            self._reason = "; ".join(filter(None, trouble))
            self._change(JobStatus.PAUSING, self._reason)
            return
        self._head.forget()
        self._progress.go_on(self._clock.monotonic())
        self._host.publish(JobResumed(at=self._clock.wall(), job=self.job.id, actor=self._actor))
        self._change(JobStatus.PRINTING)
        self.source.resume()
        self._wake()

    async def _come_back(self, trouble: list[str]) -> None:
        trouble.append(await self._head.come_back(self._line))
        await self._host.leave_out_again(self._line)  # Marlin forgets it when it waits for heat (`startOrResumeJob`)

    async def _wind_down(self) -> None:
        """What cancelling takes; always ends, and says what did not work."""
        complaint: list[str] = []
        try:
            if not await self._during(self._calm(complaint)):
                return
        except TimeoutError:
            self._give_up(complaint)
        self._finish(JobOutcome.CANCELLED, "; ".join(filter(None, [self._reason or "cancelled", *complaint])))

    async def _calm(self, complaint: list[str]) -> None:
        """Cut waits short, let what is in flight end, retract and lift while the nozzle is hot, heaters off, stand still."""
        connection, limits = self._line, self._limits
        if not connection.break_waiting() and connection.is_waiting_for_heat:
            self._host.job_changed(self.status, f"{self._busy_text()}, for this firmware lets no heat-up be cut short")
        try:
            async with asyncio.timeout(limits.settle_seconds):
                await connection.settle()
                if self._head.place is not None:  # it rested, and its motors were held
                    await connection.head.rest_motors()
            if not self._head.is_aside:
                complaint.append(await self._head.step_aside(connection))
            async with asyncio.timeout(limits.cool_seconds):
                await connection.cool_down()
        except TimeoutError:
            self._give_up(complaint)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limits.settle_seconds):
                await connection.finish()

    def _give_up(self, complaint: list[str]) -> None:
        self._host.cool_down_later()
        complaint.append(
            f"the printer was still busy ({self._busy_text()}), so the job was ended without waiting longer; heaters-off goes"
            " out as soon as the printer listens"
        )

    def _busy_text(self) -> str:
        line = self._line.in_progress
        return f"waiting for {reason_of(line.body, self._host.heaters) if line is not None else 'the printer'}"

    # ------------------------------------------------------------------------------------------------- the ground

    async def _during(self, work: Coroutine[object, object, None]) -> bool:
        """Do `work` unless the status changes meanwhile; True if it was done. The printer's errors end the job.

        Raises TimeoutError when the state has lasted longer than it may (patience.py).
        """
        before = self.status
        delay = Delay(before, self._limits, self._clock.monotonic())
        task = asyncio.create_task(work, name=f"job {before.value}")
        try:
            while not task.done():
                await self._first_of(task, delay.seconds_left(self._clock.monotonic()))
                if self.status is not before:
                    return False
                if not task.done():
                    self._tell(delay, before)
            task.result()  # not one await from here to the caller: the status he acts on is the one just seen
            return True
        except HydrogenError as error:
            self.fail(error.code, error.message)
            return False
        finally:
            if not task.done():
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            elif not task.cancelled():
                task.exception()  # looked at, in case it came together with another status

    def _tell(self, delay: Delay, status: JobStatus) -> None:
        notice = delay.check(self._clock.monotonic(), self._line.in_progress, self._host.heaters)
        if notice:
            self._host.job_changed(status, notice)

    async def _first_of(self, task: asyncio.Task[None], seconds: float) -> None:
        """Until `task` is done or the status may have changed, but no longer than `seconds`."""
        self._turn.clear()
        turn = asyncio.create_task(self._turn.wait(), name="job turn")
        try:
            both: set[asyncio.Task[Any]] = {task, turn}
            await asyncio.wait(both, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
            await asyncio.gather(turn, return_exceptions=True)

    def _check(self, wish: str, target: JobStatus) -> None:
        if target not in JOB_TRANSITIONS[self.status]:
            raise Conflict(f"cannot {wish} a job that is {self.status.value}", status=self.status.value)

    def _change(self, target: JobStatus, reason: str = "") -> None:
        if target not in JOB_TRANSITIONS[self.status]:
            raise ServerFault(f"a job cannot go from {self.status.value} to {target.value}")
        self.status = target
        self._turn.set()
        if target is not JobStatus.FINISHED:
            self._host.job_changed(target, reason)

    def _source_failed(self, error: HydrogenError) -> None:
        self.fail(error.code, f"the file could not be read on: {error.message}")

    def _finish(self, outcome: JobOutcome, reason: str, code: str | None = None) -> None:
        if self.status is JobStatus.FINISHED:
            return
        self.source.stop()
        self._progress.stop(self._clock.monotonic())
        self.measure()
        self._change(JobStatus.FINISHED)
        self.outcome = outcome
        finished = self._terminal_event(outcome, reason, code)
        self._host.publish(finished)
        self._host.job_over(finished)

    def _terminal_event(self, outcome: JobOutcome, reason: str, code: str | None) -> JobFinished:
        done, counted = self._done(outcome), self._tally.total
        return JobFinished(
            at=self._clock.wall(),
            job=self.job.id,
            file=self.job.file,
            outcome=outcome,
            reason=reason[:1000],
            actor=self._actor,
            error_code=code,
            lines_done=done.lines,
            lines_total=self.job.outline.lines_total,
            bytes_done=done.offset,
            elapsed_seconds=self._progress.elapsed_seconds(self._clock.monotonic()),
            resends=counted.resends,
            stalls=counted.stalls,
            possible_duplicates=counted.possible_duplicates,
        )

    def _done(self, outcome: JobOutcome) -> StreamProgress:
        measured, outline = self._last_measured, self.job.outline
        if outcome is JobOutcome.COMPLETED and self._lines_before is None:
            return StreamProgress(outline.lines_total, outline.bytes_total)
        return StreamProgress(0, 0) if measured is None else StreamProgress(measured.lines_done, measured.bytes_done)


_HELD: Mapping[JobStatus, JobStatus] = MappingProxyType(
    {JobStatus.FINISHING: JobStatus.PRINTING, JobStatus.RESUMING: JobStatus.PAUSED}
)
"""What a job comes back to that is not what it was: the last lines may have to be sent again, and a head that was on its way
back to the part is somewhere in between."""


def _is_same(a: JobProgressed, b: JobProgressed) -> bool:
    """Did nothing move? Time alone is not worth an event."""
    return a.lines_done == b.lines_done and a.bytes_done == b.bytes_done and a.fraction == b.fraction
