"""A link's repairs as facts: its counters come as samples, which tell nobody afterwards when it was that they rose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from hydrogen.model.events import Event, LinkDisturbed, LinkMeasured, PrinterConnected, PublishedEvent
from hydrogen.model.printer import LinkStatistics

PAUSE_SECONDS = 10.0
"""At most so often: a cable that damages every tenth line would fill everybody's record otherwise."""

COUNTED = ("resends", "stalls", "damaged_lines", "lost_lines")


@dataclass(slots=True)
class _Wire:
    """told: the counters at the last fact. quiet_at: when they last were as told. fact_at: when the last fact was."""

    told: LinkStatistics = field(default_factory=LinkStatistics)
    quiet_at: float | None = None
    fact_at: float | None = None


class DisturbanceWatch:
    """A listener of the bus that publishes `link.disturbed`."""

    def __init__(self, publish: Callable[[Event], object]) -> None:
        self._publish = publish
        self._wires: dict[str, _Wire] = {}

    def on_published(self, published: PublishedEvent) -> None:
        """Returns at once."""
        event = published.event
        if isinstance(event, PrinterConnected):
            self._wires[event.printer or ""] = _Wire(quiet_at=event.at)
        elif isinstance(event, LinkMeasured):
            disturbed = self._look(event)
            if disturbed is not None:
                self._publish(disturbed)

    def _look(self, event: LinkMeasured) -> LinkDisturbed | None:
        name, now = event.printer or "", event.statistics
        wire = self._wires.get(name)
        if wire is None or now.lines_sent < wire.told.lines_sent:
            # A link with a past that we did not see: nobody knows when it was that these counters rose.
            self._wires[name] = _Wire(told=now, quiet_at=event.at)
            return None
        risen = {each: max(0, getattr(now, each) - getattr(wire.told, each)) for each in COUNTED}
        if not risen["resends"] and not risen["stalls"]:
            wire.quiet_at = event.at
            return None
        if wire.fact_at is not None and 0 <= event.at - wire.fact_at < PAUSE_SECONDS:
            return None
        seconds = 1.0 if wire.quiet_at is None else max(0.0, event.at - wire.quiet_at)
        wire.told, wire.quiet_at, wire.fact_at = now, event.at, event.at
        return LinkDisturbed(at=event.at, printer=event.printer, seconds=round(seconds, 1), **risen)
