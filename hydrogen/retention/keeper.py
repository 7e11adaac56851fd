"""The service: looks through every shelf now and then, and at once when the disk gets low; lets go what the policy says.

Each deletion is asked about twice: when it is planned, and in the moment before it is done. Each is in the log with its reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.service import Service
from hydrogen.errors import HostError
from hydrogen.model.events import HostDiskLow, PublishedEvent
from hydrogen.model.state import State
from hydrogen.retention.item import Deletion
from hydrogen.retention.need import Need
from hydrogen.retention.policy import plan
from hydrogen.retention.shelf import Shelf

FIRST_LOOK_SECONDS = 120.0
"""After the start: printers have been heard by then, and the start is not burdened."""

INTERVAL_SECONDS = 3600.0
"""Between two looks: what is kept for days is in no hurry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What goes, or went. needed: things that stay only because somebody needs them. failed: sentences."""

    deletions: tuple[Deletion, ...] = ()
    freed_bytes: int = 0
    needed: int = 0
    failed: tuple[str, ...] = ()


@dataclass(slots=True)
class _Tally:
    deletions: list[Deletion] = field(default_factory=list)
    freed_bytes: int = 0
    needed: int = 0
    failed: list[str] = field(default_factory=list)

    def report(self) -> Report:
        return Report(
            deletions=tuple(self.deletions),
            freed_bytes=self.freed_bytes,
            needed=self.needed,
            failed=tuple(self.failed),
        )


class RetentionKeeper(Service):
    """See the module. need: asked anew for every step. state: for whether the disk is low."""

    name = "retention"

    def __init__(
        self,
        shelves: Sequence[Shelf],
        *,
        need: Callable[[], Need],
        state: Callable[[], State],
        is_clock_right: Callable[[], bool],
        clock: Clock,
        log: Log,
        first_look_seconds: float = FIRST_LOOK_SECONDS,
        interval_seconds: float = INTERVAL_SECONDS,
    ) -> None:
        self._shelves = tuple(shelves)
        self._need = need
        self._state = state
        self._is_clock_right = is_clock_right
        self._clock = clock
        self._log = log
        self._first_look_seconds = first_look_seconds
        self._interval_seconds = interval_seconds
        self._hurried = asyncio.Event()
        self._busy = asyncio.Lock()

    def on_published(self, published: PublishedEvent) -> None:
        """The bus's listener: a disk that gets low is a reason to look now."""
        if isinstance(published.event, HostDiskLow):
            self._hurried.set()

    async def run(self) -> None:
        """Until cancelled."""
        await self._pause(self._first_look_seconds)
        while True:
            await self.apply()
            await self._pause(self._interval_seconds)

    async def survey(self) -> Report:
        """What would go now, and why; nothing is touched."""
        return await self._look(applies=False)

    async def apply(self) -> Report:
        """Let it go. One at a time; a shelf that cannot be read or written is told in the report and in the log."""
        async with self._busy:
            return await self._look(applies=True)

    async def _look(self, *, applies: bool) -> Report:
        tally = _Tally()
        for shelf in self._shelves:
            try:
                planned, kept = await self._plan(shelf)
                tally.needed += kept
                if applies:
                    await self._carry_out(shelf, planned, tally)
                else:
                    tally.deletions += planned
                    tally.freed_bytes += sum(deletion.item.size_bytes for deletion in planned)
            except (HostError, OSError) as error:
                self._log.warning("retention failed", shelf=shelf.kind, error=error)
                tally.failed.append(f"{shelf.kind}: {error}")
        return tally.report()

    async def _carry_out(self, shelf: Shelf, planned: Sequence[Deletion], tally: _Tally) -> None:
        for deletion in planned:
            if (freed := await self._delete(shelf, deletion)) is not None:
                tally.freed_bytes += freed
                tally.deletions.append(deletion)

    async def _plan(self, shelf: Shelf) -> tuple[list[Deletion], int]:
        """What is to go from this shelf, and how many things would go if nobody needed them."""
        items = await shelf.items(self._need())
        need = self._need()
        is_low = self._state().host.disk in ("low", "critical")
        now, is_right = self._clock.wall(), self._is_clock_right()

        def planned(*, heeds: bool) -> list[Deletion]:
            return plan(
                items,
                shelf.limits,
                why_needed=need.why if heeds else lambda _item: "",
                now=now,
                is_clock_right=is_right,
                is_disk_low=is_low,
            )

        going = planned(heeds=True)
        names = {deletion.item.name for deletion in going}
        return going, sum(deletion.item.name not in names for deletion in planned(heeds=False))

    async def _delete(self, shelf: Shelf, deletion: Deletion) -> int | None:
        """Bytes that were freed; None if somebody has come to need it meanwhile."""
        item = deletion.item
        if self._need().why(item):
            return None
        freed = await shelf.delete(item)
        self._log.info("retention deleted", shelf=item.kind, name=item.name, reason=deletion.reason, freed_bytes=freed)
        return freed

    async def _pause(self, seconds: float) -> None:
        self._hurried.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._hurried.wait()
        except TimeoutError:
            return
