"""What the push clients of one printer are told: gathered between two ticks, built once for all who know the same.

Every temperature and every line has a number; a client knows up to which number it was told. Clients that were told the same,
and want the same, get the same message object. No clock and no sockets here.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hydrogen.model.printer import LinkStatistics, Position, PrinterState
from hydrogen.octoprint.face import Face
from hydrogen.octoprint.push.framing import Message, message
from hydrogen.octoprint.push.line_filter import LineFilter
from hydrogen.octoprint.push.wish import Wish
from hydrogen.octoprint.translate import (
    FileFacts,
    Progress,
    job_body,
    progress_body,
    state_body,
    temperature_body,
)

MOST_TEMPERATURES = 300
MOST_LINES = 300
"""Kept for clients that are told seldom (`throttle`). OctoPrint keeps as many lines."""

SENT, RECEIVED = "> ", "< "
"""How our terminal's lines begin."""


class Channel:
    """state: as the house knows the printer now. selected: the path of the file that prints or is selected. progress: of its
    print."""

    def __init__(
        self,
        face: Face,
        *,
        state: Callable[[], PrinterState],
        selected: Callable[[], str | None],
        progress: Callable[[], Progress],
    ) -> None:
        self.face = face
        self.position: Position | None = None
        self.facts: FileFacts | None = None
        self.is_known = False
        """Has it been looked at which file is selected? What is found at first is no news."""
        self.version = 0
        """Counts changes of what a client without lines is told."""
        self.number = 0
        """Of the last temperature or line."""
        self._state = state
        self._selected = selected
        self._progress = progress
        self._temperatures: deque[tuple[int, Mapping[str, Any]]] = deque(maxlen=MOST_TEMPERATURES)
        self._lines: deque[tuple[int, str]] = deque(maxlen=MOST_LINES)
        self._has_measured = False
        self._built: dict[tuple[object, ...], Message] = {}

    @property
    def printer(self) -> PrinterState:
        """As it is now."""
        return self._state()

    @property
    def selected(self) -> str | None:
        return self._selected()

    def touch(self) -> None:
        """Something changed that every client is told."""
        self.version += 1

    def note_temperature(self) -> None:
        """At the next tick there is a moment to be told."""
        self._has_measured = True

    def note_lines(self, lines: Sequence[str]) -> None:
        """The printer's conversation went on."""
        for line in lines:
            self.number += 1
            self._lines.append((self.number, line))

    def begin_tick(self, wall: float) -> None:
        """Close what was gathered since the last one."""
        self._built.clear()
        if self._has_measured:
            self._has_measured = False
            self.number += 1
            self._temperatures.append((self.number, moment_of(self.printer, wall)))
            self.touch()

    def has_more_than(self, version: int, number: int, wish: Wish) -> bool:
        """Is there anything that a client does not know, who was told up to this?"""
        return wish.has_state and (self.version != version or (wish.has_lines and self._last_line > number))

    def current(self, number: int, wish: Wish, wall: float) -> Message:
        """The `current` message for clients that were told up to `number`; the same object for the same question."""
        key = (number, wish.logs, wish.messages)
        built = self._built.get(key)
        if built is None:
            lines = [line for at, line in self._lines if at > number] if wish.has_lines else []
            body = {
                **self.body(wall),
                "temps": [moment for at, moment in self._temperatures if at > number],
                "logs": logs_of(lines, wish.logs),
                "messages": messages_of(lines, wish.messages),
            }
            built = self._built[key] = message("current", body)
        return built

    def history(self, temperatures: Sequence[Mapping[str, Any]], wall: float) -> Message:
        """What a client is told first: everything that there is; lines are not kept before somebody wants them."""
        return message("history", {**self.body(wall), "temps": list(temperatures), "logs": [], "messages": []})

    def body(self, wall: float) -> dict[str, Any]:
        """All but what has been gathered."""
        printer = self.printer
        job = printer.job
        return {
            "state": state_body(printer),
            "job": job_body(self.facts, None if job is None else job.actor),
            "currentZ": None if printer.position is None else printer.position.z_mm,
            "progress": progress_body(self._progress()),
            "offsets": {},
            "resends": resends_body(printer.link),
            "serverTime": round(wall, 3),
            "busyFiles": [] if job is None else [{"origin": "local", "path": job.file}],
            "markings": [],
        }

    @property
    def _last_line(self) -> int:
        return self._lines[-1][0] if self._lines else 0


def moment_of(printer: PrinterState, wall: float) -> dict[str, Any]:
    """An entry of `temps`."""
    heaters = temperature_body(printer)
    return {
        "time": int(wall),
        **{name: {"actual": heater["actual"], "target": heater["target"]} for name, heater in heaters.items()},
    }


def resends_body(link: LinkStatistics | None) -> dict[str, int]:
    """ratio: percent of the lines that went over the wire."""
    count, transmitted = (0, 0) if link is None else (link.resends, link.lines_sent)
    return {"count": count, "transmitted": transmitted, "ratio": 100 * count // transmitted if transmitted else 0}


def logs_of(lines: Sequence[str], wanted: LineFilter | None) -> list[str]:
    """`Send: ...` and `Recv: ...`, as far as they are wanted."""
    if wanted is None:
        return []
    return [told for line in lines if wanted.wants(told := _log_line(line))]


def messages_of(lines: Sequence[str], wanted: LineFilter | None) -> list[str]:
    """What was received, without anything before it."""
    if wanted is None:
        return []
    received = (line.removeprefix(RECEIVED) for line in lines if line.startswith(RECEIVED))
    return [line for line in received if wanted.wants(line)]


def _log_line(line: str) -> str:
    if line.startswith(SENT):
        return f"Send: {line.removeprefix(SENT)}"
    return f"Recv: {line.removeprefix(RECEIVED)}"
