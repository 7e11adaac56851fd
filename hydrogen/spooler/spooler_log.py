"""The spooler's log: warnings and errors to stderr, everything up the socket. No structlog in this process."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, TextIO

FIELD_CHARACTERS = 500
"""A field's text is cut here, so that a log line always fits a frame."""

FIELDS = 16

Sink = Callable[[str, str, Mapping[str, Any]], None]


class SpoolerLog:
    """Signs `hydrogen.core.log.Log`. `sink` is set once the socket is there."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.sink: Sink = lambda level, event, fields: None

    def debug(self, event: str, /, **fields: object) -> None:
        self._send("debug", event, fields)

    def info(self, event: str, /, **fields: object) -> None:
        self._send("info", event, fields)

    def warning(self, event: str, /, **fields: object) -> None:
        self._print("warning", event, fields)
        self._send("warning", event, fields)

    def error(self, event: str, /, **fields: object) -> None:
        self._print("error", event, fields)
        self._send("error", event, fields)

    def _send(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        self.sink(level, event, _bounded(fields))

    def _print(self, level: str, event: str, fields: Mapping[str, object]) -> None:
        try:
            print(f"{level}: {event} {json.dumps(_bounded(fields))}", file=self._stream, flush=True)
        except (OSError, ValueError):
            pass


def _bounded(fields: Mapping[str, object]) -> dict[str, Any]:
    kept = list(fields.items())[:FIELDS]
    return {
        name: value
        if value is None or isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        else str(value)[:FIELD_CHARACTERS]
        for name, value in kept
    }
