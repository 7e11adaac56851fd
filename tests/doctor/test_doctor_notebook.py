"""What is written down, by the minute and for an hour."""

from __future__ import annotations

from hydrogen.doctor.evidence import WINDOW_SECONDS
from hydrogen.doctor.notebook import KEPT_BUCKETS, KEPT_INCIDENTS, Notebook
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
from hydrogen.model.printer import ErrorReport, LinkStatistics, PrinterState, PrinterStatus


def tell(book: Notebook, *events: Event) -> None:
    for event in events:
        book.on_published(PublishedEvent(1, event))


def measured(at: float, **counted: int) -> LinkMeasured:
    return LinkMeasured(at=at, printer="bench", statistics=LinkStatistics(**counted))  # type: ignore[arg-type]


def test_counters_go_on_over_connections_and_are_forgotten_after_the_window() -> None:
    book = Notebook()
    tell(
        book,
        PrinterConnected(at=0, printer="bench", port="p"),
        measured(1, lines_sent=100, resends=2),
        measured(61, lines_sent=300, resends=3),
        PrinterConnected(at=70, printer="bench", port="p"),
        measured(71, lines_sent=50, resends=1),
    )
    link = book.of("bench").link(100)
    assert (link.lines_sent, link.resends) == (350, 4)
    assert book.of("bench").link(WINDOW_SECONDS + 30).lines_sent == 250
    assert book.of("bench").link(2 * WINDOW_SECONDS).lines_sent == 0


def test_a_link_with_a_past_counts_from_now_on() -> None:
    book = Notebook()
    tell(book, measured(1, lines_sent=5000, resends=90), measured(2, lines_sent=5010, resends=91))
    assert book.of("bench").link(3).resends == 1
    state = PrinterState(link=LinkStatistics(lines_sent=9000, resends=100))
    tell(book, PrinterAttached(at=4, printer="bench", state=state), measured(5, lines_sent=9001, resends=100))
    assert book.of("bench").link(6).resends == 1


def test_incidents_are_written_down_with_their_stamps() -> None:
    book = Notebook()
    stamp = ("under_voltage",)
    tell(
        book,
        ErrorRaised(at=1, printer="bench", error=ErrorReport(code="printer_reset", message="restarted")),
        PrinterStateChanged(at=2, printer="bench", status=PrinterStatus.LINK_LOST, reason="gone", host_trouble=stamp),
        PrinterStateChanged(at=3, printer="bench", status=PrinterStatus.IDLE),
        PrinterDisconnected(at=4, printer="bench", reason="asked for", host_trouble=None),
        LinkDisturbed(at=5, printer="bench", seconds=1, resends=1, stalls=0, host_trouble=stamp),
        LinkDuplicatePossible(at=6, printer="bench", line_number=5, text="G1"),
        PrinterHeartbeatMissed(at=7, printer="bench", silent_seconds=3),
    )
    told = book.of("bench").incidents
    assert [(one.at, one.what) for one in told] == [
        (1, "printer_reset"),
        (2, "link_lost"),
        (4, "disconnected"),
        (5, "disturbed"),
        (6, "duplicate_possible"),
        (7, "heartbeat_missed"),
    ]
    assert [one.host_trouble for one in told if one.host_trouble] == [stamp, stamp]


def test_heaters_that_are_switched_are_noted_and_those_that_are_regulated_are_not() -> None:
    book = Notebook()
    for at, target in enumerate((0.0, 0.0, 200.0, 205.0, 0.0)):
        tell(
            book, TemperatureMeasured(at=at, printer="bench", heater="tool0", actual_celsius=20, target_celsius=target)
        )
    tell(book, TemperatureMeasured(at=9, printer="bench", heater="bed", actual_celsius=20))
    assert list(book.of("bench").switchings) == [2, 4]


def test_troubles_of_the_host_are_noted_for_all() -> None:
    book = Notebook()
    tell(book, HostTroubleChanged(at=5, trouble=("throttled",), began=("throttled",)))
    tell(book, HostTroubleChanged(at=9, trouble=(), ended=("throttled",)))
    assert book.troubles == ((5, "throttled"), (9, "throttled"))


def test_everything_is_bounded() -> None:
    book = Notebook()
    tell(book, PrinterConnected(at=0, printer="bench", port="p"))
    for number in range(KEPT_INCIDENTS + 10):
        tell(book, PrinterDisconnected(at=number, printer="bench", reason="x" * 1000))
        tell(book, measured(number * 60.0, lines_sent=number, resends=number))
    notes = book.of("bench")
    assert (len(notes.incidents), len(notes.buckets)) == (KEPT_INCIDENTS, KEPT_BUCKETS)
    assert len(notes.incidents[-1].text) == 200
