"""What happened, in OctoPrint's words: its events with their payloads. Pure; nothing is told that is not known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hydrogen.model.events import (
    Event,
    FileAdded,
    FileAnalysed,
    FileChanged,
    FileMoved,
    FileRemoved,
    JobFinished,
    JobPaused,
    JobResumed,
    JobStarted,
    PrinterConnected,
    PrinterDisconnected,
    PrinterHomingBegun,
    PrinterPositionReported,
    PrinterPromptClosed,
    PrinterPromptShown,
    PrinterStateChanged,
)
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import Position, PrinterState, PrinterStatus
from hydrogen.octoprint.translate import FAILED, STATE_IDS, FileFacts, error_text, state_text

PushEvent = tuple[str, Mapping[str, Any]]
"""`type` and `payload`."""

PluginMessage = tuple[str, Mapping[str, Any]]
"""`plugin` and `data`."""

PROMPT_PLUGIN = "action_command_prompt"

FILE_TYPE = ("machinecode", "gcode")


def events_of(event: Event, printer: PrinterState) -> Iterator[PushEvent]:
    """OctoPrint's events for one of ours, in its order; none for what OctoPrint has no word for. printer: as it is now."""
    match event:
        case PrinterConnected():
            yield "Connected", {"port": event.port, "baudrate": event.baud}
        case PrinterDisconnected():
            yield "Disconnected", {}
        case PrinterStateChanged():
            yield from _state_events(event, printer)
        case PrinterHomingBegun():
            yield "Home", {}
        case JobStarted():
            yield "PrintStarted", _file(event.file, size=event.bytes_total, user=event.actor)
        case JobPaused():
            yield "PrintPaused", _file(_printed(printer), user=event.actor)
        case JobResumed():
            yield "PrintResumed", _file(_printed(printer), user=event.actor)
        case JobFinished():
            yield from _end_events(event)
        case FileAdded() | FileChanged():
            name = event.path.rpartition("/")[2]
            yield "Upload", {"name": name, "path": event.path, "target": "local", "user": event.actor or None}
            yield "FileAdded", _storage(event.path, "add")
            yield "UpdatedFiles", {"type": "printables"}
        case FileAnalysed(outcome="ready"):
            about = {"name": event.path.rpartition("/")[2], "path": event.path, "origin": "local"}
            yield "MetadataAnalysisFinished", {**about, "result": {"estimatedPrintTime": event.seconds}}
        case FileMoved():
            yield "FileRemoved", _storage(event.moved_from, "remove")
            yield "FileAdded", _storage(event.path, "add")
            yield "UpdatedFiles", {"type": "printables"}
        case FileRemoved():
            yield "FileRemoved", _storage(event.path, "remove")
            yield "UpdatedFiles", {"type": "printables"}
        case _:
            pass


def plugin_messages_of(event: Event) -> Iterator[PluginMessage]:
    """What OctoPrint's bundled plugins tell for one of ours: the prompts of the firmware."""
    match event:
        case PrinterPromptShown():
            yield PROMPT_PLUGIN, {"action": "show", **prompt_body(event.message, event.buttons)}
        case PrinterPromptClosed():
            yield PROMPT_PLUGIN, {"action": "close"}
        case _:
            pass


def prompt_body(message: str, buttons: Sequence[str]) -> dict[str, Any]:
    """A prompt as the plugin has it. message: ours ends with the buttons in brackets, which stand in a list there."""
    written = " ".join(f"[{button}]" for button in buttons)
    return {"text": message.removesuffix(written).rstrip() if written else message, "choices": list(buttons)}


def position_events(event: PrinterPositionReported, before: Position | None) -> Iterator[PushEvent]:
    """What a report of the position tells beyond the one before. ZChange as OctoPrint has it: the new height and the old."""
    now = event.position
    if before is None or (now.x_mm, now.y_mm, now.z_mm) != (before.x_mm, before.y_mm, before.z_mm):
        yield "PositionUpdate", {"x": now.x_mm, "y": now.y_mm, "z": now.z_mm, "e": now.e_mm, "reason": None}
    if now.z_mm is not None and (before is None or now.z_mm != before.z_mm):
        yield "ZChange", {"new": now.z_mm, "old": None if before is None else before.z_mm}


def selection_event(facts: FileFacts | None) -> PushEvent:
    """Another file is selected, or none any more."""
    if facts is None:
        return "FileDeselected", {}
    return "FileSelected", {"name": facts.name, "path": facts.path, "origin": "local", "size": facts.size_bytes}


def _state_events(event: PrinterStateChanged, printer: PrinterState) -> Iterator[PushEvent]:
    # The printer may have gone on since; what the event says is what it tells of.
    told = PrinterState(status=event.status, error=printer.error)
    if event.status is PrinterStatus.CONNECTING:
        yield "Connecting", {}
    if event.status is PrinterStatus.CANCELLING and printer.job is not None:
        yield "PrintCancelling", _file(printer.job.file, user=printer.job.actor)
    if event.status in FAILED:
        yield "Error", {"error": error_text(told), "reason": event.reason or None}
    yield "PrinterStateChanged", {"state_id": STATE_IDS[event.status], "state_string": state_text(told)}


def _end_events(event: JobFinished) -> Iterator[PushEvent]:
    about = {**_file(event.file, user=event.actor), "time": event.elapsed_seconds}
    match event.outcome:
        case JobOutcome.COMPLETED:
            yield "PrintDone", about
        case JobOutcome.CANCELLED:
            yield "PrintCancelled", about
            yield "PrintFailed", {**about, "reason": "cancelled"}
        case JobOutcome.FAILED:
            yield "PrintFailed", {**about, "reason": "error", "error": event.reason}


def _printed(printer: PrinterState) -> str:
    return printer.job.file if printer.job is not None else ""


def _file(path: str, *, size: int | None = None, user: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"name": path.rpartition("/")[2], "path": path, "origin": "local"}
    if size is not None:
        told["size"] = size
    return {**told, "owner": user or None, "user": user or None}


def _storage(path: str, operation: str) -> dict[str, Any]:
    return {
        "storage": "local",
        "path": path,
        "name": path.rpartition("/")[2],
        "type": list(FILE_TYPE),
        "operation": operation,
    }
