"""What the doctor remembers of each printer, so that nobody need ask afterwards: a listener of the bus. All is bounded."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from hydrogen.doctor.evidence import WINDOW_SECONDS, Incident
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    HostTroubleChanged,
    LinkDisturbed,
    LinkDuplicatePossible,
    LinkMeasured,
    PrinterAttached,
    PrinterConnected,
    PrinterDisconnected,
    PrinterHeartbeatMissed,
    PrinterStateChanged,
    PublishedEvent,
    TemperatureMeasured,
)
from hydrogen.model.printer import LinkStatistics, PrinterStatus

KEPT_INCIDENTS = 200
KEPT_SWITCHINGS = 500
KEPT_TROUBLES = 200

BUCKET_SECONDS = 60.0
KEPT_BUCKETS = int(WINDOW_SECONDS / BUCKET_SECONDS)

TEXT_LENGTH = 200

COUNTED = tuple(
    field.name
    for field in fields(LinkStatistics)
    if field.name not in ("round_trip_seconds", "ok_counts", "ok_seconds", "window_lines", "window_bytes")
)


@dataclass(slots=True)
class PrinterNotes:
    """buckets: what was counted, by the minute. heater_targets: the last one of each."""

    incidents: deque[Incident] = field(default_factory=lambda: deque(maxlen=KEPT_INCIDENTS))
    switchings: deque[float] = field(default_factory=lambda: deque(maxlen=KEPT_SWITCHINGS))
    buckets: deque[tuple[float, Counter[str]]] = field(default_factory=lambda: deque(maxlen=KEPT_BUCKETS))
    last: LinkStatistics | None = None
    heater_targets: dict[str, float] = field(default_factory=dict)

    def link(self, now: float) -> LinkStatistics:
        """What was counted within the window; how it is now, of what is no counter."""
        total: Counter[str] = Counter()
        for began, counted in self.buckets:
            if now - began <= WINDOW_SECONDS:
                total.update(counted)
        last = self.last or LinkStatistics()
        return replace(last, **{name: total[name] for name in COUNTED}, ok_counts=(), ok_seconds=0.0)


class Notebook:
    """`on_published` returns at once."""

    def __init__(self) -> None:
        self._printers: dict[str, PrinterNotes] = {}
        self._troubles: deque[tuple[float, str]] = deque(maxlen=KEPT_TROUBLES)

    def of(self, printer: str) -> PrinterNotes:
        """Empty for one that nothing was heard of."""
        return self._printers.setdefault(printer, PrinterNotes())

    @property
    def troubles(self) -> tuple[tuple[float, str], ...]:
        """When which trouble of the host began, or ended."""
        return tuple(self._troubles)

    def on_published(self, published: PublishedEvent) -> None:
        """Write it down, if it means something."""
        event = published.event
        if isinstance(event, HostTroubleChanged):
            self._troubles.extend((event.at, word) for word in (*event.began, *event.ended))
        elif event.printer is not None:
            self._note(self.of(event.printer), event)

    def _note(self, notes: PrinterNotes, event: Event) -> None:
        match event:
            case LinkMeasured():
                _count(notes, event.at, event.statistics)
            case PrinterAttached():
                notes.last = event.state.link
            case PrinterConnected():
                notes.last = LinkStatistics()
            case TemperatureMeasured(target_celsius=float() as target):
                before = notes.heater_targets.get(event.heater)
                notes.heater_targets[event.heater] = target
                if before is not None and (before > 0) != (target > 0):
                    notes.switchings.append(event.at)
            case _:
                if (incident := _incident(event)) is not None:
                    notes.incidents.append(incident)


def _incident(event: Event) -> Incident | None:
    match event:
        case ErrorRaised():
            return Incident(at=event.at, what=event.error.code, text=event.error.message[:TEXT_LENGTH])
        case PrinterStateChanged(status=PrinterStatus.LINK_LOST):
            stamp = event.host_trouble or ()
            return Incident(at=event.at, what="link_lost", text=event.reason[:TEXT_LENGTH], host_trouble=stamp)
        case PrinterDisconnected():
            stamp = event.host_trouble or ()
            return Incident(at=event.at, what="disconnected", text=event.reason[:TEXT_LENGTH], host_trouble=stamp)
        case LinkDisturbed():
            return Incident(at=event.at, what="disturbed", host_trouble=event.host_trouble or ())
        case LinkDuplicatePossible():
            return Incident(at=event.at, what="duplicate_possible", host_trouble=event.host_trouble or ())
        case PrinterHeartbeatMissed():
            return Incident(
                at=event.at, what="heartbeat_missed", text=f"{event.silent_seconds:g} s without a sign of life"
            )
        case _:
            return None


def _count(notes: PrinterNotes, at: float, now: LinkStatistics) -> None:
    before, notes.last = notes.last, now
    if before is None or now.lines_sent < before.lines_sent:
        return  # a link with a past that we did not see
    risen: Mapping[str, int] = {
        name: count for name in COUNTED if (count := getattr(now, name) - getattr(before, name)) > 0
    }
    began = at - at % BUCKET_SECONDS
    if not notes.buckets or notes.buckets[-1][0] != began:
        notes.buckets.append((began, Counter()))
    notes.buckets[-1][1].update(risen)
