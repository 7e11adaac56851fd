"""What a command means for the link: how long may its `ok` take, does it say more than `ok`.

Names are those of `line.command_of`, so `G01` and `M109S200` are found. Sources: `facts` (Marlin, measured) and Marlin's
G-code sources (`planner.synchronize()`) for what makes one wait; OctoPrint's list of long-running commands for the rest.
"""

from __future__ import annotations

from enum import Enum

from hydrogen.gcode.line import command_of


class Patience(Enum):
    """How long an `ok` may be due before silence means anything. A guess too low costs one probe, never a line."""

    QUICK = "quick"
    """Answered as soon as it is parsed."""
    MOVE = "move"
    """Answered when the planner has room for it, or has emptied: seconds."""
    LONG = "long"
    """Answered when something in the world has happened: heat, homing, a person. Minutes."""


_LONG = frozenset(
    {
        *(
            b"G4",
            b"G12",
            b"G26",
            b"G27",
            b"G28",
            b"G29",
            b"G30",
            b"G32",
            b"G33",
            b"G34",
            b"G35",
            b"G38",
            b"G76",
            b"G80",
        ),
        *(b"M0", b"M1", b"M25", b"M48", b"M109", b"M116", b"M125", b"M190", b"M191", b"M192", b"M193", b"M226"),
        *(b"M303", b"M306", b"M400", b"M524", b"M600", b"M601", b"M603", b"M665", b"M701", b"M702", b"M997"),
    }
)
"""Dwell, homing, levelling, calibration, user and heat waits, filament changes, the end of all motion."""

_MOVE = frozenset(
    {
        *(b"G0", b"G1", b"G2", b"G3", b"G5", b"G6", b"G10", b"G11", b"G42", b"G60", b"G61"),
        *(b"M3", b"M4", b"M5", b"M17", b"M18", b"M20", b"M21", b"M23", b"M24", b"M42", b"M81", b"M84", b"M280"),
        *(b"M401", b"M402", b"M420", b"M428", b"M500", b"M501", b"M502", b"M503", b"M605", b"M900"),
    }
)
"""Moves, and what waits until the planned ones have ended or until a card or the EEPROM has answered."""

NO_OPERATION = b"G4 P0"
"""Moves nothing, sets nothing, says nothing but `ok`, and is known everywhere; not in the list of what takes minutes."""

_HEAT_WAITS = frozenset({b"M109", b"M190", b"M191", b"M116"})

_PLAIN_MOVES = (b"G1 ", b"G0 ")
"""How nearly every line of a job begins; asked first because it is asked for every line."""

QUICK, MOVE, LONG = Patience.QUICK, Patience.MOVE, Patience.LONG
"""The members by themselves, for code that runs for every line: looked up in their class they cost ten times as much."""


def patience_of(body: bytes) -> Patience:
    """How long its `ok` may take. A tool change (`T…`) may run a whole filament change."""
    if body[:3] in _PLAIN_MOVES:
        return MOVE
    command = command_of(body)
    if command in _MOVE or body == NO_OPERATION:
        return Patience.MOVE
    if command in _LONG or command[:1] == b"T":
        return Patience.LONG
    return Patience.QUICK


def is_heat_wait(body: bytes) -> bool:
    """Does it block until a temperature is reached?"""
    return command_of(body) in _HEAT_WAITS


def replies_with_temperatures(body: bytes) -> bool:
    """Does its `ok` carry the temperatures (and with Marlin neither number nor free slots)?"""
    return body[:1] != b"G" and command_of(body) == b"M105"
