"""How far a printer can have come, and how far it must have come, when only an acknowledged place in the file is known.

An acknowledged move lies in the planner and may still wait there: so a printer can be behind the acknowledged place by as many
moves as a planner holds. It can be beyond it by what it held without having acknowledged it, and by what can be executed in
the time since: no move is faster than its length over its feedrate, whatever acceleration adds. Heating, homing and all that
takes its own time is counted as nothing, so that the border is one.
"""

from __future__ import annotations

import math

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import command_of, prepare
from hydrogen.gcode.program.job_lines import raw_lines
from hydrogen.gcode.program.machine_state import AXES, Machine, words_of

PLANNER_MOVES = 64
"""Marlin's `BLOCK_BUFFER_SIZE` is 16 on most boards, 32 or 64 on large ones."""

UNACKNOWLEDGED_LINES = 32
"""The most a printer holds that it has not acknowledged: a large command queue (`BUFSIZE`) and its serial ring."""

_MOVES = frozenset({b"G0", b"G1", b"G2", b"G3", b"G5"})


def moves_back(data: bytes, moves: int = PLANNER_MOVES) -> int:
    """How many bytes before the end of `data` (whole lines) the first of its last `moves` moves begins; all of it if there
    are fewer."""
    back = 0
    for raw in reversed(raw_lines(data)):
        if moves == 0:
            break
        back += len(raw)
        moves -= _command(raw) in _MOVES
    return back


class FrontWalk:
    """Walks on from an acknowledged place for as long as a printer can have.

    machine: what it was in there; it is followed. seconds: how long it may have gone on.
    """

    def __init__(self, machine: Machine, seconds: float) -> None:
        self._machine = machine
        self._left = seconds
        self._free_lines = UNACKNOWLEDGED_LINES
        self.is_over = False
        self.highest_z_mm = machine.place["z"]
        self.lowest_z_mm = machine.place["z"]

    def walk(self, block: bytes) -> int:
        """Take in whole lines; returns how many bytes of them can have been executed. Less than all: the walk is over."""
        passed = 0
        for raw in raw_lines(block):
            self._step(raw)
            if self.is_over:
                break
            passed += len(raw)
        return passed

    def _step(self, raw: bytes) -> None:
        try:
            body = prepare(raw)
        except LineRefused:
            body = None
        if body is None:
            return
        if self._free_lines:
            self._free_lines -= 1
            self._machine.obey(body)
        else:
            self._left -= self._seconds_of(body)
            self.is_over = self._left <= 0.0
        self._note_height()

    def _seconds_of(self, body: bytes) -> float:
        """The least time that this line takes."""
        command, machine = command_of(body), self._machine
        if command == b"G4":
            words = words_of(body)
            return (words.get(b"S") or 0.0) or (words.get(b"P") or 0.0) / 1000.0
        before = [machine.place[axis] for axis in AXES]
        pushed = machine.pushed
        machine.obey(body, command)
        if command not in _MOVES or not machine.feedrate:
            return 0.0
        after = [machine.place[axis] for axis in AXES]
        travelled = math.hypot(*(b - a for a, b in zip(before, after, strict=True) if a is not None and b is not None))
        distance = travelled or abs(machine.pushed - pushed)
        return distance / (machine.feedrate / 60.0 * machine.speed_percent / 100.0)

    def _note_height(self) -> None:
        z = self._machine.place["z"]
        if z is not None:
            self.highest_z_mm = z if self.highest_z_mm is None else max(self.highest_z_mm, z)
            self.lowest_z_mm = z if self.lowest_z_mm is None else min(self.lowest_z_mm, z)


def _command(raw: bytes) -> bytes:
    try:
        return command_of(prepare(raw) or b"")
    except LineRefused:
        return b""
