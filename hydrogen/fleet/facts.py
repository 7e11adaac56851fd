"""Facts on their way from the spoolers to the permanent record: nothing is acknowledged before it is stored."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from hydrogen.core.backoff import Backoff
from hydrogen.core.log import Log
from hydrogen.errors import HostError
from hydrogen.model.events import Event

KeepFact = Callable[[Event, str], Awaitable[None]]
"""Stores a fact under its id, for good when it returns; storing it again changes nothing. Raises HostError."""

QUEUED_FACTS = 4096
"""What may wait for the disk: the outboxes of eight spoolers. Above that a fact is left to its spooler, which keeps it."""

REMEMBERED_FACTS = 8192
"""Ids that are known as seen, so that a fact that is told twice is published once."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    event: Event
    fact_id: str
    acknowledge: Callable[[str], None]


class FactRecorder:
    """One worker that stores facts in the order they came."""

    def __init__(self, keep_fact: KeepFact, *, log: Log, on_trouble: Callable[[HostError], None]) -> None:
        """on_trouble: called once when storing begins to fail; cleared by the next success."""
        self._keep_fact = keep_fact
        self._log = log
        self._on_trouble = on_trouble
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(QUEUED_FACTS)
        self._seen: OrderedDict[str, bool] = OrderedDict()
        self._is_troubled = False

    def admit(self, event: Event, fact_id: str, acknowledge: Callable[[str], None]) -> bool:
        """Store it and acknowledge; True if it was not seen before, so that it should be published. Never waits."""
        if fact_id in self._seen:
            if self._seen[fact_id]:
                acknowledge(fact_id)
            return False
        try:
            self._queue.put_nowait(_Waiting(event, fact_id, acknowledge))
        except asyncio.QueueFull:
            self._log.warning("fact left to its spooler", fact=fact_id, queued=QUEUED_FACTS)
            return True
        self._seen[fact_id] = False
        if len(self._seen) > REMEMBERED_FACTS:
            self._seen.popitem(last=False)
        return True

    async def run(self) -> None:
        """Store until cancelled; a full disk makes it wait, never forget."""
        while True:
            waiting = await self._queue.get()
            try:
                await self._store(waiting)
            finally:
                self._queue.task_done()

    async def drained(self) -> None:
        """Returns once everything that was admitted is stored."""
        await self._queue.join()

    async def _store(self, waiting: _Waiting) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._keep_fact(waiting.event, waiting.fact_id)
                break
            except HostError as error:
                self._log.error("fact not stored", fact=waiting.fact_id, error=error)
                if not self._is_troubled:
                    self._is_troubled = True
                    self._on_trouble(error)
            await asyncio.sleep(backoff.next_delay())
        self._is_troubled = False
        if waiting.fact_id in self._seen:
            self._seen[waiting.fact_id] = True
        waiting.acknowledge(waiting.fact_id)
