"""What this spooler says: the one way from something that happened to the state, the outbox and the listeners."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.errors import HydrogenError
from hydrogen.model.codec import plain
from hydrogen.model.events import ErrorRaised, Event, JobRecoveryChanged, PrinterStateChanged
from hydrogen.model.job import JobState, RecoverableJob
from hydrogen.model.printer import ErrorReport, PrinterState, PrinterStatus
from hydrogen.model.reduce import reduce_printer
from hydrogen.spooler.outbox import Outbox

KEPT_TOPICS = frozenset({"job", "error", "link"})
"""Facts of these topics go through the outbox; what the others tell, and that a job can be recovered, is in the printer's
state as well."""

MESSAGE_CHARACTERS = 1000
"""An error's sentence is cut here, so that an event always fits a frame."""

DETAILS_BYTES = 8192
"""Details that encode to more than this are left out."""

EventListener = Callable[[Event, str | None], None]
"""Called with every event and its id in the outbox, if it has one. Returns at once, never raises."""


class Announcer:
    """The state of one printer and those who follow it."""

    def __init__(self, printer: str, initial: PrinterState, outbox: Outbox, clock: Clock) -> None:
        self.printer = printer
        self.state = initial
        self.outbox = outbox
        self._clock = clock
        self._listeners: dict[int, EventListener] = {}
        self._listeners_made = 0

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Follow from now on; returns the function that ends it (may be called twice)."""
        self._listeners_made += 1
        key = self._listeners_made
        self._listeners[key] = listener
        return lambda: self._listeners.pop(key, None) and None

    def publish(self, event: Event) -> None:
        """Name the printer, reduce, keep if it must survive, tell. Never waits."""
        if event.printer is None:
            event = replace(event, printer=self.printer)
        self.state = reduce_printer(self.state, event)
        is_kept = not event.is_sample and event.topic in KEPT_TOPICS and not isinstance(event, JobRecoveryChanged)
        fact_id = self.outbox.keep(event) if is_kept else None
        for listener in tuple(self._listeners.values()):
            listener(event, fact_id)

    def set_status(self, status: PrinterStatus, reason: str = "") -> None:
        """The printer's one word; told when it changes, or when there is a reason to tell."""
        if status is not self.state.status or reason:
            self.publish(PrinterStateChanged(at=self.now, status=status, reason=reason[:MESSAGE_CHARACTERS]))

    def adopt(self, job: JobState) -> None:
        """The job of a spooler before this one is the printer's, from before anybody listens."""
        self.state = replace(self.state, status=PrinterStatus.LINK_LOST, job=job)

    def offer(self, recoverable: RecoverableJob | None) -> None:
        """An interrupted job can be recovered, from before anybody listens."""
        self.state = replace(self.state, recoverable=recoverable)

    def raise_error(self, error: HydrogenError) -> None:
        """Publish `error` as it goes over the wire."""
        self.publish(ErrorRaised(at=self.now, error=error_report(error)))

    @property
    def now(self) -> float:
        """Wall time for the `at` of an event."""
        return self._clock.wall()


def error_report(error: HydrogenError) -> ErrorReport:
    """`error` for the state and the wire, within the bounds of a frame."""
    return ErrorReport(
        code=error.code, message=error.message[:MESSAGE_CHARACTERS], details=_bounded_details(error.details)
    )


def _bounded_details(details: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        plain_details = plain(details)
        if len(json.dumps(plain_details)) <= DETAILS_BYTES:
            return MappingProxyType(plain_details)
    except TypeError:
        pass
    return MappingProxyType({})
