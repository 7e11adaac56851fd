"""A print queue over a real database, and printers that do what the test says."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock, SystemClock
from hydrogen.core.context import Context
from hydrogen.errors import Conflict, HydrogenError, NotFound, SpoolerLost
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.ids import JobIds
from hydrogen.jobs.print_queue import PrintQueue
from hydrogen.jobs.store import JobStore
from hydrogen.model.backlog import BedState
from hydrogen.model.events import (
    Event,
    JobFinished,
    JobStarted,
    PrinterAttached,
    PrinterStateChanged,
    PublishedEvent,
)
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.spooler.request import Request, StartJob
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

IDLE = PrinterState(status=PrinterStatus.IDLE)


class Shelf:
    """Every file but those that begin with `no`."""

    def resolve(self, path: str) -> Path:
        if path.startswith("no"):
            raise NotFound(f"there is no file {path!r}")
        return Path("/files") / path

    def name_of(self, path: str) -> str:
        return path


class ScriptedPrinters:
    """The spoolers of a house: they outlive the queue. Each start is checked against what people really did to the bed.

    answers: what the next start on a printer meets: an error to raise, `lost` (it starts, the answer does not come), `deaf`
    (neither). said_clear: people's word, taken by the next start.
    """

    def __init__(self, *names: str) -> None:
        self.names = names
        self.states: dict[str, PrinterState] = dict.fromkeys(names, IDLE)
        self.attached = frozenset(names)
        self.answers: dict[str, HydrogenError | str] = {}
        self.said_clear: set[str] = set()
        self.starts: list[tuple[str, StartJob]] = []
        self.breaches: list[str] = []
        self.kept: list[Event] = []
        self.context: Context | None = None

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        answer = self.answers.pop(printer, "")
        if isinstance(answer, HydrogenError):
            raise answer
        if answer == "deaf":
            raise SpoolerLost("the wire broke on the way there")
        assert isinstance(request, StartJob)
        if self.states[printer].job is not None:
            raise Conflict("the printer prints")
        self._begin(printer, request)
        if answer == "lost":
            raise SpoolerLost("the wire broke on the way back")
        return {"job": request.job, "lines_total": 10}

    def _begin(self, printer: str, request: StartJob) -> None:
        if printer not in self.said_clear and (request.idempotency_key or "").startswith("queue:"):
            self.breaches.append(f"{request.file} was started on {printer}, which nobody had cleared")
        self.said_clear.discard(printer)
        self.starts.append((printer, request))
        job = JobState(id=request.job, file=request.file, started_at=1.0)
        self.states[printer] = PrinterState(status=PrinterStatus.PRINTING, job=job)
        self.tell(
            JobStarted(at=1.0, printer=printer, job=request.job, file=request.file, lines_total=10, bytes_total=100)
        )
        self.tell(PrinterStateChanged(at=1.0, printer=printer, status=PrinterStatus.PRINTING))

    def finish(self, printer: str, outcome: JobOutcome = JobOutcome.COMPLETED, code: str | None = None) -> str:
        """The job of this printer ends; its id."""
        job = self.states[printer].job
        assert job is not None
        self.states[printer] = IDLE
        reason = "" if outcome is JobOutcome.COMPLETED else "because"
        self.tell(
            JobFinished(
                at=9.0,
                printer=printer,
                job=job.id,
                file=job.file,
                outcome=outcome,
                reason=reason,
                actor="",
                error_code=code,
            )
        )
        self.tell(PrinterStateChanged(at=9.0, printer=printer, status=PrinterStatus.IDLE))
        return job.id

    def tell(self, event: Event) -> None:
        """To the service, if there is one; facts are kept as in an outbox, so those of the last job are told again to the
        next one: it cannot be known which of them the last one has stored."""
        if isinstance(event, JobStarted):
            self.kept = [fact for fact in self.kept if fact.printer != event.printer]
        if isinstance(event, JobStarted | JobFinished):
            self.kept.append(event)
        if self.context is not None:
            self.context.publish(event)

    def attach(self, context: Context) -> None:
        """A service is there (again): the state, what it may have missed, the state once more."""
        self.context = context
        for printer in self.names:
            self.attach_one(printer)
        for event in self.kept:
            context.publish(event)
        for printer in self.names:
            self.attach_one(printer)

    def attach_one(self, printer: str) -> None:
        """As the keeper does it: the bed is the service's own knowledge."""
        assert self.context is not None
        known = self.context.state.printers.get(printer, PrinterState())
        state = replace(self.states[printer], bed=known.bed, bed_job=known.bed_job)
        self.context.publish(PrinterAttached(at=1.0, printer=printer, state=state))


class QueueBench:
    """One life of the queue over `path`; `begin` another one after `crash`."""

    def __init__(
        self, path: Path, printers: ScriptedPrinters, *, settle_seconds: float = 0.05, wall: float | None = None
    ) -> None:
        """wall: what the clock of the host says, by which ids are made; None for the true time."""
        self.path = path
        self.printers = printers
        self.settle_seconds = settle_seconds
        self._id_clock = SystemClock() if wall is None else ManualClock(wall=wall)
        self.troubles: list[BaseException] = []
        self.events: list[Event] = []
        self.log = RecordingLog()
        self._running: asyncio.Task[None] | None = None

    async def begin(self, store: JobStore | None = None) -> None:
        clock = SystemClock()
        self.bus = Bus(lambda name, error: self.troubles.append(error))
        self.bus.listen(self._hear, name="test")
        offline = MappingProxyType(dict.fromkeys(self.printers.names, PrinterState()))
        self.context = Context(epoch="e", initial=State(printers=offline), bus=self.bus)
        self.store = store or JobStore(self.path, clock)
        await self.store.start()
        self.queue = PrintQueue(
            store=self.store,
            hands=self.printers,
            files=Shelf(),
            ids=JobIds(self._id_clock),
            context=self.context,
            bus=self.bus,
            clock=clock,
            log=self.log,
            on_trouble=lambda _name, error: self.troubles.append(error),
            settle_seconds=self.settle_seconds,
        )
        await self.queue.start()
        self._running = asyncio.create_task(self.queue.run())
        self.printers.attach(self.context)

    async def crash(self) -> None:
        """As kill -9 leaves it: nothing is said, nothing is written any more."""
        self.printers.context = None
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait({self._running})
        self.queue._subscription = None
        await self.store._database.close(copy=False)

    async def end(self) -> None:
        await self.crash()
        await self.queue.release()

    @property
    def book(self) -> QueueBook:
        return self.queue.book

    async def clear(self, printer: str) -> None:
        """A person takes the print off, and says so."""
        had_said, self.printers.said_clear = set(self.printers.said_clear), self.printers.said_clear | {printer}
        try:
            await self.queue.change(lambda book: book.clear_bed(printer, None), actor="anna")
        except HydrogenError:
            self.printers.said_clear &= had_said
            raise

    async def until_starts(self, count: int) -> None:
        await wait_until(lambda: len(self.printers.starts) >= count)

    async def until_bed(self, printer: str, bed: BedState) -> None:
        await wait_until(lambda: self.book.desk(printer).bed is bed)

    def _hear(self, published: PublishedEvent) -> None:
        self.events.append(published.event)
