"""Counters of the house: they rise, whatever the links do, and stay few."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.model.events import (
    ErrorRaised,
    Event,
    LinkMeasured,
    PrinterAttached,
    PrinterConnected,
    PublishedEvent,
)
from hydrogen.model.printer import OK_BUCKETS_SECONDS, ErrorReport, LinkStatistics, PrinterState
from hydrogen.system.event_tally import MOST_CODES, OTHER_CODE, EventTally
from tests.support.property_settings import REPEATABLE

NO_OKS = (0,) * (len(OK_BUCKETS_SECONDS) + 1)


def tell(tally: EventTally, *events: Event) -> EventTally:
    for event in events:
        tally.on_published(PublishedEvent(1, event))
    return tally


def measured(lines: int, oks: int = 0, printer: str = "p") -> LinkMeasured:
    counts = (oks, *NO_OKS[1:])
    told = LinkStatistics(lines_sent=lines, resends=lines // 10, ok_counts=counts, ok_seconds=oks / 100, window_lines=3)
    return LinkMeasured(at=1.0, printer=printer, statistics=told)


def connected() -> PrinterConnected:
    return PrinterConnected(at=1.0, printer="p", port="/dev/x")


def test_a_link_counts_on_over_its_connections() -> None:
    tally = tell(EventTally(), measured(100, 90), measured(150, 140), connected(), measured(30, 20))
    link = tally.link("p")
    assert link is not None
    assert (link.lines_sent, link.resends, link.ok_counts[0], link.window_lines) == (180, 18, 160, 3)
    assert round(link.ok_seconds, 6) == 1.6


def test_a_connection_that_had_counted_more_at_its_first_sample_counts_in_full() -> None:
    link = tell(EventTally(), measured(10), connected(), measured(40)).link("p")
    assert link is not None and link.lines_sent == 50


def test_a_spooler_that_is_found_again_is_not_counted_twice() -> None:
    told = measured(100).statistics
    attached = PrinterAttached(at=1.0, printer="p", state=PrinterState(link=told))
    link = tell(EventTally(), attached, attached, LinkMeasured(at=1.0, printer="p", statistics=told)).link("p")
    assert link is not None and link.lines_sent == 100


@given(
    st.lists(
        st.one_of(
            st.integers(0, 500).map(lambda lines: measured(lines, lines)),
            st.just(connected()),
            st.integers(0, 500).map(
                lambda lines: replace(measured(lines), statistics=LinkStatistics(lines_sent=lines))
            ),
        ),
        max_size=20,
    )
)
@REPEATABLE
def test_no_counter_ever_falls(events: list[Event]) -> None:
    tally = EventTally()
    before = LinkStatistics()
    for event in events:
        tell(tally, event)
        link = tally.link("p") or LinkStatistics()
        assert link.lines_sent >= before.lines_sent
        if len(link.ok_counts) == len(before.ok_counts):
            assert all(now >= was for now, was in zip(link.ok_counts, before.ok_counts, strict=True))
        before = link


def test_codes_of_errors_are_bounded_and_words() -> None:
    tally = EventTally()
    for code in [*(f"code_{number}" for number in range(200)), "Über\n", "x" * 100, ""]:
        tell(tally, ErrorRaised(at=1.0, printer="p", error=ErrorReport(code=code, message="")))
    assert len(tally.errors) == MOST_CODES + 1
    assert tally.errors["p", OTHER_CODE] == 203 - MOST_CODES
