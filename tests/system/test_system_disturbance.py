"""Counters that rise become facts, not too many of them."""

from __future__ import annotations

from hydrogen.model.events import Event, LinkDisturbed, LinkMeasured, PrinterConnected, PublishedEvent
from hydrogen.model.printer import LinkStatistics
from hydrogen.system.disturbance import PAUSE_SECONDS, DisturbanceWatch


class Wire:
    """A printer's link, and what is told of it."""

    def __init__(self) -> None:
        self.told: list[Event] = []
        self._watch = DisturbanceWatch(self.told.append)

    def connect(self, at: float) -> None:
        self._watch.on_published(PublishedEvent(1, PrinterConnected(at=at, printer="bench", port="/dev/x")))

    def measure(self, at: float, *, lines: int = 100, **counters: int) -> None:
        statistics = LinkStatistics(lines_sent=lines, **counters)
        self._watch.on_published(PublishedEvent(1, LinkMeasured(at=at, printer="bench", statistics=statistics)))


def test_a_clean_link_tells_nothing() -> None:
    wire = Wire()
    wire.connect(0)
    for at in range(100):
        wire.measure(at, lines=at, surplus_acknowledgements=3, probes=at)
    assert wire.told == []


def test_the_first_repair_is_told_at_once_and_the_next_ones_together() -> None:
    wire = Wire()
    wire.connect(0)
    for at in range(1, 5):
        wire.measure(at)
    for at in range(5, 25):
        wire.measure(at, resends=at - 4, damaged_lines=at - 5, stalls=int(at >= 20))
    assert wire.told == [
        LinkDisturbed(at=5, printer="bench", seconds=1.0, resends=1, stalls=0, damaged_lines=0),
        LinkDisturbed(at=15, printer="bench", seconds=10.0, resends=10, stalls=0, damaged_lines=10),
    ]
    wire.measure(26, resends=20, damaged_lines=19, stalls=1)
    assert wire.told[2:] == [
        LinkDisturbed(at=26, printer="bench", seconds=11.0, resends=9, stalls=1, damaged_lines=9),
    ]
    assert PAUSE_SECONDS == 10.0


def test_a_link_with_a_past_is_taken_as_it_is() -> None:
    wire = Wire()
    wire.measure(5, resends=40)
    assert wire.told == []
    wire.measure(6, resends=41)
    assert [event.resends for event in wire.told if isinstance(event, LinkDisturbed)] == [1]
    wire.measure(40, lines=2, resends=1)  # another connection, whose beginning was missed
    assert len(wire.told) == 1
