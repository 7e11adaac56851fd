"""The printers' conversation, only while somebody listens: tracing every line costs the spooler time."""

from __future__ import annotations

import asyncio
from typing import Protocol

from hydrogen.core.log import Log
from hydrogen.errors import HydrogenError
from hydrogen.model.events import PrinterAttached, PublishedEvent
from hydrogen.operations.operation import PrinterFleet
from hydrogen.spooler.request import TraceTerminal

REQUEST_TIMEOUT_SECONDS = 10.0


class TerminalTap(Protocol):
    """Whom the broadcaster tells. Both return at once and may be called often."""

    def want(self, printers: frozenset[str], *, by: str = "websocket") -> None:
        """Exactly these printers' lines are wanted from now on by this surface; others may want others."""

    def on_heard(self, printer: str | None) -> None:
        """A line came from this printer."""


class TraceSwitch:
    """Turns tracing on and off at the spoolers. A TerminalTap and a bus listener; `run` does the asking."""

    def __init__(self, fleet: PrinterFleet, *, log: Log) -> None:
        self._fleet = fleet
        self._log = log
        self._wanted_by: dict[str, frozenset[str]] = {}
        self._wanted: frozenset[str] = frozenset()
        self._tracing: set[str] = set()
        """Where tracing is on, as far as we know."""
        self._changed = asyncio.Event()

    def want(self, printers: frozenset[str], *, by: str = "websocket") -> None:
        self._wanted_by[by] = printers
        wanted = frozenset().union(*self._wanted_by.values())
        if wanted != self._wanted:
            self._wanted = wanted
            self._changed.set()

    def on_heard(self, printer: str | None) -> None:
        """A spooler that outlived another service may still be tracing for it."""
        if printer is not None and printer not in self._wanted and printer not in self._tracing:
            self._tracing.add(printer)
            self._changed.set()

    def on_published(self, published: PublishedEvent) -> None:
        """A spooler that has just been attached knows nothing of our wishes."""
        printer = published.event.printer
        if isinstance(published.event, PrinterAttached) and printer is not None:
            self._tracing.discard(printer)
            if printer in self._wanted:
                self._changed.set()

    async def run(self) -> None:
        """Until cancelled: make it so."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            for printer in sorted(self._wanted - self._tracing):
                await self._trace(printer, True)
            for printer in sorted(self._tracing - self._wanted):
                await self._trace(printer, False)

    async def _trace(self, printer: str, on: bool) -> None:
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_SECONDS):
                await self._fleet.request(printer, TraceTerminal(on=on, actor="terminal"))
        except (HydrogenError, TimeoutError) as error:
            # Not attached now: the wish is told again when it is.
            self._log.debug("terminal not switched", printer=printer, on=on, error=error)
            return
        if on:
            self._tracing.add(printer)
        else:
            self._tracing.discard(printer)
