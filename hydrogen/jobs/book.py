"""The queue's rules, pure: what waits, what lies on which bed, what may start, and what follows from what happened.

A `QueueBook` is a value; each method returns the book after something was asked or happened. The shell (print_queue.py)
writes the difference to the disk before it acts on it, so that a crash finds either the old book or the new one::

    clear ──start (the queue's or a person's)──► occupied, busy ──refused before it moved──► as before
                                                      │
                                                      ├──completed──► occupied ──a person──► clear
                                                      └──broke off──► unknown  ──a person──► clear

**The interlock**: `next_for` gives nothing unless the bed is clear, nobody is busy there, and the queue is not held; and
`begin` makes the bed occupied in the same step in which it writes down the job. So one word of a person lets one job start,
whatever crashes in between. A job that a person starts needs no such word (who starts it has looked at the bed) but takes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hydrogen.errors import Conflict, NotFound, ServerFault
from hydrogen.model.backlog import ENTRY_TRANSITIONS, BedState, EntryState, QueueEntry, QueueSummary
from hydrogen.model.job import JobOutcome

MOST_ENTRIES = 1_000
"""Waiting at the same time; a queue that long is a mistake of a program."""

SUMMARY_ENTRIES = 10
"""Ids of the next ones in a snapshot."""

UNTOLD = "nobody can tell how it ended: look at the printer"
"""The reason of a job that is in no spooler and has no end in the record (a power cut, a folder that was deleted)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One printer as the queue sees it. job: the last one that was put on its bed; is_busy: it is not over yet.
    before, job_before: bed and job before that one was sent, for one that is refused. held: why nothing is started, "" for
    not held."""

    bed: BedState = BedState.UNKNOWN
    job: str | None = None
    is_busy: bool = False
    before: BedState = BedState.UNKNOWN
    job_before: str | None = None
    held: str = ""


_NEW_DESK = Desk()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueBook:
    """entries: those that are not over, in the order in which they go; over: those that this step ended."""

    entries: tuple[QueueEntry, ...] = ()
    desks: Mapping[str, Desk] = field(default_factory=lambda: MappingProxyType({}))
    over: tuple[QueueEntry, ...] = ()

    # ------------------------------------------------------------------------------------------------- questions

    def desk(self, printer: str) -> Desk:
        """What is known of this printer's bed; a new one for a printer that was never heard of."""
        return self.desks.get(printer, _NEW_DESK)

    def entry(self, entry_id: str) -> QueueEntry:
        """Raises NotFound for one that is not there, or over."""
        found = next((entry for entry in self.entries if entry.id == entry_id), None)
        if found is None:
            raise NotFound(f"there is no entry {entry_id[:40]!r} in the queue", id=entry_id[:40])
        return found

    def entry_of(self, job: str) -> QueueEntry | None:
        """The entry that this job was made for, if it is not over."""
        return next((entry for entry in self.entries if entry.job == job), None)

    def open_jobs(self, printer: str) -> tuple[str, ...]:
        """The jobs that are under way there, as far as the book knows: at most one, unless an old fact was told again."""
        active = [entry.job for entry in self.entries if entry.is_active and entry.printing_on == printer]
        desk = self.desk(printer)
        return tuple(dict.fromkeys(job for job in (*active, desk.job if desk.is_busy else None) if job is not None))

    def next_for(self, printer: str) -> QueueEntry | None:
        """What may start there now, as far as the book knows; that the printer is idle is for the caller to see."""
        desk = self.desk(printer)
        if desk.bed is not BedState.CLEAR or desk.is_busy or desk.held:
            return None
        if any(entry.is_active and entry.printing_on == printer for entry in self.entries):
            return None
        fitting = (entry for entry in self.entries if entry.printer in (None, printer))
        return next((entry for entry in fitting if entry.state is EntryState.QUEUED), None)

    def summary(self) -> QueueSummary:
        """For snapshots and events."""
        held = {name: desk.held for name, desk in self.desks.items() if desk.held}
        return QueueSummary(
            length=len(self.entries),
            next=tuple(entry.id for entry in self.entries[:SUMMARY_ENTRIES]),
            held=MappingProxyType(held),
        )

    # ------------------------------------------------------------------------------------------------- wishes

    def add(self, entry: QueueEntry) -> QueueBook:
        """Behind all of the same or a higher priority. Raises Conflict when the queue is full."""
        if len(self.entries) >= MOST_ENTRIES:
            raise Conflict(f"the queue is full: {MOST_ENTRIES} entries wait", limit=MOST_ENTRIES)
        place = next(
            (index for index, other in enumerate(self.entries) if other.priority < entry.priority), len(self.entries)
        )
        return self._with_entries((*self.entries[:place], entry, *self.entries[place:]))

    def remove(self, entry_id: str) -> QueueBook:
        """Raises NotFound; Conflict for one that prints."""
        entry = self.entry(entry_id)
        if entry.is_active:
            raise Conflict(
                f"{entry.file} is {entry.state.value} on {entry.printing_on}: cancel the job instead", job=entry.job
            )
        return self._with_entries(tuple(other for other in self.entries if other.id != entry_id))

    def move(self, entry_id: str, *, before: str | None = None, position: int | None = None) -> QueueBook:
        """In front of another entry, or to a position (from 0; behind the end is the end). It takes the priority that
        this place asks for. Raises NotFound."""
        entry = self.entry(entry_id)
        others = [other for other in self.entries if other.id != entry_id]
        if before is not None:
            place = others.index(self.entry(before)) if before != entry_id else self.entries.index(entry)
        else:
            place = min(position or 0, len(others))
        priority = entry.priority
        if place < len(others):
            priority = max(priority, others[place].priority)
        if place > 0:
            priority = min(priority, others[place - 1].priority)
        return self._with_entries((*others[:place], replace(entry, priority=priority), *others[place:]))

    def hold(self, printer: str, reason: str) -> QueueBook:
        """Nothing is started there from now on; what prints, prints on."""
        return self._with_desk(printer, replace(self.desk(printer), held=reason or "held"))

    def release(self, printer: str) -> QueueBook:
        """Start again."""
        return self._with_desk(printer, replace(self.desk(printer), held=""))

    def taken_up(self, printer: str, job: str) -> QueueBook:
        """The job that failed goes on as another one: its failure is no reason to hold any more. Other reasons stay."""
        return self.release(printer) if self.desk(printer).held.startswith(_failure_of(job)) else self

    def clear_bed(self, printer: str, job: str | None) -> QueueBook:
        """Somebody looked: there is nothing on the bed. Raises Conflict while a job is under way there, and when another job
        than the one that was seen (`job`; None: any) has been there since."""
        desk = self.desk(printer)
        if desk.is_busy:
            raise Conflict(f"a job is under way on {printer}: its bed is not clear", job=desk.job)
        if job is not None and job != desk.job:
            raise Conflict(f"another job has been on {printer} since then: look again", job=desk.job)
        return self._with_desk(printer, replace(desk, bed=BedState.CLEAR))

    def forget_bed(self, printer: str) -> QueueBook:
        """What is known of the bed is too old to rely on."""
        return self._with_desk(printer, replace(self.desk(printer), bed=BedState.UNKNOWN, before=BedState.UNKNOWN))

    # ------------------------------------------------------------------------------------------------- the start

    def begin(self, entry_id: str, printer: str, job: str) -> QueueBook:
        """The entry's turn: job and bed are written down before anything is sent. Raises Conflict if it is not."""
        fitting = self.next_for(printer)
        if fitting is None or fitting.id != entry_id:
            raise Conflict(f"it is not the turn of entry {entry_id} on {printer}", id=entry_id)
        entry = _changed(fitting, EntryState.PREPARING, printing_on=printer, job=job, reason="")
        return self._with(entry).occupy(printer, job)

    def occupy(self, printer: str, job: str) -> QueueBook:
        """This job is about to be sent, or runs."""
        desk = self.desk(printer)
        if desk.job == job and desk.is_busy:
            return self._with_desk(printer, replace(desk, bed=BedState.OCCUPIED))
        taken = replace(desk, bed=BedState.OCCUPIED, job=job, is_busy=True, before=desk.bed, job_before=desk.job)
        return self._with_desk(printer, taken)

    def not_started(self, printer: str, job: str) -> QueueBook:
        """The spooler refused the job before anything moved: the bed is as it was."""
        desk = self.desk(printer)
        if desk.job != job or not desk.is_busy:
            return self
        return self._with_desk(printer, replace(desk, bed=desk.before, job=desk.job_before, is_busy=False))

    def requeue(self, job: str, reason: str, *, is_certain: bool = True) -> QueueBook:
        """The entry of a job that never began waits again. Unless that is certain it keeps the job's id: a late word of it
        finds its entry, and it is not printed twice."""
        entry = self.entry_of(job)
        if entry is None or entry.state is not EntryState.PREPARING:
            return self
        kept = None if is_certain else job
        return self._with(_changed(entry, EntryState.QUEUED, reason=reason, printing_on=None, job=kept))

    def reject(self, printer: str, job: str, at: float, reason: str) -> QueueBook:
        """The entry's file cannot be printed: nothing moved, the bed is as it was, the queue waits for a person."""
        book = self.not_started(printer, job)
        entry = book.entry_of(job)
        if entry is None or entry.state is not EntryState.PREPARING:
            return book
        ended = _changed(entry, EntryState.FAILED, finished_at=at, reason=reason)
        return book._with(ended).hold(printer, f"{entry.file} was not printed: {reason}"[:300])

    # ------------------------------------------------------------------------------------------------- what happened

    def started(self, printer: str, job: str, at: float) -> QueueBook:
        """The job's first line may go out. Told again by a spooler that was not heard at first: takes the bed once more."""
        book = self.occupy(printer, job)
        entry = book.entry_of(job)
        if entry is None or entry.state not in (EntryState.PREPARING, EntryState.QUEUED):
            return book
        return book._with(_changed(entry, EntryState.PRINTING, started_at=entry.started_at or at, printing_on=printer))

    def paused(self, job: str) -> QueueBook:
        """Or on its way there."""
        return self._to(job, EntryState.PAUSED)

    def resumed(self, job: str) -> QueueBook:
        return self._to(job, EntryState.PRINTING)

    def finished(
        self, printer: str, job: str, outcome: JobOutcome, at: float, *, reason: str = "", is_interrupted: bool = False
    ) -> QueueBook:
        """The job's end. Anything but completed or cancelled holds the printer's queue. Told again: changes nothing."""
        desk = self.desk(printer)
        book = self
        if desk.job == job and desk.is_busy:
            bed = BedState.OCCUPIED if outcome is JobOutcome.COMPLETED else BedState.UNKNOWN
            held = desk.held or (f"{_failure_of(job)} {reason}"[:300] if outcome is JobOutcome.FAILED else "")
            book = book._with_desk(printer, replace(desk, bed=bed, is_busy=False, held=held))
        entry = book.entry_of(job)
        if entry is None:
            return book
        return book._with(_ended(entry, outcome, at, reason, is_interrupted=is_interrupted))

    def settle(self, printer: str, job: str, at: float, *, has_begun: bool) -> QueueBook:
        """The printer's spooler is there, has no such job, and no end of it is known.

        One that may have moved is interrupted; one that was never heard of waits again. Neither starts by itself: the bed
        is unknown.
        """
        if has_begun:
            return self.finished(printer, job, JobOutcome.FAILED, at, reason=UNTOLD, is_interrupted=True)
        book = self.requeue(job, "it is not known whether it was started: look at the bed", is_certain=False)
        desk = book.desk(printer)
        if desk.job != job or not desk.is_busy:
            return book
        return book._with_desk(printer, replace(desk, bed=BedState.UNKNOWN, is_busy=False))

    # ------------------------------------------------------------------------------------------------- the ground

    def _to(self, job: str, state: EntryState) -> QueueBook:
        entry = self.entry_of(job)
        if entry is None or not entry.is_active or entry.state is state:
            return self
        return self._with(_changed(entry, state))

    def _with(self, entry: QueueEntry) -> QueueBook:
        """The entry as it is now; one that is over leaves the line."""
        if entry.is_over:
            rest = tuple(other for other in self.entries if other.id != entry.id)
            return replace(self, entries=rest, over=(*self.over, entry))
        return self._with_entries(tuple(entry if other.id == entry.id else other for other in self.entries))

    def _with_entries(self, entries: tuple[QueueEntry, ...]) -> QueueBook:
        return replace(self, entries=entries)

    def _with_desk(self, printer: str, desk: Desk) -> QueueBook:
        return replace(self, desks=MappingProxyType({**self.desks, printer: desk}))


def _changed(entry: QueueEntry, state: EntryState, **changes: object) -> QueueEntry:
    if state not in ENTRY_TRANSITIONS[entry.state]:
        raise ServerFault(f"a queue entry cannot go from {entry.state.value} to {state.value}")
    return replace(entry, state=state, **changes)  # type: ignore[arg-type]


def _ended(entry: QueueEntry, outcome: JobOutcome, at: float, reason: str, *, is_interrupted: bool) -> QueueEntry:
    if outcome is JobOutcome.COMPLETED:
        done = entry.copies_done + 1
        if done < entry.copies:
            said = f"{done} of {entry.copies} copies are done"
            return _changed(entry, EntryState.QUEUED, copies_done=done, reason=said, printing_on=None, job=None)
        return _changed(entry, EntryState.COMPLETED, copies_done=done, finished_at=at, reason="")
    if outcome is JobOutcome.CANCELLED:
        return _changed(entry, EntryState.CANCELLED, finished_at=at, reason=reason)
    state = EntryState.INTERRUPTED if is_interrupted else EntryState.FAILED
    return _changed(entry, state, finished_at=at, reason=reason)


def _failure_of(job: str) -> str:
    """How the reason begins that a job's failure gives for holding the queue."""
    return f"job {job} failed:"
