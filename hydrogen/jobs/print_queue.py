"""The queue at work: keeps the book on the disk, starts what may start, follows what the printers say.

Nothing is believed that is not written: a step is a new book (book.py), its difference is committed, then it counts, then it is
told. The id of a job is committed with its entry and with the bed before it is sent to the spooler. What a crash leaves open is
settled when the printer's spooler is there again: its job is the entry's job, or the record knows how it ended, or (after
`settle_seconds` in which facts may still come) the book's `settle` decides.

One task follows the events in their order. Starting a job takes as long as its file takes to be checked, so each start is a
task of its own; it holds the lock only while it writes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from hydrogen.core.backoff import Backoff
from hydrogen.core.bus import Bus, Subscription
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import (
    ClientError,
    Conflict,
    DiskFull,
    FileUnreadable,
    HostError,
    HydrogenError,
    ServerFault,
    Unavailable,
)
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.bookkeeper import Bookkeeper, Step
from hydrogen.jobs.ids import JobIds
from hydrogen.jobs.store import JobStore
from hydrogen.model.backlog import EntryState, QueueEntry
from hydrogen.model.events import (
    Event,
    JobFinished,
    JobPaused,
    JobResumed,
    JobStarted,
    PrinterAttached,
    PrinterBedChanged,
    PrinterStateChanged,
    QueueChanged,
)
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.spooler.request import RecoverJob, Request, StartJob

SETTLE_SECONDS = 20.0
"""How long an open question waits for facts after the spooler is there: they come at once, or after a printer's handshake."""

_WATCHED = (
    JobStarted,
    JobPaused,
    JobResumed,
    JobFinished,
    PrinterAttached,
    PrinterStateChanged,
    PrinterBedChanged,
    QueueChanged,
)

Result = Mapping[str, Any]


class PrinterHands(Protocol):
    """What the queue needs of the fleet."""

    @property
    def names(self) -> tuple[str, ...]: ...

    @property
    def attached(self) -> frozenset[str]:
        """The printers whose spooler is there."""

    async def request(self, printer: str, request: Request) -> Result:
        """What the spooler answers, or raises."""


class FileFinder(Protocol):
    """What the queue needs of the files folder."""

    def resolve(self, path: str) -> Path:
        """May block. Raises InvalidMessage, NotFound."""

    def name_of(self, path: str) -> str:
        """The path under which the folder has it; may block. Raises InvalidMessage, NotFound."""


class PrintQueue(Service):
    """`add` and the other wishes at any time after `start`; `run` does the work."""

    name = "print queue"

    def __init__(
        self,
        *,
        store: JobStore,
        hands: PrinterHands,
        files: FileFinder,
        ids: JobIds,
        context: Context,
        bus: Bus,
        clock: Clock,
        log: Log,
        on_trouble: Callable[[str, BaseException], None] = lambda _name, _error: None,
        settle_seconds: float = SETTLE_SECONDS,
    ) -> None:
        """on_trouble(name, error): told once when the book cannot be written; it is tried again until it can."""
        self._store = store
        self._books = Bookkeeper(store, context=context, clock=clock, on_trouble=on_trouble)
        self._hands = hands
        self._files = files
        self._ids = ids
        self._context = context
        self._bus = bus
        self._clock = clock
        self._log = log
        self._on_trouble = on_trouble
        self._settle_seconds = settle_seconds
        self._subscription: Subscription | None = None
        self._starting: set[str] = set()
        self._doubts: dict[str, float] = {}
        self._is_refusing = False

    @property
    def book(self) -> QueueBook:
        """As it is on the disk."""
        return self._books.book

    # ------------------------------------------------------------------------------------------------------- life

    async def start(self) -> None:
        """Read the book and tell it. Raises HostError."""
        if self._subscription is None:
            self._subscription = self._bus.subscribe(name=self.name, accepts=lambda event: isinstance(event, _WATCHED))
        for last in await self._store.last_ids():
            self._ids.begin_behind(last)
        await self._books.load(self._hands.names)
        if self._store.is_restored:
            await self._books.commit(lambda book: _distrusted(book, self._hands.names))
        for printer in self._hands.names:
            self._doubt(printer)

    async def run(self) -> None:
        """Until cancelled. A start that is under way is left to the spooler: the book knows of it."""
        self._starting.clear()
        async with asyncio.TaskGroup() as group:
            await self._settle_by_record()
            while True:
                self._dispatch(group)
                for event in await self._next_events():
                    await self._follow(event)
                await self._settle_doubts()

    def refuse(self) -> None:
        """Nothing is started any more."""
        self._is_refusing = True

    async def release(self) -> None:
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            subscription.close()
        await self._books.close()

    # ------------------------------------------------------------------------------------------------------- wishes

    async def add(
        self, file: str, *, printer: str | None = None, copies: int = 1, priority: int = 0, actor: str = ""
    ) -> QueueEntry:
        """The new entry. Raises InvalidMessage, NotFound (no such file), Conflict (full), HostError (not written)."""
        await asyncio.to_thread(self._files.resolve, file)
        entry = QueueEntry(
            id=self._ids.new(),
            file=await asyncio.to_thread(self._files.name_of, file),
            printer=printer,
            copies=copies,
            priority=priority,
            actor=actor,
            added_at=self._clock.wall(),
        )
        await self._books.commit(lambda book: book.add(entry), actor=actor)
        return entry

    async def change(self, step: Step, *, actor: str, reason: str = "") -> QueueBook:
        """One step of the book that a person asked for. Raises what the step raises, and HostError."""
        return await self._books.commit(step, actor=actor, reason=reason)

    async def past_entries(self, limit: int) -> list[dict[str, Any]]:
        """Entries that are over, newest first, as JSON values."""
        return await self._store.past_entries(limit)

    async def start_now(self, printer: str, request: StartJob) -> Result:
        """A job that a person starts past the queue: their word that the bed is clear. It takes the bed.

        Raises Conflict while the queue is starting one of its own there, and what the spooler raises.
        """
        return await self._start_by_hand(printer, request, request.job)

    async def recover_now(self, printer: str, request: RecoverJob) -> Result:
        """An interrupted job that a person takes up again, on the bed where it lies: as `start_now`. What held the queue
        because of its end holds it no longer."""
        result = await self._start_by_hand(printer, request, request.new_job)
        await self._books.happened(lambda book: book.taken_up(printer, request.job))
        return result

    async def _start_by_hand(self, printer: str, request: StartJob | RecoverJob, job: str) -> Result:
        def take_bed(book: QueueBook) -> QueueBook:
            for entry in book.entries:
                if entry.state is EntryState.PREPARING and entry.printing_on == printer:
                    raise Conflict(f"the queue is starting {entry.file} on {printer}", job=entry.job)
            return book.occupy(printer, job)

        await self._books.commit(take_bed, actor=request.actor)
        try:
            result = await self._send(printer, request)
            if result.get("job", job) != job:  # a repeat: the answer is about the first one
                await self._books.happened(lambda book: book.not_started(printer, job))
                await self._compare(printer, self._state(printer))
            return result
        except HydrogenError as error:
            if _is_refusal(error):
                await self._books.happened(lambda book: book.not_started(printer, job))
            else:
                self._doubt(printer)
            raise

    # ------------------------------------------------------------------------------------------------------- starting

    def _dispatch(self, group: asyncio.TaskGroup) -> None:
        for printer in self._hands.names:
            if printer not in self._starting and self._may_start(printer):
                self._starting.add(printer)
                group.create_task(self._start_next(printer), name=f"start on {printer}")

    def _may_start(self, printer: str) -> bool:
        state = self._state(printer)
        is_idle = state.status is PrinterStatus.IDLE and state.job is None
        return is_idle and not self._is_refusing and self._books.book.next_for(printer) is not None

    async def _start_next(self, printer: str) -> None:
        job = self._ids.new()
        try:
            entry = await self._begin(printer, job)
            if entry is not None:
                await self._carry_out(printer, entry, job)
        finally:
            self._starting.discard(printer)
            if self._subscription is not None:
                self._subscription.wake()

    async def _begin(self, printer: str, job: str) -> QueueEntry | None:
        """The entry whose turn it is, written down with its job; None if there is none any more, or the disk is full."""

        def begin(book: QueueBook) -> QueueBook:
            entry = book.next_for(printer) if self._may_start(printer) else None
            return book if entry is None else book.begin(entry.id, printer, job)

        try:
            return (await self._books.commit(begin, actor="queue")).entry_of(job)
        except ServerFault:
            raise
        except HostError as error:
            self._on_trouble(self.name, error)
            await asyncio.sleep(Backoff(first_seconds=5.0).next_delay())
            return None

    async def _carry_out(self, printer: str, entry: QueueEntry, job: str) -> None:
        try:
            path = await asyncio.to_thread(self._files.resolve, entry.file)
            request = StartJob(
                job=job, path=str(path), file=entry.file, actor=entry.actor, idempotency_key=f"queue:{job}"
            )
            await self._send(printer, request)
        except HydrogenError as error:
            self._log.warning(
                "queued job not started", printer=printer, file=entry.file, code=error.code, reason=str(error)
            )
            await self._not_carried_out(printer, job, error)

    async def _not_carried_out(self, printer: str, job: str, error: HydrogenError) -> None:
        reason, at = error.message, self._clock.wall()
        if not _is_refusal(error):
            self._doubt(printer)
        elif isinstance(error, Conflict | DiskFull):
            # Not the file's fault. If the printer is still there and free, only a person can tell what to do about it.
            is_idle = self._state(printer).status is PrinterStatus.IDLE
            await self._books.happened(lambda book: _given_back(book, printer, job, reason, hold=is_idle))
        else:
            await self._books.happened(lambda book: book.reject(printer, job, at, reason))

    async def _send(self, printer: str, request: StartJob | RecoverJob) -> Result:
        if isinstance(request, RecoverJob):
            return await self._hands.request(printer, request)
        size = await asyncio.to_thread(_size_of, request.path)
        expected = await self._store.seconds_last_time(printer, request.file, size)
        return await self._hands.request(printer, replace(request, expected_seconds=expected))

    # ------------------------------------------------------------------------------------------------------- following

    async def _next_events(self) -> Sequence[Event]:
        """What happened, or nothing when a doubt is due."""
        subscription = self._subscription
        if subscription is None:
            await asyncio.Event().wait()
            return ()
        due = min(self._doubts.values(), default=None)
        delay = None if due is None else max(0.0, due - self._clock.monotonic())
        try:
            async with asyncio.timeout(delay):
                published = await subscription.take()
        except TimeoutError:
            return ()
        if subscription.is_lagged:
            await self._settle_by_record()
            for printer in self._hands.names:
                self._doubt(printer)
        return [one.event for one in published]

    async def _follow(self, event: Event) -> None:
        printer, at = event.printer, event.at
        if printer is None or printer not in self._hands.names:
            return
        match event:
            case JobStarted(job=job) if self._is_news(printer, job):
                await self._books.happened(lambda book: book.started(printer, job, at))
            case JobPaused(job=job):
                await self._books.happened(lambda book: book.paused(job))
            case JobResumed(job=job):
                await self._books.happened(lambda book: book.resumed(job))
            case JobFinished():
                await self._books.happened(lambda book: _after(book, printer, event))
            case PrinterAttached(state=state):
                await self._compare(printer, state)
            case _:
                pass

    def _is_news(self, printer: str, job: str) -> bool:
        """False for the start of a job from before the last one, told again by an outbox: it says nothing of the bed."""
        book, shown = self._books.book, self._state(printer).job
        is_known = book.desk(printer).job in (None, job) or book.entry_of(job) is not None
        return is_known or (shown is not None and shown.id == job)

    async def _compare(self, printer: str, state: PrinterState) -> None:
        """The spooler is there: what it prints is true; what it does not know of becomes a doubt."""
        job = state.job
        if job is not None:
            at = job.started_at or self._clock.wall()
            await self._books.happened(lambda book: book.started(printer, job.id, at))
        self._doubts.pop(printer, None)
        self._doubt(printer)

    # ------------------------------------------------------------------------------------------------------- doubts

    def _doubt(self, printer: str) -> None:
        """Look again later, if there is a job that the printer does not show."""
        if self._doubtful(printer):
            self._doubts[printer] = self._clock.monotonic() + self._settle_seconds
            if self._subscription is not None:
                self._subscription.wake()

    def _doubtful(self, printer: str) -> Sequence[str]:
        shown = self._state(printer).job
        return [job for job in self._books.book.open_jobs(printer) if shown is None or shown.id != job]

    async def _settle_doubts(self) -> None:
        now = self._clock.monotonic()
        for printer in [name for name, due in self._doubts.items() if due <= now]:
            del self._doubts[printer]
            status = self._state(printer).status
            is_there = printer in self._hands.attached and status not in (
                PrinterStatus.CONNECTING,
                PrinterStatus.LINK_LOST,
            )
            if printer in self._starting or not is_there:
                self._doubt(printer)
                continue
            for job in self._doubtful(printer):
                await self._settle(printer, job)

    async def _settle(self, printer: str, job: str) -> None:
        if await self._settle_one_by_record(printer, job):
            return
        entry = self._books.book.entry_of(job)
        has_begun = await self._store.job(job) is not None or (
            entry is not None and entry.state is not EntryState.PREPARING
        )
        self._log.warning("job without an end", printer=printer, job=job, has_begun=has_begun)
        at = self._clock.wall()
        await self._books.happened(lambda book: book.settle(printer, job, at, has_begun=has_begun))

    async def _settle_by_record(self) -> None:
        """Jobs whose end is stored, but was not followed: the service died in between."""
        for printer in self._hands.names:
            for job in self._books.book.open_jobs(printer):
                await self._settle_one_by_record(printer, job)

    async def _settle_one_by_record(self, printer: str, job: str) -> bool:
        row = await self._store.job(job)
        if row is None or row["outcome"] is None:
            return False
        outcome, reason, at = JobOutcome(row["outcome"]), row["reason"] or "", self._clock.wall()
        is_interrupted = row["state"] == "interrupted"
        await self._books.happened(
            lambda book: book.finished(printer, job, outcome, at, reason=reason, is_interrupted=is_interrupted)
        )
        return True

    def _state(self, printer: str) -> PrinterState:
        return self._context.state.printers.get(printer, PrinterState())


def _after(book: QueueBook, printer: str, event: JobFinished) -> QueueBook:
    is_interrupted = event.error_code == "interrupted"
    return book.finished(
        printer, event.job, event.outcome, event.at, reason=event.reason, is_interrupted=is_interrupted
    )


def _distrusted(book: QueueBook, printers: Sequence[str]) -> QueueBook:
    """A book from an older copy: what it says of beds may be a day old, and what waits in it may have been printed."""
    for printer in printers:
        book = book.forget_bed(printer)
        if book.entries:
            book = book.hold(
                printer, "the queue comes from an older copy: see what of it has been printed, then release it"
            )
    return book


def _given_back(book: QueueBook, printer: str, job: str, reason: str, *, hold: bool) -> QueueBook:
    book = book.not_started(printer, job).requeue(job, reason)
    return book.hold(printer, f"not started: {reason}"[:300]) if hold else book


def _is_refusal(error: HydrogenError) -> bool:
    """Is it certain that the spooler did not start the job? It refuses before the first line, with the caller's faults, with
    a full disk or an unreadable file; any other error may have come on the way back."""
    if isinstance(error, Unavailable):
        return False
    return isinstance(error, ClientError | DiskFull | FileUnreadable)


def _size_of(path: str) -> int:
    try:
        return Path(path).stat().st_size
    except OSError:
        return -1
