from __future__ import annotations

from pathlib import Path

from hydrogen.core.clock import ManualClock
from hydrogen.errors import LinkLost, PortMissing
from hydrogen.model.events import (
    Event,
    LinkDuplicatePossible,
    PrinterPromptShown,
    PrinterStateChanged,
    TemperatureMeasured,
)
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.spooler.announcer import Announcer, error_report
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.wire.frame import encode_frame


def announcer(tmp_path: Path) -> tuple[Announcer, list[tuple[Event, str | None]]]:
    told: list[tuple[Event, str | None]] = []
    made = Announcer("p", PrinterState(), Outbox(tmp_path / "p.outbox", instance="i"), ManualClock())
    made.listen(lambda event, fact_id: told.append((event, fact_id)))
    return made, told


def test_only_facts_that_the_state_does_not_hold_go_through_the_outbox(tmp_path: Path) -> None:
    voice, told = announcer(tmp_path)
    voice.publish(TemperatureMeasured(at=1.0, heater="bed", actual_celsius=60.0))
    voice.publish(PrinterPromptShown(at=1.0, message="Click"))
    voice.set_status(PrinterStatus.CONNECTING)
    voice.raise_error(PortMissing("no port"))
    voice.publish(LinkDuplicatePossible(at=1.0, line_number=7, text="G1 X1"))
    assert [fact_id for _, fact_id in told] == [None, None, None, "i.1", "i.2"]
    assert all(event.printer == "p" for event, _ in told)
    assert voice.state.heaters["bed"].actual_celsius == 60.0
    assert voice.state.prompt == "Click"


def test_status_is_told_when_it_changes_or_has_a_reason(tmp_path: Path) -> None:
    voice, told = announcer(tmp_path)
    voice.set_status(PrinterStatus.OFFLINE)
    voice.set_status(PrinterStatus.IDLE)
    voice.set_status(PrinterStatus.IDLE)
    voice.set_status(PrinterStatus.IDLE, "for a reason")
    assert [event.reason for event, _ in told if isinstance(event, PrinterStateChanged)] == ["", "for a reason"]


def test_listener_that_ended_hears_no_more(tmp_path: Path) -> None:
    voice, told = announcer(tmp_path)
    heard: list[Event] = []
    unlisten = voice.listen(lambda event, _: heard.append(event))
    unlisten()
    unlisten()
    voice.set_status(PrinterStatus.IDLE)
    assert (len(heard), len(told)) == (0, 1)


def test_error_always_fits_a_frame() -> None:
    report = error_report(LinkLost("x" * 100_000, seen="y" * 100_000, odd=object()))
    assert len(report.message) == 1000
    assert report.details == {}
    assert encode_frame("event", {"message": report.message})
    assert error_report(LinkLost("lost", port="/dev/p")).details == {"port": "/dev/p"}
