"""What a client knows: the same after a snapshot as after the events that led there."""

from __future__ import annotations

import json
from typing import Any

from hydrogen.cli.view import HouseView
from hydrogen.core.bus import Bus
from hydrogen.core.context import Context
from hydrogen.model.codec import encode_event, plain
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    JobFinished,
    JobPaused,
    JobProgressed,
    JobResumed,
    JobStarted,
    LinkMeasured,
    PrinterAttached,
    PrinterConnected,
    PrinterDisconnected,
    PrinterPromptClosed,
    PrinterPromptShown,
    PrinterStateChanged,
    TemperatureMeasured,
)
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import ErrorReport, LinkStatistics, PrinterState, PrinterStatus
from hydrogen.model.state import State

STORY: tuple[Event, ...] = (
    PrinterAttached(at=1, printer="b", state=PrinterState(status=PrinterStatus.OFFLINE)),
    ErrorRaised(at=2, printer="b", error=ErrorReport(code="port_missing", message="no port")),
    PrinterConnected(at=3, printer="b", port="/dev/x", baud=1),
    PrinterStateChanged(at=3, printer="b", status=PrinterStatus.IDLE),
    TemperatureMeasured(at=4, printer="b", heater="bed", actual_celsius=20.0, target_celsius=0.0),
    JobStarted(at=5, printer="b", job="j", file="f.gcode", lines_total=10, bytes_total=99, layers_total=3),
    PrinterStateChanged(at=5, printer="b", status=PrinterStatus.PRINTING),
    JobProgressed(
        at=6, printer="b", job="j", fraction=0.5, lines_done=5, bytes_done=50, layer=2, remaining_seconds=9.0
    ),
    LinkMeasured(at=6, printer="b", statistics=LinkStatistics(resends=2)),
    PrinterStateChanged(at=7, printer="b", status=PrinterStatus.PAUSING),
    JobPaused(at=7, printer="b", job="j"),
    PrinterPromptShown(at=7, printer="b", message="change filament"),
    PrinterPromptClosed(at=8, printer="b"),
    JobResumed(at=8, printer="b", job="j"),
    JobFinished(at=9, printer="b", job="j", file="f.gcode", outcome=JobOutcome.COMPLETED, reason="", actor=""),
    PrinterStateChanged(at=9, printer="b", status=PrinterStatus.IDLE),
    PrinterDisconnected(at=10, printer="b", reason="asked"),
)


def test_events_lead_to_what_a_snapshot_tells_after_every_one_of_them() -> None:
    frames: list[dict[str, Any]] = []
    bus = Bus(lambda name, error: None)
    bus.listen(lambda published: frames.append(json.loads(encode_event(published))), name="wire")
    context = Context(epoch="e", initial=State(), bus=bus)
    told = HouseView()
    for event in STORY:
        context.publish(event)
        told.apply(frames[-1])
        fresh = HouseView()
        fresh.apply({"type": "snapshot", "epoch": "e", "seq": context.seq, "state": plain(context.state)})
        mine, truth = told.printer("b"), fresh.printer("b")
        for name in ("status", "heaters", "error", "prompt"):
            assert getattr(mine, name) == getattr(truth, name), (event, name)
        assert mine.link.get("resends") == truth.link.get("resends")
        assert (mine.job is None) == (truth.job is None), event
        if mine.job is not None and truth.job is not None:
            for key in ("id", "status", "fraction", "lines_done", "lines_total", "layers_total", "file"):
                assert mine.job.get(key) == truth.job.get(key), (event, key)
    assert told.seq == len(STORY)
    assert told.printer("b").finished is not None


def test_a_client_resumes_behind_the_last_event_it_saw() -> None:
    view = HouseView()
    assert view.since is None
    view.apply({"type": "snapshot", "epoch": "abc", "seq": 7, "state": {"printers": {}}})
    view.apply({"type": "host.measured", "seq": 9, "at": "x", "host": {}})
    view.apply({"type": "subscribed", "seq": 99})
    view.apply({"type": "terminal.line", "at": "x", "printer": "b", "lines": []})
    assert view.since == "abc.9"


def test_frames_of_later_versions_do_no_harm() -> None:
    view = HouseView()
    for frame in ({}, {"type": "new.thing", "printer": "b"}, {"type": "job.progressed", "printer": "b", "fraction": 1}):
        view.apply(frame)
    assert view.printer("b").job is None


def test_reason_is_what_the_status_said_last_until_the_question_is_answered() -> None:
    view = HouseView()
    frame = {"type": "printer.state_changed", "printer": "b", "status": "pausing", "reason": "waiting for the bed"}
    view.apply(frame)
    assert view.printer("b").reason == "waiting for the bed"
    view.apply({"type": "printer.prompt_closed", "printer": "b"})
    assert view.printer("b").reason == ""
