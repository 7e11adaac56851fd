"""What our own lines have told the printer: positioning modes, feedrate, the targets of its heaters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen.gcode.line import command_of
from hydrogen.gcode.outgoing import LineSource

_feedrate = re.compile(rb"F *(\d+\.?\d*|\.\d+)").search
_target = re.compile(rb"[SR] *(-?\d+\.?\d*|-?\.\d+)").search
_tool = re.compile(rb"T *(\d+)").search

_HEATERS: Mapping[bytes, str] = MappingProxyType(
    {b"M104": "tool", b"M109": "tool", b"M140": "bed", b"M190": "bed", b"M141": "chamber", b"M191": "chamber"}
)
"""Commands that set a target, and the heater they mean. M109 and its kin take `S` (wait while heating) or `R` (also while
cooling); without either they set nothing (facts/marlin.md)."""


class ModeTracker:
    """Follows what is sent, commands and job alike; itself a LineSource in front of the job's.

    In Marlin G90 and G91 set the extruder's mode too, M82 and M83 override it (GcodeSuite::set_relative_mode).
    targets_celsius: by heater, what the last line that set it asked for; a heater that nobody asked about is missing.
    """

    __slots__ = ("_fed", "_inner", "_tool", "is_extruder_relative", "is_relative", "targets_celsius")

    def __init__(self) -> None:
        self.is_relative = False
        self.is_extruder_relative = False
        self.targets_celsius: dict[str, float] = {}
        self._tool = 0
        self._fed = b""
        self._inner: LineSource | None = None

    def follow(self, source: LineSource) -> ModeTracker:
        """Stand in front of `source`."""
        self._inner = source
        return self

    def take(self) -> tuple[bytes, int] | None:
        """The source's next line, looked at on its way. Hot: most lines are moves, of which only the last feedrate counts."""
        taken = self._inner.take() if self._inner is not None else None
        if taken is not None:
            body = taken[0]
            if body[:2] not in _MOVES:
                self.note(body)
            elif b"F" in body and not body[2:3].isdigit():
                self._fed = body
        return taken

    @property
    def feedrate_mm_per_minute(self) -> float | None:
        """That of the last move that named one; None before there was any."""
        found = _feedrate(self._fed)
        return None if found is None else float(found[1])

    def note(self, body: bytes) -> None:
        """This line is sent."""
        command = command_of(body)
        if command == b"G90":
            self.is_relative = self.is_extruder_relative = False
        elif command == b"G91":
            self.is_relative = self.is_extruder_relative = True
        elif command == b"M82":
            self.is_extruder_relative = False
        elif command == b"M83":
            self.is_extruder_relative = True
        elif command in _HEATERS:
            self._note_target(_HEATERS[command], body)
        elif command[:1] == b"T" and command[1:].isdigit():
            self._tool = int(command[1:])
        elif command in _FED and b"F" in body:
            self._fed = body

    def _note_target(self, heater: str, body: bytes) -> None:
        target = _target(body)
        if target is None:
            return
        if heater == "tool":
            named = _tool(body)
            heater = f"tool{int(named[1]) if named is not None else self._tool}"
        self.targets_celsius[heater] = float(target[1])


_MOVES = frozenset({b"G0", b"G1", b"G2", b"G3"})
"""The first two bytes of nearly every line; G10, G28 and their kin share them, and set nothing that is followed here."""

_FED = frozenset({b"G0", b"G1", b"G2", b"G3", b"G5"})
