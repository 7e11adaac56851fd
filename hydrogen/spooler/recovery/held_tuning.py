"""Fans, speed and flow of a print that is taken up: what really held when it stopped, or what the file has at the place.

A file seldom says anything of speed and flow; a person who turned them, or a fan, while the print ran meant the rest of it as
well. So what held counts, unless the file itself sets it between the place where the print stopped and the one where it is
taken up: there the file's value of that place was meant to follow, or has not been overruled yet. What nobody knows (a journal
of old, a factor that the board has restored by itself) is the file's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hydrogen.gcode.line import command_of
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.gcode.tuning import FULL_FAN, change_of, fan_percent
from hydrogen.model.printer import Tuning

SPEED = "speed"

HELD = "as it was when the print stopped, whoever had set it"
"""Why a value is another one than the file's."""

FILES = "as the file has it here"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """One value. value: in percent, of a fan M106's S; is_files: it is the file's. was: what held when the print stopped,
    which a board that was not reset still has; None: nobody knows."""

    value: float
    is_files: bool
    was: float | None = None

    @property
    def why(self) -> str:
        """Where the value comes from."""
        return FILES if self.is_files else HELD

    def differs(self, started: float) -> bool:
        """Does the board have to be told? started: what it has after a reset."""
        return self.value != started or self.was not in (None, started)


def turned_speed(machine: MachineState, held: Tuning, set_by_file: frozenset[str]) -> Turned:
    """The factor on feedrates. machine: what the file has at the place; set_by_file: see keys_set_by."""
    return _turned(machine.speed_percent, held.speed_percent, SPEED in set_by_file)


def turned_flow(machine: MachineState, held: Tuning, set_by_file: frozenset[str]) -> Mapping[str, Turned]:
    """The factors on filament, by tool."""
    tools = sorted({*machine.flow_percent, *held.flow_percent})
    return {
        tool: _turned(machine.flow_percent.get(tool, 100.0), held.flow_percent.get(tool), _flow(tool) in set_by_file)
        for tool in tools
    }


def turned_fans(
    machine: MachineState, held: Tuning, set_by_file: frozenset[str], *, by_fraction: bool = False
) -> Mapping[str, Turned]:
    """The fans, by index, as M106 has it. by_fraction: see Dialect."""
    found = {}
    for index in sorted({*machine.fans, *held.fans_percent}):
        files, percent = machine.fans.get(index, 0.0), held.fans_percent.get(index)
        is_same = percent is not None and fan_percent(files, by_fraction=by_fraction) == percent
        was = None if percent is None else files if is_same else _fan_word(percent)
        found[index] = _turned(files, was, _fan(index) in set_by_file)
    return found


def keys_set_by(lines: Iterable[bytes], tool: int) -> frozenset[str]:
    """What of all this these lines set. tool: the one that is chosen before them."""
    keys = set()
    for body in lines:
        command = command_of(body)
        if command[:1] == b"T" and command[1:].isdigit():
            tool = int(command[1:])
        elif (change := change_of(command, body, tool)) is not None:
            index = str(change.index)
            keys.add({"fan": _fan(index), "flow": _flow(f"tool{index}")}.get(change.kind, SPEED))
    return frozenset(keys)


def _fan_word(percent: float) -> float:
    """M106's S, for any firmware: to one that goes by fractions a 1 would be full speed."""
    steps = round(percent / 100.0 * FULL_FAN)
    return float(max(steps, 2) if percent else 0)


def _turned(files: float, held: float | None, is_set_by_file: bool) -> Turned:
    if held is None or is_set_by_file or held == files:
        return Turned(value=files, is_files=True, was=held)
    return Turned(value=held, is_files=False, was=held)


def _fan(index: str) -> str:
    return f"fan {index}"


def _flow(tool: str) -> str:
    return f"flow of {tool}"
