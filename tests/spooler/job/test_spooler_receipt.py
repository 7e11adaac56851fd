"""What a receipt holds of what happened."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from hydrogen.model.codec import encode_json, plain_event
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    JobFinished,
    JobPaused,
    JobReceiptIssued,
    JobResumed,
    LinkMeasured,
    PrinterPromptShown,
    PrinterStateChanged,
    TemperatureMeasured,
)
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import ErrorReport, LinkStatistics, PrinterStatus
from hydrogen.model.receipt import Receipt
from hydrogen.spooler.job.receipt import MOST_HEATERS, MOST_NOTES, ReceiptBook, ReceiptHead
from hydrogen.spooler.wire.frame import MAX_FRAME_BYTES

HEAD = ReceiptHead(
    job="j1", file="a.gcode", actor="anna", started_at=100.0, lines_total=50, bytes_total=999, source_sha256="ab" * 32
)
END = JobFinished(
    at=200.0,
    job="j1",
    file="a.gcode",
    outcome=JobOutcome.CANCELLED,
    reason="spaghetti",
    actor="bert",
    lines_done=20,
    bytes_done=400,
    elapsed_seconds=77.0,
    resends=2,
    stalls=1,
)


def receipt_of(events: Iterable[tuple[float, Event]], *, until: float = 100.0) -> Receipt:
    book = ReceiptBook(HEAD, LinkStatistics(lines_sent=10, probes=5))
    for now, event in events:
        book.note(event, now)
    return book.receipt(END, until)


def degrees(actual: float | None, target: float | None, heater: str = "bed") -> TemperatureMeasured:
    return TemperatureMeasured(at=1.0, heater=heater, actual_celsius=actual, target_celsius=target)


def test_head_and_end_are_taken_over() -> None:
    receipt = receipt_of([])
    assert (receipt.job, receipt.actor, receipt.ended_by, receipt.reason) == ("j1", "anna", "bert", "spaghetti")
    assert (receipt.started_at, receipt.finished_at, receipt.elapsed_seconds) == (100.0, 200.0, 77.0)
    assert (receipt.lines_done, receipt.lines_total, receipt.bytes_done, receipt.bytes_total) == (20, 50, 400, 999)
    assert (receipt.resends, receipt.stalls, receipt.possible_duplicates) == (2, 1, 0)
    assert receipt.is_complete


def test_probes_and_barriers_are_those_of_this_job_over_all_its_connections() -> None:
    first, second = (
        LinkStatistics(lines_sent=90, probes=8, barriers=3),
        LinkStatistics(lines_sent=4, probes=1, barriers=1),
    )
    receipt = receipt_of(
        [(1.0, LinkMeasured(at=1.0, statistics=first)), (2.0, LinkMeasured(at=1.0, statistics=second))]
    )
    assert (receipt.probes, receipt.barriers) == (8 - 5 + 1, 3 + 1)


def test_a_heater_is_judged_from_the_moment_it_reached_its_target() -> None:
    readings = [(0.0, 20.0), (10.0, 58.0), (15.0, 61.0), (20.0, 52.0), (25.0, 50.0), (30.0, 60.0)]
    bed = receipt_of((now, degrees(actual, 60.0)) for now, actual in readings).heaters["bed"]
    assert (bed.last_target_celsius, bed.min_celsius, bed.max_celsius) == (60.0, 50.0, 61.0)
    assert (bed.in_band_seconds, bed.out_of_band_seconds) == (10.0, 10.0)


def test_a_target_that_changes_has_to_be_reached_again_and_one_that_is_off_is_not_judged() -> None:
    readings = [
        (0.0, 60.0, 60.0),
        (5.0, 60.0, 60.0),
        (10.0, 60.0, 90.0),
        (15.0, 75.0, 90.0),
        (20.0, 30.0, 0.0),
        (25.0, 21.0, None),
    ]
    bed = receipt_of((now, degrees(actual, target)) for now, actual, target in readings).heaters["bed"]
    assert (bed.min_celsius, bed.out_of_band_seconds, bed.in_band_seconds) == (60.0, 0.0, 5.0)
    assert bed.last_target_celsius == 90.0


def test_time_without_a_measurement_counts_for_no_more_than_ten_seconds() -> None:
    bed = receipt_of([(0.0, degrees(60.0, 60.0)), (500.0, degrees(40.0, 60.0))]).heaters["bed"]
    assert bed.out_of_band_seconds == 10.0


def test_pauses_have_their_length_their_reason_and_who_asked() -> None:
    events: list[tuple[float, Event]] = [
        (10.0, JobPaused(at=110.0, job="j1", reason="filament", actor="printer")),
        (25.0, JobResumed(at=125.0, job="j1")),
        (90.0, JobPaused(at=190.0, job="j1", actor="anna")),
    ]
    receipt = receipt_of(events, until=94.0)
    assert [(pause.began_at, pause.seconds, pause.reason, pause.actor) for pause in receipt.pauses] == [
        (110.0, 15.0, "filament", "printer"),
        (190.0, 4.0, "", "anna"),
    ]
    assert receipt.paused_seconds == 19.0


def test_prompts_errors_and_lost_links_are_noted() -> None:
    lost = PrinterStateChanged(at=3.0, status=PrinterStatus.LINK_LOST, reason="cable")
    events: list[tuple[float, Event]] = [
        (1.0, PrinterPromptShown(at=1.0, message="change the filament")),
        (2.0, ErrorRaised(at=2.0, error=ErrorReport(code="cold_extrusion", message="too cold"))),
        (3.0, lost),
        (4.0, lost),
        (5.0, PrinterStateChanged(at=5.0, status=PrinterStatus.PRINTING)),
        (6.0, lost),
    ]
    receipt = receipt_of(events)
    assert [note.text for note in receipt.prompts] == ["change the filament"]
    assert [(note.code, note.text, note.noted_at) for note in receipt.errors] == [("cold_extrusion", "too cold", 2.0)]
    assert [note.text for note in receipt.link_losses] == ["cable", "cable"]


@pytest.mark.parametrize("times", [MOST_NOTES, 3 * MOST_NOTES])
def test_whatever_happens_a_receipt_fits_a_frame(times: int) -> None:
    long = "ü" * 5000
    events: list[tuple[float, Event]] = []
    for number in range(times):
        events += [
            (1.0, PrinterPromptShown(at=1.0, message=long)),
            (1.0, ErrorRaised(at=1.0, error=ErrorReport(code="x", message=long))),
            (1.0, JobPaused(at=1.0, job="j1", reason=long)),
            (1.0, PrinterStateChanged(at=1.0, status=PrinterStatus.LINK_LOST, reason=long)),
            (1.0, PrinterStateChanged(at=1.0, status=PrinterStatus.PRINTING)),
            (1.0, degrees(20.0, 60.0, f"tool{number}")),
        ]
    receipt = receipt_of(events)
    assert receipt.left_out == 4 * (times - MOST_NOTES)
    assert len(receipt.heaters) == MOST_HEATERS
    issued = JobReceiptIssued(at=1.0, printer="p" * 32, job="j1", receipt=receipt)
    assert len(encode_json(plain_event(issued))) < MAX_FRAME_BYTES
