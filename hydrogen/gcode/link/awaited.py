"""What the printer waits for while a line has no `ok`: heat, or a person. Pure; `body` is a line as it was given.

Sources: Marlin `gcode/lcd/M0_M1.cpp`, `gcode/feature/pause/M600.cpp` and `M125.cpp`, `gcode/temp/M104_M109.cpp`;
Prusa-Firmware `Marlin_main.cpp` (M601 pauses, M25 with a person at the knob).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen.gcode.line import command_of

_HEATERS: Mapping[bytes, str] = MappingProxyType({b"M109": "tool", b"M190": "bed", b"M191": "chamber"})

_PERSONS = frozenset({b"M0", b"M1", b"M600", b"M601", b"M701", b"M702"})
"""Stops, pauses and filament changes that end when somebody says so."""

_tool = re.compile(rb"T *(\d+)").search
_time = re.compile(rb"[SP] *\d").match
_message = re.compile(rb"[Mm] *0*[01](?!\d) *(.*)").fullmatch


def heater_awaited(body: bytes, *, tool: int = 0) -> str | None:
    """The heater whose heat a blocking heat-up waits for; tool: the one that M109 means where it names none."""
    heater = _HEATERS.get(command_of(body))
    if heater != "tool":
        return heater
    named = _tool(body)
    return f"tool{int(named[1]) if named is not None else tool}"


def person_awaited(body: bytes) -> str | None:
    """What a person is told while the printer waits for one; None for a line that waits for nobody.

    `M0 S10` ends by itself, but can be ended sooner.
    """
    command = command_of(body)
    if command not in _PERSONS:
        return None
    message = _message(body)
    if message is None:
        return f"{command.decode('ascii')} waits for a person at the printer"
    text = b"" if _time(message[1]) is not None else message[1].strip()
    return text.decode("ascii", "replace") or f"{command.decode('ascii')} Stop"
