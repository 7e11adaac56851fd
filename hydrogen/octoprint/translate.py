"""What the house knows, in OctoPrint's words. Pure; what is unknown is None and never missing, nothing is invented.

Source of the words: OctoPrint 1.11.8, measured (`util/comm.py` getStateString, `printer/standard.py` get_state_string).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hydrogen.model.job import JobState
from hydrogen.model.printer import PrinterState, PrinterStatus

STATE_TEXTS: Mapping[PrinterStatus, str] = MappingProxyType(
    {
        PrinterStatus.OFFLINE: "Offline",
        PrinterStatus.CONNECTING: "Connecting",
        PrinterStatus.IDLE: "Operational",
        PrinterStatus.PRINTING: "Printing",
        PrinterStatus.PAUSING: "Pausing",
        PrinterStatus.PAUSED: "Paused",
        PrinterStatus.RESUMING: "Resuming",
        PrinterStatus.CANCELLING: "Cancelling",
        PrinterStatus.FINISHING: "Finishing",
        PrinterStatus.LINK_LOST: "Connecting",
    }
)
"""Clients compare them. A lost link is being opened again, and the job goes on behind it: `Connecting`. `error` and `halted`
are `Error: ` with their reason."""

STATE_IDS: Mapping[PrinterStatus, str] = MappingProxyType(
    {
        PrinterStatus.OFFLINE: "OFFLINE",
        PrinterStatus.CONNECTING: "CONNECTING",
        PrinterStatus.IDLE: "OPERATIONAL",
        PrinterStatus.PRINTING: "PRINTING",
        PrinterStatus.PAUSING: "PAUSING",
        PrinterStatus.PAUSED: "PAUSED",
        PrinterStatus.RESUMING: "RESUMING",
        PrinterStatus.CANCELLING: "CANCELLING",
        PrinterStatus.FINISHING: "FINISHING",
        PrinterStatus.LINK_LOST: "CONNECTING",
        PrinterStatus.ERROR: "ERROR",
        PrinterStatus.HALTED: "ERROR",
    }
)
"""`state_id` of PrinterStateChanged."""

FAILED = frozenset({PrinterStatus.ERROR, PrinterStatus.HALTED})
PRINTING = frozenset(
    {
        PrinterStatus.PRINTING,
        PrinterStatus.PAUSING,
        PrinterStatus.RESUMING,
        PrinterStatus.CANCELLING,
        PrinterStatus.FINISHING,
    }
)
"""What OctoPrint's `printing` flag means: a job is at work, also on its way into another state (comm.PRINTING_STATES)."""

OPERATIONAL = PRINTING | {PrinterStatus.IDLE, PrinterStatus.PAUSED}

TIME_LEFT_ORIGINS: Mapping[str, str] = MappingProxyType(
    {"m73": "estimate", "slicer": "analysis", "model": "analysis", "history": "average", "pace": "estimate"}
)
"""`printTimeLeftOrigin` by what our estimate rests on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filament:
    """Of one tool: length in mm, volume in cm³."""

    length_mm: float | None = None
    volume_cm3: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What is known of a file. modified_at: Unix seconds. estimated_seconds: of the analysis. filament: by tool.
    average_seconds and last_seconds: of the prints of it that were completed."""

    path: str
    size_bytes: int | None = None
    modified_at: float | None = None
    estimated_seconds: float | None = None
    filament: Mapping[str, Filament] = field(default_factory=lambda: MappingProxyType({}))
    average_seconds: float | None = None
    last_seconds: float | None = None

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is, or was at its end. completion in percent."""

    completion: float | None = None
    filepos: int | None = None
    print_seconds: float | None = None
    left_seconds: float | None = None
    left_source: str = ""


NO_PROGRESS = Progress()


def is_operational(printer: PrinterState) -> bool:
    """Is there a connection over which something can be done?"""
    return printer.status in OPERATIONAL


def error_text(printer: PrinterState) -> str:
    """Why it is in an error; empty while it is not."""
    if printer.status not in FAILED:
        return ""
    return printer.error.message if printer.error is not None else printer.status.value


def state_text(printer: PrinterState) -> str:
    """The one sentence for a printer; `Offline` where there is no connection."""
    if printer.status in FAILED:
        return f"Error: {error_text(printer)}"
    return STATE_TEXTS[printer.status]


def connection_state_text(printer: PrinterState) -> str:
    """As `/api/connection` has it: `Closed` where `state_text` says `Offline`."""
    return "Closed" if printer.status is PrinterStatus.OFFLINE else state_text(printer)


def state_flags(printer: PrinterState) -> dict[str, bool]:
    """All flags, always."""
    status = printer.status
    return {
        "operational": status in OPERATIONAL,
        "printing": status in PRINTING,
        "cancelling": status is PrinterStatus.CANCELLING,
        "pausing": status is PrinterStatus.PAUSING,
        "resuming": status is PrinterStatus.RESUMING,
        "finishing": status is PrinterStatus.FINISHING,
        "closedOrError": status in FAILED or status is PrinterStatus.OFFLINE,
        "error": status in FAILED,
        "paused": status is PrinterStatus.PAUSED,
        "ready": status is PrinterStatus.IDLE,
        "sdReady": False,
    }


def state_body(printer: PrinterState) -> dict[str, Any]:
    """`state` of `/api/printer` and of the push messages."""
    return {"text": state_text(printer), "flags": state_flags(printer), "error": error_text(printer)}


def temperature_body(printer: PrinterState, heaters: frozenset[str] | None = None) -> dict[str, Any]:
    """By heater; empty before the first report. heaters: only these."""
    return {
        name: {"actual": heater.actual_celsius, "target": heater.target_celsius, "offset": 0}
        for name, heater in sorted(printer.heaters.items())
        if heaters is None or name in heaters
    }


def history_body(
    series: Mapping[str, Mapping[str, Any]], *, limit: int | None = None, heaters: frozenset[str] | None = None
) -> list[dict[str, Any]]:
    """The temperature history as one list of moments, oldest first; `series` as `temperature.history` tells it by heater:
    `at`, `actual_celsius`, `target_celsius` side by side. limit: only the last so many."""
    moments: dict[int, dict[str, Any]] = {}
    for heater, points in sorted(series.items()):
        if heaters is not None and heater not in heaters:
            continue
        for at, actual, target in zip(points["at"], points["actual_celsius"], points["target_celsius"], strict=True):
            moments.setdefault(int(at), {"time": int(at)})[heater] = {"actual": actual, "target": target}
    listed = [moments[at] for at in sorted(moments)]
    return listed if limit is None else listed[max(0, len(listed) - limit) :]


def file_body(facts: FileFacts | None) -> dict[str, Any]:
    """`job.file`: of the file that prints or is selected; all None where none is."""
    if facts is None:
        return {"name": None, "path": None, "display": None, "origin": None, "size": None, "date": None}
    return {
        "name": facts.name,
        "path": facts.path,
        "display": facts.name,
        "origin": "local",
        "size": facts.size_bytes,
        "date": None if facts.modified_at is None else int(facts.modified_at),
    }


def filament_body(facts: FileFacts | None) -> dict[str, Any] | None:
    """By tool; None where the analysis has not told it."""
    if facts is None or not facts.filament:
        return None
    return {tool: {"length": used.length_mm, "volume": used.volume_cm3} for tool, used in facts.filament.items()}


def job_body(facts: FileFacts | None, user: str | None) -> dict[str, Any]:
    """`job` of `/api/job` and of the push messages. user: who started it."""
    return {
        "file": file_body(facts),
        "estimatedPrintTime": None if facts is None else facts.estimated_seconds,
        "averagePrintTime": None if facts is None else facts.average_seconds,
        "lastPrintTime": None if facts is None else facts.last_seconds,
        "filament": filament_body(facts),
        "user": user or None,
    }


def progress_of(job: JobState) -> Progress:
    """Of a job under way."""
    return Progress(
        completion=round(job.fraction * 100, 4),
        filepos=job.bytes_done,
        print_seconds=job.elapsed_seconds,
        left_seconds=job.remaining_seconds,
        left_source=job.remaining_source,
    )


def progress_body(progress: Progress = NO_PROGRESS) -> dict[str, Any]:
    """`progress` of `/api/job` and of the push messages; times in whole seconds."""
    has_estimate = progress.left_seconds is not None
    return {
        "completion": progress.completion,
        "filepos": progress.filepos,
        "printTime": None if progress.print_seconds is None else int(progress.print_seconds),
        "printTimeLeft": int(progress.left_seconds) if progress.left_seconds is not None else None,
        "printTimeLeftOrigin": TIME_LEFT_ORIGINS.get(progress.left_source, "estimate") if has_estimate else None,
    }
