"""What happened since the service started, counted for the metrics: a listener of the bus.

A link's own counters begin anew with every connection. Here they go on: what the connections before had counted is kept, so
that the last repairs before a link broke are not lost between two scrapes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields, replace

from hydrogen.model.events import (
    ErrorRaised,
    JobFinished,
    LinkMeasured,
    PrinterAttached,
    PrinterConnected,
    PublishedEvent,
)
from hydrogen.model.printer import LinkStatistics

MOST_CODES = 64
"""Codes of errors told apart, for each printer. All there are is fewer; a spooler of another version may know others."""

OTHER_CODE = "other"

_GAUGES = frozenset({"round_trip_seconds", "window_lines", "window_bytes", "ok_counts"})
_COUNTERS = tuple(field.name for field in fields(LinkStatistics) if field.name not in _GAUGES)


@dataclass(slots=True)
class _Link:
    """total: of all connections; last: what the present one has counted."""

    total: LinkStatistics = field(default_factory=LinkStatistics)
    last: LinkStatistics = field(default_factory=LinkStatistics)


class EventTally:
    """`on_published` returns at once. errors: by printer ("" for the house) and code; jobs: by printer and outcome."""

    def __init__(self) -> None:
        self.errors: Counter[tuple[str, str]] = Counter()
        self.jobs: Counter[tuple[str, str]] = Counter()
        self.printed_seconds: Counter[str] = Counter()
        self._codes: Counter[str] = Counter()
        self._links: dict[str, _Link] = {}

    def on_published(self, published: PublishedEvent) -> None:
        """Count it, if it is one that counts."""
        event = published.event
        printer = event.printer or ""
        if isinstance(event, LinkMeasured):
            self._count_link(printer, event.statistics)
        elif isinstance(event, PrinterAttached) and event.state.link is not None:
            self._count_link(printer, event.state.link)
        elif isinstance(event, PrinterConnected) and printer in self._links:
            self._links[printer].last = LinkStatistics()
        elif isinstance(event, ErrorRaised):
            self._count_error(printer, event.error.code)
        elif isinstance(event, JobFinished):
            self.jobs[printer, str(event.outcome)] += 1
            self.printed_seconds[printer] += event.elapsed_seconds  # type: ignore[assignment]

    def link(self, printer: str) -> LinkStatistics | None:
        """The counters of all connections together, the rest as it is now; None where nothing was measured yet."""
        link = self._links.get(printer)
        return None if link is None else link.total

    def _count_error(self, printer: str, code: str) -> None:
        if (printer, code) not in self.errors:
            if self._codes[printer] >= MOST_CODES or not _is_word(code):
                code = OTHER_CODE
            else:
                self._codes[printer] += 1
        self.errors[printer, code] += 1

    def _count_link(self, printer: str, now: LinkStatistics) -> None:
        link = self._links.setdefault(printer, _Link())
        before = link.last if now.lines_sent >= link.last.lines_sent else LinkStatistics()
        risen = {
            name: getattr(link.total, name) + max(0, getattr(now, name) - getattr(before, name)) for name in _COUNTERS
        }
        counts = _risen(link.total.ok_counts, before.ok_counts, now.ok_counts)
        link.total, link.last = replace(now, **risen, ok_counts=counts), now


def _risen(total: tuple[int, ...], before: tuple[int, ...], now: tuple[int, ...]) -> tuple[int, ...]:
    if len(now) != len(before):
        before = (0,) * len(now)
    if len(now) != len(total):
        total = (0,) * len(now)
    return tuple(known + max(0, counted - earlier) for known, counted, earlier in zip(total, now, before, strict=True))


def _is_word(code: str) -> bool:
    return 0 < len(code) <= 40 and code.isascii() and code.replace("_", "").isalnum()
