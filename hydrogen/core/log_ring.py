"""The last lines of the log, kept in memory for those who ask: bounded in number and in bytes.

What comes in was redacted by the structured log (structured_log.py), which is the only one that writes here: a secret that is
masked on the standard error is masked here, and there is no second way in.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.model.codec import encode_json, iso_time

LEVELS = ("debug", "info", "warning", "error")
"""From the least to the most important."""

MOST_LINES = 2_000
MOST_BYTES = 1_048_576
"""Of all lines together, as JSON: an hour of a lively house, and a tenth of it in memory when it is quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """number: rises by one with each line of this service's life. part: `service`, `spooler`, or the part of the service that
    the line names. printer: None for lines about none."""

    number: int
    at: float
    level: str
    event: str
    part: str
    printer: str | None
    fields: Mapping[str, Any]

    def as_plain(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "number": self.number,
            "at": iso_time(self.at),
            "level": self.level,
            "event": self.event,
            "part": self.part,
            "printer": self.printer,
            "fields": dict(self.fields),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWish:
    """Which lines are wanted. level: this one and what is more important. since: not written before, Unix seconds. after: the
    number of a line that is known. None: all. may_reach: is this printer (None: none) one that the reader may see?"""

    level: str = "debug"
    part: str | None = None
    printer: str | None = None
    since: float | None = None
    after: int | None = None
    may_reach: Callable[[str | None], bool] = lambda _printer: True

    def wants(self, line: LogLine) -> bool:
        return (
            LEVELS.index(line.level) >= LEVELS.index(self.level)
            and self.part in (None, line.part)
            and self.printer in (None, line.printer)
            and (self.since is None or line.at >= self.since)
            and (self.after is None or line.number > self.after)
            and self.may_reach(line.printer)
        )


@dataclass(slots=True)
class _Kept:
    line: LogLine
    size: int = field(default=0)


class LogRing:
    """Written from any thread, and read from any; neither waits for more than the other's few microseconds."""

    def __init__(self, clock: Clock, *, lines: int = MOST_LINES, size_bytes: int = MOST_BYTES) -> None:
        self._clock = clock
        self._kept: deque[_Kept] = deque()
        self._lines, self._size_bytes = lines, size_bytes
        self._bytes = 0
        self._number = 0
        self._lock = threading.Lock()

    @property
    def number(self) -> int:
        """Of the last line; 0 before the first."""
        return self._number

    def add(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        """Keep a line; the oldest go. fields: JSON values without secrets."""
        rest = dict(fields)
        part = str(rest.pop("process", None) or rest.get("part") or "service")
        printer = rest.get("printer")
        with self._lock:
            self._number += 1
            line = LogLine(
                number=self._number,
                at=self._clock.wall(),
                level=level,
                event=event,
                part=part,
                printer=printer if isinstance(printer, str) else None,
                fields=MappingProxyType(rest),
            )
            kept = _Kept(line, len(encode_json(line.as_plain())))
            self._kept.append(kept)
            self._bytes += kept.size
            while len(self._kept) > self._lines or (self._bytes > self._size_bytes and len(self._kept) > 1):
                self._bytes -= self._kept.popleft().size

    def lines(self, wish: LogWish, *, limit: int) -> list[LogLine]:
        """The last of the wanted lines, the oldest first."""
        with self._lock:
            kept = list(self._kept)
        wanted: list[LogLine] = []
        for one in reversed(kept):
            if wish.wants(one.line):
                wanted.append(one.line)
                if len(wanted) >= limit:
                    break
        return wanted[::-1]
