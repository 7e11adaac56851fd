"""`SpoolerPort` in this process: for tests, and wherever a process of its own is not wanted.

The same promises as over the socket: state first, then the facts that were kept, then the state again, then what happens.
Events and requests go through the wire form, so that what the codec cannot carry is found here too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from hydrogen.errors import HydrogenError, SpoolerLost, error_from_wire
from hydrogen.model.codec import event_from_plain, plain, plain_event
from hydrogen.model.events import Event, PrinterAttached
from hydrogen.spooler.port import SpoolerListener
from hydrogen.spooler.request import EmergencyStop, Request
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.request_codec import request_from_plain, request_params


class LocalSpooler:
    """Signs SpoolerPort over a `Spooler` that was started by whoever made it, and is shut down by them."""

    def __init__(self, spooler: Spooler) -> None:
        self._spooler = spooler
        self._listener: SpoolerListener | None = None
        self._unlisten: Callable[[], None] | None = None
        self._asked: set[asyncio.Task[Mapping[str, Any]]] = set()

    @property
    def printer(self) -> str:
        return self._spooler.printer

    async def attach(self, listener: SpoolerListener) -> None:
        """See SpoolerPort."""
        await self.detach()
        spooler = self._spooler
        if spooler.is_stopping:
            raise SpoolerLost(f"the spooler of {self.printer} is being stopped", printer=self.printer)
        self._listener = listener
        listener.on_attached(spooler.state)
        kept = spooler.outbox.facts()
        for fact_id, event in kept:
            listener.on_event(event, fact_id)
        if kept:
            listener.on_event(PrinterAttached(at=spooler.wall, printer=self.printer, state=spooler.state), None)
        self._unlisten = spooler.listen(self._on_event)

    async def request(self, request: Request) -> Mapping[str, Any]:
        """See SpoolerPort. What was asked goes on when the caller stops waiting, as it would over the socket."""
        if self._listener is None:
            raise SpoolerLost(f"the spooler of {self.printer} is not attached", printer=self.printer)
        read = request_from_plain(request.wire_name, request_params(request))
        try:
            if isinstance(read, EmergencyStop):
                return dict(plain(self._spooler.emergency_stop(read.actor)))
            task = asyncio.create_task(self._perform(read), name=f"request {read.wire_name}")
            self._asked.add(task)
            task.add_done_callback(self._asked.discard)
            return dict(plain(await asyncio.shield(task)))
        except HydrogenError as error:
            raise error_from_wire(error.as_wire()) from error

    async def _perform(self, request: Request) -> Mapping[str, Any]:
        return await self._spooler.perform(request)

    def acknowledge(self, fact_id: str) -> None:
        """See SpoolerPort."""
        self._spooler.outbox.acknowledge(fact_id)

    async def detach(self) -> None:
        """See SpoolerPort."""
        if self._unlisten is not None:
            self._unlisten()
        self._unlisten = self._listener = None

    def _on_event(self, event: Event, fact_id: str | None) -> None:
        read = event_from_plain(plain_event(event))
        if self._listener is not None and read is not None:
            self._listener.on_event(read, fact_id)
