"""The book on the disk: a step counts when it is written, and is told when it counts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from types import MappingProxyType

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.errors import HostError, ServerFault
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.queue_rows import QueueChanges, changes_between
from hydrogen.jobs.store import JobStore
from hydrogen.model.backlog import QueueEntry
from hydrogen.model.events import PrinterBedChanged, QueueChanged

Step = Callable[[QueueBook], QueueBook]


class Bookkeeper:
    """One step after the other, for everybody who changes the book."""

    def __init__(
        self,
        store: JobStore,
        *,
        context: Context,
        clock: Clock,
        on_trouble: Callable[[str, BaseException], None],
    ) -> None:
        """on_trouble(name, error): told once when the book cannot be written; it is tried again until it can."""
        self._store = store
        self._context = context
        self._clock = clock
        self._on_trouble = on_trouble
        self._lock = asyncio.Lock()
        self._book = QueueBook()
        self._writing: set[asyncio.Task[QueueBook]] = set()

    @property
    def book(self) -> QueueBook:
        """As it is on the disk."""
        return self._book

    async def load(self, printers: Collection[str]) -> None:
        """Read the book and tell it; printers that are not configured any more keep their rows, and are left out here.
        Raises HostError."""
        loaded = await self._store.load_queue()
        known = {name: desk for name, desk in loaded.desks.items() if name in printers}
        self._book = replace(loaded, desks=MappingProxyType(known))
        self._context.publish(QueueChanged(at=self._clock.wall(), queue=self._book.summary()))
        for printer in known:
            self._tell_bed(printer, actor="", reason="")

    async def happened(self, step: Step) -> None:
        """A step that is true whether or not the disk takes it: tried until it does."""
        backoff, is_told = Backoff(), False
        while True:
            try:
                await self.commit(step)
                return
            except ServerFault:
                raise
            except HostError as error:
                if not is_told:
                    is_told = True
                    self._on_trouble("print queue", error)
            await asyncio.sleep(backoff.next_delay())

    async def commit(self, step: Step, *, actor: str = "", reason: str = "") -> QueueBook:
        """The book after the step. Raises what the step raises, and HostError when it is not written: nothing has changed
        then. Whoever stops waiting does not stop the step: what is on the disk must be what counts."""
        task = asyncio.create_task(self._commit(step, actor, reason), name="queue step")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for the steps that are being written."""
        if self._writing:
            await asyncio.wait(self._writing)

    async def _commit(self, step: Step, actor: str, reason: str) -> QueueBook:
        async with self._lock:
            old = self._book
            new = step(old)
            changes = changes_between(old, new)
            if changes:
                await self._store.save_queue(changes)
            self._book = replace(new, over=())
            self._tell(old, changes, actor=actor, reason=reason)
            return self._book

    def _tell(self, old: QueueBook, changes: QueueChanges, *, actor: str, reason: str) -> None:
        at, queue = self._clock.wall(), self._book.summary()
        entries = {entry.id: entry for entry in changes.entries}
        for moved in _moved(old, self._book) if changes.order else ():
            entries.setdefault(moved.id, moved)
        for entry in entries.values():
            printer = entry.printing_on or entry.printer
            self._context.publish(QueueChanged(at=at, printer=printer, queue=queue, entry=entry, actor=actor))
        for gone in changes.removed:
            printer = next((entry.printer for entry in old.entries if entry.id == gone), None)
            self._context.publish(QueueChanged(at=at, printer=printer, queue=queue, removed=gone, actor=actor))
        for printer, desk in changes.desks.items():
            before = old.desk(printer)
            if (desk.bed, desk.job) != (before.bed, before.job):
                self._tell_bed(printer, actor=actor, reason=reason)
            if desk.held != before.held:
                self._context.publish(QueueChanged(at=at, printer=printer, queue=queue, actor=actor))

    def _tell_bed(self, printer: str, *, actor: str, reason: str) -> None:
        desk = self._book.desk(printer)
        self._context.publish(
            PrinterBedChanged(
                at=self._clock.wall(), printer=printer, bed=desk.bed, job=desk.job, actor=actor, reason=reason
            )
        )


def _moved(old: QueueBook, new: QueueBook) -> Sequence[QueueEntry]:
    """The entry that went to another place: one of the first two that differ, the one without which the orders are the same."""
    before, after = [entry.id for entry in old.entries], [entry.id for entry in new.entries]
    for was, is_now in zip(before, after, strict=False):
        if was != is_now:
            for one in (is_now, was):
                if [other for other in before if other != one] == [other for other in after if other != one]:
                    return [entry for entry in new.entries if entry.id == one]
            return ()
    return ()
