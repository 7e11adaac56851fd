"""Our events in OctoPrint's words."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.model.events import (
    ALL_EVENTS,
    Event,
    FileAdded,
    FileAnalysed,
    FileMoved,
    FileRemoved,
    JobFinished,
    JobPaused,
    JobResumed,
    JobStarted,
    PrinterConnected,
    PrinterDisconnected,
    PrinterHeartbeatMissed,
    PrinterHomingBegun,
    PrinterPositionReported,
    PrinterPromptClosed,
    PrinterPromptShown,
    PrinterStateChanged,
)
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import ErrorReport, Position, PrinterState, PrinterStatus
from hydrogen.octoprint.push.events import events_of, plugin_messages_of, position_events, prompt_body

PRINTER = PrinterState(
    status=PrinterStatus.PRINTING,
    job=JobState(id="j", file="a/cube.gcode"),
    error=ErrorReport(code="halted", message="it burns"),
)
FILE: dict[str, Any] = {"size_bytes": 3, "modified_at": 1.0}


def finished(outcome: JobOutcome) -> JobFinished:
    return JobFinished(
        at=1.0,
        printer="p",
        job="j",
        file="a/cube.gcode",
        outcome=outcome,
        reason="why",
        actor="bob",
        elapsed_seconds=9.0,
    )


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (PrinterConnected(at=1.0, port="/dev/x", baud=115200), ["Connected"]),
        (PrinterDisconnected(at=1.0, reason="x"), ["Disconnected"]),
        (PrinterStateChanged(at=1.0, status=PrinterStatus.IDLE), ["PrinterStateChanged"]),
        (PrinterStateChanged(at=1.0, status=PrinterStatus.HALTED), ["Error", "PrinterStateChanged"]),
        (PrinterHomingBegun(at=1.0, axes="xyz"), ["Home"]),
        (PrinterStateChanged(at=1.0, status=PrinterStatus.CONNECTING), ["Connecting", "PrinterStateChanged"]),
        (PrinterStateChanged(at=1.0, status=PrinterStatus.CANCELLING), ["PrintCancelling", "PrinterStateChanged"]),
        (FileAnalysed(at=1.0, path="a.gcode", outcome="ready", seconds=9.0), ["MetadataAnalysisFinished"]),
        (FileAnalysed(at=1.0, path="a.gcode", outcome="failed"), []),
        (JobStarted(at=1.0, job="j", file="x.gcode", lines_total=1, bytes_total=2), ["PrintStarted"]),
        (JobPaused(at=1.0, job="j"), ["PrintPaused"]),
        (JobResumed(at=1.0, job="j"), ["PrintResumed"]),
        (finished(JobOutcome.COMPLETED), ["PrintDone"]),
        (finished(JobOutcome.CANCELLED), ["PrintCancelled", "PrintFailed"]),
        (finished(JobOutcome.FAILED), ["PrintFailed"]),
        (FileAdded(at=1.0, path="x.gcode", **FILE), ["Upload", "FileAdded", "UpdatedFiles"]),
        (FileMoved(at=1.0, path="y.gcode", moved_from="x.gcode", **FILE), ["FileRemoved", "FileAdded", "UpdatedFiles"]),
        (FileRemoved(at=1.0, path="x.gcode", **FILE), ["FileRemoved", "UpdatedFiles"]),
        (PrinterHeartbeatMissed(at=1.0, silent_seconds=3.0), []),
    ],
)
def test_each_has_its_names_in_order(event: Event, names: list[str]) -> None:
    assert type(event) in ALL_EVENTS
    assert [name for name, _ in events_of(event, PRINTER)] == names


def test_payloads_tell_what_clients_show() -> None:
    ((_, done),) = events_of(finished(JobOutcome.COMPLETED), PRINTER)
    assert done == {
        "name": "cube.gcode",
        "path": "a/cube.gcode",
        "origin": "local",
        "owner": "bob",
        "user": "bob",
        "time": 9.0,
    }
    ((_, paused),) = events_of(JobPaused(at=1.0, job="j"), PRINTER)
    assert paused["path"] == "a/cube.gcode" and paused["user"] is None
    (error, state) = events_of(PrinterStateChanged(at=1.0, status=PrinterStatus.HALTED), PRINTER)
    assert error[1]["error"] == "it burns"
    assert state[1] == {"state_id": "ERROR", "state_string": "Error: it burns"}


def test_a_position_is_told_when_it_is_another_one() -> None:
    def told(before: Position | None, **now: float) -> list[str]:
        event = PrinterPositionReported(at=1.0, position=Position(**now))
        return [name for name, _ in position_events(event, before)]

    here = Position(x_mm=1.0, z_mm=0.2)
    assert told(None, x_mm=1.0, z_mm=0.2) == ["PositionUpdate", "ZChange"]
    assert told(here, x_mm=1.0, z_mm=0.2) == []
    assert told(here, x_mm=2.0, z_mm=0.2) == ["PositionUpdate"]
    assert told(here, x_mm=1.0, z_mm=0.4) == ["PositionUpdate", "ZChange"]


def test_prompts_are_the_plugins_messages() -> None:
    shown = PrinterPromptShown(at=1.0, message="Go on? [Yes] [No]", buttons=("Yes", "No"))
    (told,) = plugin_messages_of(shown)
    assert told == ("action_command_prompt", {"action": "show", "text": "Go on?", "choices": ["Yes", "No"]})
    assert list(plugin_messages_of(PrinterPromptClosed(at=1.0))) == [("action_command_prompt", {"action": "close"})]
    assert prompt_body("Press the knob", ()) == {"text": "Press the knob", "choices": []}
