"""Requests that are commands to the printer: each one as a call of the driver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from hydrogen.devices.driver import EmergencyWordSent, PrinterConnection
from hydrogen.errors import InvalidMessage
from hydrogen.gcode.emergency import emergency_word
from hydrogen.spooler.request import CoolDown, Extrude, Home, Jog, MoveTo, Request, SendGcode, SetTemperature

GCODE_LINES = 100
"""Lines in one `send_gcode`."""

REPLY_BYTES = 48 * 1024
"""Replies of one `send_gcode` are cut here, so that the answer fits a frame."""

MOVES: tuple[type[Request], ...] = (Home, Jog, MoveTo, Extrude)
"""What a button does to the axes; not while a job moves them."""


async def carry_out(request: Request, connection: PrinterConnection) -> Mapping[str, Any]:
    """The result for the asker. Raises what the driver raises, InvalidMessage for what is no command."""
    match request:
        case SendGcode():
            return await _send_gcode(request, connection)
        case SetTemperature():
            await connection.set_temperature(request.heater, request.target_celsius)
        case CoolDown():
            await connection.cool_down()
        case Home():
            await connection.home(request.axes)
        case Jog():
            await connection.jog(
                x_mm=request.x_mm,
                y_mm=request.y_mm,
                z_mm=request.z_mm,
                feedrate_mm_per_minute=request.feedrate_mm_per_minute,
            )
        case MoveTo():
            await connection.head.move(move_lines(request))
        case Extrude():
            await connection.extrude(
                length_mm=request.length_mm,
                feedrate_mm_per_minute=request.feedrate_mm_per_minute,
                tool=request.tool,
            )
        case _:
            raise InvalidMessage(f"{request.wire_name!r} is no command to a printer")
    return {}


def move_lines(request: MoveTo) -> list[str]:
    """The G-code of an absolute move; what follows finds the printer in absolute coordinates, as after a jog."""
    places = (("X", request.x_mm), ("Y", request.y_mm), ("Z", request.z_mm))
    words = " ".join(f"{axis}{_number(place)}" for axis, place in places if place is not None)
    if not words:
        raise InvalidMessage("a move needs a place for at least one axis")
    return ["G90", f"G0 {words} F{_number(request.feedrate_mm_per_minute)}"]


def _number(value: float) -> str:
    """As firmware reads it: no exponent, no more digits than a stepper can tell apart."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def has_emergency_stop(lines: Sequence[str]) -> bool:
    """Is one of them an `M112`? It must not wait its turn."""
    return any(emergency_word(line) == b"M112" for line in lines)


async def _send_gcode(request: SendGcode, connection: PrinterConnection) -> Mapping[str, Any]:
    if not 0 < len(request.lines) <= GCODE_LINES:
        raise InvalidMessage(f"send 1 to {GCODE_LINES} lines at once", field="lines", limit=GCODE_LINES)
    replies: list[str] = []
    words: list[EmergencyWordSent] = []
    for is_word, lines in groupby(request.lines, key=lambda line: emergency_word(line) is not None):
        if is_word:
            words += [await connection.send_emergency_word(line) for line in lines]
        else:
            replies += await connection.send_gcode(list(lines))
    answer = bounded_replies(replies)
    return {**answer, "emergency": [emergency_answer(word) for word in words]} if words else answer


def emergency_answer(word: EmergencyWordSent) -> Mapping[str, Any]:
    """What was done about a word of the emergency lane, for the asker."""
    return {"line": word.line, "seen": word.notice.value, "confirmed": word.is_confirmed}


def bounded_replies(replies: Sequence[str]) -> Mapping[str, Any]:
    """`{"replies"}`, cut so that it fits a frame; `"truncated": true` says that it was."""
    kept: list[str] = []
    left = REPLY_BYTES
    for reply in replies:
        left -= 3 + (
            len(reply.encode()) + reply.count('"') + reply.count("\\") if reply.isprintable() else 6 * len(reply)
        )
        if left < 0:
            return {"replies": kept, "truncated": True}
        kept.append(reply)
    return {"replies": kept}
