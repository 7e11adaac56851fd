"""Operations on the queue, and on what keeps it from starting: holds and beds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import ConfigDict, Field, model_validator

from hydrogen.errors import Forbidden, NotFound
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.bookkeeper import Step
from hydrogen.model.backlog import QueueEntry
from hydrogen.model.codec import plain
from hydrogen.operations.operation import Call, NoParams, Operation, Params, PrinterFleet

EntryId = Annotated[str, Field(min_length=1, max_length=40)]
Reason = Annotated[str, Field(max_length=200)]


MOST_PAST = 100
"""Entries that are over, in one answer."""


class AddParams(Params):
    file: Annotated[str, Field(min_length=1, max_length=1024)]
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    priority: Annotated[int, Field(ge=-100, le=100)] = 0


class ListParams(Params):
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    offset: Annotated[int, Field(ge=0, le=1000)] = 0
    past: Annotated[int, Field(ge=0, le=MOST_PAST)] = 0


class EntryParams(Params):
    id: EntryId


ONE_PLACE: Mapping[str, Any] = {
    "oneOf": [
        {"required": [one], "properties": {one: {"type": kind}, other: {"type": "null"}}}
        for one, kind, other in (("before", "string", "position"), ("position", "integer", "before"))
    ]
}
"""What the check of MoveParams means, for JSON Schemas."""


class MoveParams(Params):
    model_config = ConfigDict(json_schema_extra=dict(ONE_PLACE))

    id: EntryId
    before: EntryId | None = None
    position: Annotated[int, Field(ge=0, le=1000)] | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> MoveParams:
        if (self.before is None) == (self.position is None):
            raise ValueError("say either `before` (an id) or `position` (from 0)")
        return self


class HoldParams(Params):
    reason: Reason = ""


class ClearBedParams(Params):
    job: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Queue(Protocol):
    """What operations need of the queue."""

    @property
    def book(self) -> QueueBook: ...

    async def add(self, file: str, *, printer: str | None, copies: int, priority: int, actor: str) -> QueueEntry:
        """Raises InvalidMessage, NotFound (no such file), Conflict (full), HostError (not written)."""

    async def change(self, step: Step, *, actor: str, reason: str = "") -> QueueBook:
        """Raises what the step raises, HostError (not written)."""

    async def past_entries(self, limit: int) -> list[dict[str, Any]]:
        """Entries that are over, newest first."""


class QueueOperations:
    """The handlers; what each promises to clients is its docstring."""

    def __init__(self, queue: Queue, fleet: PrinterFleet) -> None:
        self._queue = queue
        self._fleet = fleet

    async def add(self, call: Call) -> Mapping[str, Any]:
        """Let a file of the files folder be printed when its turn comes: `{"entry": {...}, "position"}`.

        On the named printer, or without one on whichever is free first. It starts by itself only onto a bed that somebody
        declared clear. `not_found` for a missing file, `conflict` when 1,000 entries wait.
        """
        wish = call.params
        if call.printer is None:
            self._need_all_printers(call, "name the printer")
        entry = await self._queue.add(
            wish.file, printer=call.printer, copies=wish.copies, priority=wish.priority, actor=call.actor
        )
        ids = [one.id for one in _seen(call, self._queue.book)]
        return {"entry": plain(entry), "position": ids.index(entry.id) if entry.id in ids else 0}

    async def list(self, call: Call) -> Mapping[str, Any]:
        """The entries in the order they go, a page at a time, and what is known of each printer's bed:

        `{"entries": [...], "total", "past": [...], "printers": {NAME: {"bed", "job", "held"}}}`. `past`: that many of those
        that are over, newest first. `printer` shows only what may run there.
        """
        book, wish = self._queue.book, call.params
        shown = [entry for entry in book.entries if self._is_shown(call, entry.printing_on or entry.printer)]
        past = await self._queue.past_entries(wish.past) if wish.past else []
        return {
            "entries": [plain(entry) for entry in shown[wish.offset : wish.offset + wish.limit]],
            "total": len(shown),
            "past": [entry for entry in past if self._is_shown(call, entry.get("printing_on") or entry.get("printer"))],
            "printers": {
                name: {"bed": book.desk(name).bed.value, "job": book.desk(name).job, "held": book.desk(name).held}
                for name in self._fleet.names
                if call.principal.may_reach(name)
            },
        }

    async def show(self, call: Call) -> Mapping[str, Any]:
        """One entry, waiting, under way or over: `{"entry": {...}, "position"}`; `position` is null for one that is over."""
        wanted = call.params.id
        for position, entry in enumerate(_seen(call, self._queue.book)):
            if entry.id == wanted:
                return {"entry": plain(entry), "position": position}
        for past in await self._queue.past_entries(MOST_PAST):
            if past["id"] == wanted and call.principal.may_reach(past.get("printing_on") or past.get("printer")):
                return {"entry": past, "position": None}
        raise NotFound(f"there is no entry {wanted!r} in the queue", id=wanted)

    async def remove(self, call: Call) -> Mapping[str, Any]:
        """Take an entry out. `conflict` while it prints (cancel the job then)."""
        self._find(call, call.params.id)
        await self._queue.change(lambda book: book.remove(call.params.id), actor=call.actor)
        return {}

    async def move(self, call: Call) -> Mapping[str, Any]:
        """Put an entry in front of another one (`before`) or to a `position` from 0. It takes on the priority that this place
        asks for. `{"entry", "position"}`. Places are counted as the caller's `queue.list` shows them, without `printer`."""
        wish = call.params
        self._find(call, wish.id)
        book = await self._queue.change(lambda book: _moved(call, book), actor=call.actor)
        entry = book.entry(wish.id)
        return {"entry": plain(entry), "position": _seen(call, book).index(entry)}

    async def hold(self, call: Call) -> Mapping[str, Any]:
        """Start nothing more on a printer, for a reason; without `printer` on all. What prints, prints on. A job that fails
        does this by itself. `{"held": {NAME: reason}}`."""
        printers = self._meant(call)
        reason = call.params.reason or f"held by {call.actor}"
        await self._queue.change(
            lambda book: _each(book, printers, lambda b, name: b.hold(name, reason)), actor=call.actor
        )
        return self._held(call)

    async def release(self, call: Call) -> Mapping[str, Any]:
        """Let the queue go on on a printer, or on all. `{"held": {NAME: reason}}`: what is still held."""
        printers = self._meant(call)
        await self._queue.change(lambda book: _each(book, printers, lambda b, name: b.release(name)), actor=call.actor)
        return self._held(call)

    async def clear_bed(self, call: Call) -> Mapping[str, Any]:
        """Say that there is nothing on the bed: the queue may start one job there. `job`: the one that lay there, as
        `bed_job` told; a later one in between is a `conflict`, and so is a job that is under way."""
        target, job = call.target, call.params.job
        await self._queue.change(lambda book: book.clear_bed(target, job), actor=call.actor, reason="declared clear")
        return {"bed": self._queue.book.desk(target).bed.value}

    # ------------------------------------------------------------------------------------------------- rights

    def _find(self, call: Call, entry_id: str) -> QueueEntry:
        """The entry, if the caller may touch it: his own, or one of a printer he may control."""
        entry = self._queue.book.entry(entry_id)
        if not call.principal.may_reach(entry.printing_on or entry.printer):
            raise NotFound(f"there is no entry {entry_id!r} in the queue", id=entry_id)
        if entry.printer is None and entry.actor != call.actor:
            self._need_all_printers(call, "the entry may be printed anywhere")
        return entry

    def _need_all_printers(self, call: Call, why: str) -> None:
        if not all(call.principal.may_reach(name) for name in self._fleet.names):
            raise Forbidden(f"{why}: not all printers are yours to control")

    def _is_shown(self, call: Call, printer: str | None) -> bool:
        return call.principal.may_reach(printer) and (call.printer is None or printer in (None, call.printer))

    def _meant(self, call: Call) -> tuple[str, ...]:
        named = (call.printer,) if call.printer is not None else self._fleet.names
        return tuple(name for name in named if call.principal.may_reach(name))

    def _held(self, call: Call) -> Mapping[str, Any]:
        held = self._queue.book.summary().held
        return {"held": {name: reason for name, reason in held.items() if call.principal.may_reach(name)}}


def _seen(call: Call, book: QueueBook) -> list[QueueEntry]:
    """What waits, as far as the caller may see it."""
    return [entry for entry in book.entries if call.principal.may_reach(entry.printing_on or entry.printer)]


def _moved(call: Call, book: QueueBook) -> QueueBook:
    """The step of `queue.move`: what the caller does not see is no place for them, and stays where it is. Raises NotFound."""
    wish = call.params
    others = [entry.id for entry in _seen(call, book) if entry.id != wish.id]
    if wish.before is not None:
        if wish.before not in (*others, wish.id):
            raise NotFound(f"there is no entry {wish.before!r} in the queue", id=wish.before)
        return book.move(wish.id, before=wish.before)
    if not others:
        return book
    if wish.position < len(others):
        return book.move(wish.id, before=others[wish.position])
    everybody = [entry.id for entry in book.entries if entry.id != wish.id]
    return book.move(wish.id, position=everybody.index(others[-1]) + 1)


def _each(book: QueueBook, printers: tuple[str, ...], step: Any) -> QueueBook:
    for name in printers:
        book = step(book, name)
    return book


def queue_operations(queue: Queue, fleet: PrinterFleet) -> list[Operation]:
    """All operations of this module."""
    does = QueueOperations(queue, fleet)
    return [
        Operation(
            name="queue.add",
            params=AddParams,
            scope="print",
            summary="Queue a file for printing",
            handler=does.add,
            is_lasting=True,
        ),
        Operation(name="queue.list", params=ListParams, scope="read", summary="List the queue", handler=does.list),
        Operation(name="queue.show", params=EntryParams, scope="read", summary="Show an entry", handler=does.show),
        Operation(
            name="queue.remove", params=EntryParams, scope="print", summary="Take an entry out", handler=does.remove
        ),
        Operation(name="queue.move", params=MoveParams, scope="print", summary="Move an entry", handler=does.move),
        Operation(name="queue.hold", params=HoldParams, scope="print", summary="Hold the queue", handler=does.hold),
        Operation(
            name="queue.release", params=NoParams, scope="print", summary="Let the queue go on", handler=does.release
        ),
        Operation(
            name="printer.clear_bed",
            params=ClearBedParams,
            scope="control",
            summary="Declare the bed clear",
            handler=does.clear_bed,
            needs_printer=True,
        ),
    ]
