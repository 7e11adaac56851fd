"""A log that remembers what was written to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LogEntry:
    level: str
    event: str
    fields: dict[str, Any] = field(default_factory=dict)


class RecordingLog:
    """Signs `hydrogen.core.log.Log`."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def debug(self, event: str, /, **fields: object) -> None:
        self.entries.append(LogEntry("debug", event, fields))

    def info(self, event: str, /, **fields: object) -> None:
        self.entries.append(LogEntry("info", event, fields))

    def warning(self, event: str, /, **fields: object) -> None:
        self.entries.append(LogEntry("warning", event, fields))

    def error(self, event: str, /, **fields: object) -> None:
        self.entries.append(LogEntry("error", event, fields))

    def events(self, level: str | None = None) -> list[str]:
        return [entry.event for entry in self.entries if level in (None, entry.level)]
