"""What is wrong with the host, and what was: the words that are stamped onto events (HostTroubleChanged).

Told every measurement of the host. The stamp is what was so at some time within the seconds before an event; a measurement
speaks for the time since the one before it, SPAN_SECONDS at most, because a dip of the voltage is remembered by the firmware
until it is asked. Where nobody has looked within that time, the stamp is None.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from hydrogen.model.events import (
    Event,
    HostMeasured,
    JobFinished,
    LinkDisturbed,
    LinkDuplicatePossible,
    PrinterDisconnected,
    PrinterStateChanged,
    PublishedEvent,
)
from hydrogen.model.host import HostState
from hydrogen.model.printer import PrinterStatus

STAMP_SECONDS = 30.0
"""So far back a stamp looks: a brown-out and the link that broke of it are seconds apart, not minutes."""

SPAN_SECONDS = 10.0
"""So much time a measurement speaks for at most: twice the interval at which the host is measured while it matters."""

KEPT_SPANS = 4096
"""Times in which the same was wrong: a host that is well needs one, one that flickers at every measurement gets six hours."""

STARVED_SHARE = 0.97
SHORT_SHARE = 0.95

HOLDING_SECONDS = 15.0
"""A trouble has ended when it was not measured for so long: a processor at its limit flickers, and each turn is a fact."""

_ILL = frozenset({PrinterStatus.LINK_LOST, PrinterStatus.HALTED, PrinterStatus.ERROR})


def trouble_of(host: HostState) -> tuple[str, ...]:
    """The words for what is wrong with a host that measures so."""
    words = list(host.throttling or ())
    if host.cpu_share is not None and host.cpu_share >= STARVED_SHARE:
        words.append("processor_starved")
    if host.memory_share is not None and host.memory_share >= SHORT_SHARE:
        words.append("memory_short")
    if host.disk == "critical":
        words.append("disk_critical")
    return tuple(words)


@dataclass(slots=True)
class _Span:
    """A time in which the same was wrong."""

    since: float
    until: float
    words: tuple[str, ...]


class HostTroubleMemory:
    """A listener of the bus, and what stamps facts before they are published. Times are the wall clock's, as in events."""

    def __init__(self) -> None:
        self._spans: deque[_Span] = deque(maxlen=KEPT_SPANS)

    def on_published(self, published: PublishedEvent) -> None:
        """Returns at once."""
        event = published.event
        if isinstance(event, HostMeasured):
            self._note(event.at, trouble_of(event.host))

    def seen(self, since: float, until: float) -> tuple[str, ...] | None:
        """What was so at some time between; None if nobody looked."""
        words: dict[str, None] = {}
        has_looked = False
        for span in reversed(self._spans):
            if span.until < since:
                break
            if span.since <= until:
                has_looked = True
                words.update(dict.fromkeys(span.words))
        return tuple(sorted(words)) if has_looked else None

    def stamped(self, event: Event) -> Event:
        """The event with its stamp, if it is one that has any."""
        match event:
            case JobFinished(host_trouble=None):
                return replace(event, host_trouble=self._before(event.at, event.elapsed_seconds))
            case PrinterStateChanged(host_trouble=None) if event.status in _ILL:
                return replace(event, host_trouble=self._before(event.at))
            case PrinterDisconnected(host_trouble=None) | LinkDuplicatePossible(host_trouble=None):
                return replace(event, host_trouble=self._before(event.at))
            case LinkDisturbed(host_trouble=None):
                return replace(event, host_trouble=self._before(event.at, event.seconds))
            case _:
                return event

    def _before(self, at: float, seconds: float = STAMP_SECONDS) -> tuple[str, ...] | None:
        return self.seen(at - max(seconds, STAMP_SECONDS), at)

    def _note(self, at: float, words: tuple[str, ...]) -> None:
        last = self._spans[-1] if self._spans else None
        if last is not None and at < last.until:  # the clock was set back: what was before it does not compare
            self._spans.clear()
            last = None
        since = at - SPAN_SECONDS if last is None else max(last.until, at - SPAN_SECONDS)
        if last is not None and last.words == words and since <= last.until:
            last.until = at
        else:
            self._spans.append(_Span(since=since, until=at, words=words))


class TroubleTurns:
    """When does a trouble begin, and when is it over? `look` at each measurement; now is monotonic seconds."""

    def __init__(self) -> None:
        self._measured_at: dict[str, float] = {}

    @property
    def words(self) -> tuple[str, ...]:
        """What is held to be wrong now."""
        return tuple(sorted(self._measured_at))

    def look(self, words: tuple[str, ...], now: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What began and what ended with this measurement."""
        began = tuple(sorted(set(words) - set(self._measured_at)))
        self._measured_at |= dict.fromkeys(words, now)
        over = sorted(word for word, at in self._measured_at.items() if now - at >= HOLDING_SECONDS)
        for word in over:
            del self._measured_at[word]
        return began, tuple(over)
