"""A SpoolerPort that does what the test says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from hydrogen.errors import HydrogenError, SpoolerLost
from hydrogen.model.events import Event
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.port import SpoolerListener
from hydrogen.spooler.request import Request, StopSpooler


class ScriptedPort:
    """One spooler's door. `refusals` by request class are raised instead of an answer."""

    def __init__(self, printer: str = "bench", state: PrinterState | None = None) -> None:
        self.printer = printer
        self.state = state or PrinterState()
        self.listener: SpoolerListener | None = None
        self.requests: list[Request] = []
        self.acknowledged: list[str] = []
        self.refusals: dict[type[Request], HydrogenError] = {}
        self.attach_error: HydrogenError | None = None
        self.attachments = 0
        self.detachments = 0
        self.ends_when_stopped = True

    async def attach(self, listener: SpoolerListener) -> None:
        self.attachments += 1
        if self.attach_error is not None:
            raise self.attach_error
        self.listener = listener
        listener.on_attached(self.state)

    async def request(self, request: Request) -> Mapping[str, Any]:
        if self.listener is None:
            raise SpoolerLost("not attached")
        self.requests.append(request)
        await asyncio.sleep(0)
        refusal = self.refusals.get(type(request))
        if refusal is not None:
            raise refusal
        if isinstance(request, StopSpooler) and self.ends_when_stopped:
            self.lose("stopped")
        return {"request": request.wire_name}

    def acknowledge(self, fact_id: str) -> None:
        self.acknowledged.append(fact_id)

    async def detach(self) -> None:
        self.detachments += 1
        self.listener = None

    def lose(self, reason: str) -> None:
        """The process dies."""
        listener, self.listener = self.listener, None
        if listener is not None:
            listener.on_detached(reason)

    def tell(self, event: Event, fact_id: str | None = None) -> None:
        """The spooler says something."""
        assert self.listener is not None
        self.listener.on_event(event, fact_id)

    def asked(self, kind: type[Request]) -> list[Request]:
        return [request for request in self.requests if isinstance(request, kind)]
