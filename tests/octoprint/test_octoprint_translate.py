from __future__ import annotations

from types import MappingProxyType

import pytest

from hydrogen.model.job import JobState
from hydrogen.model.printer import ErrorReport, PrinterState, PrinterStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.octoprint.translate import (
    STATE_IDS,
    Filament,
    FileFacts,
    Progress,
    connection_state_text,
    file_body,
    history_body,
    is_operational,
    job_body,
    progress_body,
    progress_of,
    state_body,
    state_flags,
    state_text,
    temperature_body,
)

FLAGS = {
    "operational",
    "printing",
    "cancelling",
    "pausing",
    "resuming",
    "finishing",
    "closedOrError",
    "error",
    "paused",
    "ready",
    "sdReady",
}


@pytest.mark.parametrize(
    ("status", "text", "raised"),
    [
        ("idle", "Operational", {"operational", "ready"}),
        ("printing", "Printing", {"operational", "printing"}),
        ("pausing", "Pausing", {"operational", "printing", "pausing"}),
        ("paused", "Paused", {"operational", "paused"}),
        ("resuming", "Resuming", {"operational", "printing", "resuming"}),
        ("cancelling", "Cancelling", {"operational", "printing", "cancelling"}),
        ("finishing", "Finishing", {"operational", "printing", "finishing"}),
        ("connecting", "Connecting", set()),
        ("link_lost", "Connecting", set()),
        ("offline", "Offline", {"closedOrError"}),
        ("error", "Error: it is hot", {"closedOrError", "error"}),
        ("halted", "Error: it is hot", {"closedOrError", "error"}),
    ],
)
def test_every_status_has_its_text_and_all_flags(status: str, text: str, raised: set[str]) -> None:
    printer = PrinterState(status=PrinterStatus(status), error=ErrorReport(code="heat", message="it is hot"))
    assert state_text(printer) == text
    flags = state_flags(printer)
    assert set(flags) == FLAGS
    assert {name for name, is_up in flags.items() if is_up} == raised
    assert is_operational(printer) is ("operational" in raised)
    assert state_body(printer)["error"] == ("it is hot" if "error" in raised else "")


def test_every_status_has_a_state_id() -> None:
    assert set(STATE_IDS) == set(PrinterStatus)


def test_a_closed_connection_has_two_names() -> None:
    assert connection_state_text(PrinterState()) == "Closed"
    assert state_text(PrinterState()) == "Offline"
    assert connection_state_text(PrinterState(status=PrinterStatus.IDLE)) == "Operational"


def test_temperatures_are_those_of_the_heaters_there_are() -> None:
    heaters = {"tool0": HeaterState(actual_celsius=200.1, target_celsius=205.0), "bed": HeaterState()}
    printer = PrinterState(heaters=MappingProxyType(heaters))
    assert temperature_body(PrinterState()) == {}
    assert temperature_body(printer) == {
        "bed": {"actual": None, "target": None, "offset": 0},
        "tool0": {"actual": 200.1, "target": 205.0, "offset": 0},
    }
    assert set(temperature_body(printer, frozenset({"bed"}))) == {"bed"}


def test_the_history_is_one_list_of_moments() -> None:
    series = {
        "tool0": {"at": [10.2, 12.0], "actual_celsius": [20.0, 21.0], "target_celsius": [0.0, 200.0]},
        "bed": {"at": [10.7], "actual_celsius": [30.0], "target_celsius": [None]},
    }
    assert history_body(series) == [
        {"time": 10, "bed": {"actual": 30.0, "target": None}, "tool0": {"actual": 20.0, "target": 0.0}},
        {"time": 12, "tool0": {"actual": 21.0, "target": 200.0}},
    ]
    assert [moment["time"] for moment in history_body(series, limit=1)] == [12]
    assert "tool0" not in history_body(series, heaters=frozenset({"bed"}))[0]


def test_what_is_unknown_is_null_and_never_missing() -> None:
    assert set(file_body(None).values()) == {None}
    assert set(file_body(None)) == {"name", "path", "display", "origin", "size", "date"}
    assert set(progress_body().values()) == {None}
    assert set(progress_body()) == {"completion", "filepos", "printTime", "printTimeLeft", "printTimeLeftOrigin"}
    body = job_body(None, "")
    assert {key for key, value in body.items() if value is None} == set(body) - {"file"}


def test_a_job_is_told_in_percent_and_whole_seconds() -> None:
    job = JobState(
        id="j",
        file="a",
        fraction=0.4137,
        bytes_done=99,
        elapsed_seconds=61.9,
        remaining_seconds=90.4,
        remaining_source="model",
    )
    assert progress_body(progress_of(job)) == {
        "completion": 41.37,
        "filepos": 99,
        "printTime": 61,
        "printTimeLeft": 90,
        "printTimeLeftOrigin": "analysis",
    }
    assert progress_body(Progress(completion=1.0))["printTimeLeftOrigin"] is None


def test_a_file_is_told_with_what_its_analysis_knows() -> None:
    facts = FileFacts(
        path="sub/a.gcode",
        size_bytes=10,
        modified_at=99.7,
        estimated_seconds=120.5,
        filament=MappingProxyType({"tool0": Filament(length_mm=810.0, volume_cm3=1.9)}),
        average_seconds=130.0,
        last_seconds=125.0,
    )
    body = job_body(facts, "ada")
    assert body["file"] == {
        "name": "a.gcode",
        "path": "sub/a.gcode",
        "display": "a.gcode",
        "origin": "local",
        "size": 10,
        "date": 99,
    }
    assert body["filament"] == {"tool0": {"length": 810.0, "volume": 1.9}}
    assert (body["estimatedPrintTime"], body["averagePrintTime"], body["lastPrintTime"], body["user"]) == (
        120.5,
        130.0,
        125.0,
        "ada",
    )
