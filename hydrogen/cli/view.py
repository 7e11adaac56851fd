"""What a client knows of the printers: frames in, values out. Pure; understands any frame, also those of later versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LEAVES_JOB_STATUS = frozenset({"printing", "pausing", "paused", "resuming", "cancelling", "finishing"})


@dataclass(slots=True)
class PrinterView:
    """One printer, in the field names of the protocol. reason: what the last change of status said, such as what is waited
    for. finished: the last `job.finished` frame."""

    name: str
    status: str = "offline"
    reason: str = ""
    heaters: dict[str, dict[str, Any]] = field(default_factory=dict)
    job: dict[str, Any] | None = None
    link: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    prompt: str | None = None
    finished: Mapping[str, Any] | None = None

    def adopt(self, state: Mapping[str, Any]) -> None:
        """Take over a printer's whole state (of a snapshot, or of `printer.attached`)."""
        self.status = str(state.get("status", "offline"))
        self.heaters = {name: dict(heater) for name, heater in (state.get("heaters") or {}).items()}
        self.job = dict(state["job"]) if state.get("job") else None
        self.link = dict(state.get("link") or {})
        self.error = state.get("error")
        self.prompt = state.get("prompt")


class HouseView:
    """All printers of one service, and the place in its order of events."""

    def __init__(self) -> None:
        self.printers: dict[str, PrinterView] = {}
        self.epoch = ""
        self.seq = 0

    @property
    def since(self) -> str | None:
        """Where to resume, or None before the first snapshot."""
        return f"{self.epoch}.{self.seq}" if self.epoch else None

    def printer(self, name: str) -> PrinterView:
        """The view of this printer; made when it is heard of first."""
        return self.printers.setdefault(name, PrinterView(name))

    def apply(self, frame: Mapping[str, Any]) -> None:
        """Take one frame into account."""
        if frame.get("type") == "snapshot":
            self._adopt(frame)
            return
        seq = frame.get("seq")
        if isinstance(seq, int) and "at" in frame:
            self.seq = max(self.seq, seq)
        name = frame.get("printer")
        if isinstance(name, str):
            _apply_to_printer(self.printer(name), frame)

    def _adopt(self, frame: Mapping[str, Any]) -> None:
        self.epoch, self.seq = str(frame.get("epoch", "")), int(frame.get("seq", 0))
        for name, state in frame.get("state", {}).get("printers", {}).items():
            self.printer(name).adopt(state)


def _apply_to_printer(printer: PrinterView, frame: Mapping[str, Any]) -> None:
    match frame.get("type"):
        case "temperature.measured":
            keys = ("actual_celsius", "target_celsius", "power")
            printer.heaters[str(frame.get("heater"))] = {key: frame.get(key) for key in keys}
        case "printer.state_changed":
            printer.status = str(frame.get("status"))
            printer.reason = str(frame.get("reason") or "")
            if printer.job is not None and printer.status in _LEAVES_JOB_STATUS:
                printer.job["status"] = printer.status
        case "printer.attached":
            printer.adopt(frame.get("state") or {})
        case "printer.disconnected":
            printer.heaters, printer.link, printer.prompt = {}, {}, None
        case "printer.connected":
            printer.error = None
        case "printer.prompt_shown":
            printer.prompt = str(frame.get("message"))
        case "printer.prompt_closed":
            printer.prompt, printer.reason = None, ""
        case "link.measured":
            printer.link = dict(frame.get("statistics") or {})
        case "error.raised":
            printer.error = frame.get("error")
        case _:
            _apply_to_job(printer, frame)


def _apply_to_job(printer: PrinterView, frame: Mapping[str, Any]) -> None:
    match frame.get("type"):
        case "job.started":
            printer.error = None
            printer.job = {"id": frame.get("job"), "status": "printing", "fraction": 0.0, "lines_done": 0}
            printer.job |= {key: frame.get(key) for key in ("file", "lines_total", "bytes_total", "layers_total")}
        case "job.progressed" if printer.job is not None:
            keys = ("fraction", "lines_done", "bytes_done", "layer", "elapsed_seconds", "remaining_seconds")
            printer.job |= {key: frame[key] for key in keys if key in frame}
        case "job.paused" | "job.resumed" if printer.job is not None:
            printer.job["status"] = "paused" if frame.get("type") == "job.paused" else "printing"
        case "job.finished":
            printer.job, printer.finished = None, frame
        case _:
            pass
