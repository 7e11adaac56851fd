r"""What a printer is in behind any line of a file, found in blocks at C speed.

Theory of operation: nearly every line is a plain move (`G1 X1 Y2 E.03 F1800`), and of a run of absolute moves only the last
value of each letter counts. So comments are cut, one regular expression finds the lines that are no plain moves, and only
those run through Python one by one; of the moves between two of them the last X, Y, Z and F are searched from the end, E is
summed up in one sweep. Where plastic was laid is asked once for each height, not for each line. Relative or imperial moves
are rare, and are obeyed line by line (machine_state.py); both ways come to the same state, which a property test holds them
to. A line is taken to name a letter once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from itertools import accumulate

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import command_of, prepare
from hydrogen.gcode.program.machine_state import MOTION_ACTS, NUMBER, OTHER_ACTS, Machine, MachineState

_cut_comments = re.compile(rb";[^\n]*").sub
_other_lines = re.compile(rb"\n(?!G[0-3] [-XYZEFIJR0-9. ]*+\n)([^\n]+)").finditer
_extrusions = re.compile(rb"E *(%b)" % NUMBER).findall
_number = re.compile(rb" *(%b)" % NUMBER).match
_lays_forward = re.compile(rb"[XYIJ] *[-.0-9][^\nE]*E *[.0]*[1-9]").search
"""The usual form of a move that lays plastic, where E is relative."""


class MachineScanner:
    """Fed with whole raw lines of a file, in order; `state` at any time between. Pure; a microsecond or less per line."""

    def __init__(self, machine: Machine | None = None) -> None:
        self._machine = Machine() if machine is None else machine

    @property
    def state(self) -> MachineState:
        """Behind all that was fed."""
        return self._machine.snapshot()

    @property
    def highest_z_mm(self) -> float | None:
        """As in the state; cheap."""
        return self._machine.highest_z

    @property
    def machine(self) -> Machine:
        """What is followed; whoever changes it owns the scanner."""
        return self._machine

    def copy(self) -> MachineScanner:
        """A scanner that goes on from here by itself."""
        return MachineScanner(deepcopy(self._machine))

    def feed(self, block: bytes) -> None:
        """Take in whole lines (a last one may lack its end)."""
        text = _normalised(block)
        moves: list[bytes] = []
        done = 0
        for other in _other_lines(text):
            if other.start() > done:
                moves.append(text[done : other.start()])
            done = other.end()
            body = _prepared(other[1])
            if body is not None:
                self._obey(body, moves)
        moves.append(text[done:])
        self._run(b"".join(moves))

    def _obey(self, body: bytes, moves: list[bytes]) -> None:
        """A line that is no plain move; the moves before it are run first where their order counts."""
        command = command_of(body)
        if command in OTHER_ACTS:
            self._machine.obey(body, command)
        elif command in MOTION_ACTS or command[:1] == b"T":
            if moves:
                self._run(b"%b\n" % b"".join(moves))
                moves.clear()
            self._machine.obey(body, command)

    def _run(self, moves: bytes) -> None:
        """Plain moves and empty lines, between two line feeds."""
        machine = self._machine
        if len(moves) < len(b"\nG0 X"):
            return
        if machine.is_relative or machine.is_inches:
            for body in _plain_lines(moves):
                machine.obey(body)
            return
        self._note_layers(moves)
        for axis, letter in (("x", b"X"), ("y", b"Y"), ("z", b"Z")):
            value = _last(moves, letter, len(moves))
            if value is not None:
                machine.place[axis] = value
        feedrate = _last(moves, b"F", len(moves), is_positive=True)
        if feedrate is not None:
            machine.feedrate = feedrate
        self._extrude(moves)

    def _extrude(self, moves: bytes) -> None:
        machine = self._machine
        values = list(map(float, _extrusions(moves)))
        if not values:
            return
        if machine.is_extruder_relative:
            if machine.e is not None:
                machine.e = sum(values, machine.e)
            sums = list(accumulate(values, initial=machine.pushed))
            machine.pushed = sums[-1]
            machine.farthest = max(machine.farthest, max(sums))
            return
        base = machine.pushed - (values[0] if machine.e is None else machine.e)
        machine.pushed = base + values[-1]
        machine.farthest = max(machine.farthest, base + max(values))
        machine.e = values[-1]

    # ------------------------------------------------------------------------------------------------------ layers

    def _note_layers(self, moves: bytes) -> None:
        """Where plastic was laid: the highest place, and the last one."""
        machine = self._machine
        is_last_found = False
        for z, start, stop in _by_height(moves, machine.place["z"]):
            if z is None or (is_last_found and machine.highest_z is not None and z <= machine.highest_z):
                continue
            if self._lays(moves, start, stop):
                layer = machine.layer_z
                machine.lay_at(z)
                if is_last_found:
                    machine.layer_z = layer
                is_last_found = True

    def _lays(self, moves: bytes, start: int, stop: int) -> bool:
        """Is plastic laid between `start` and `stop`?"""
        machine = self._machine
        if machine.is_extruder_relative and _lays_forward(moves, start, stop) is not None:
            return True
        e = machine.e if start == 0 else _last(moves, b"E", start)
        probe = Machine(is_extruder_relative=machine.is_extruder_relative, e=machine.e if e is None else e)
        probe.place["z"] = 0.0
        for body in _plain_lines(moves[start:stop]):
            probe.obey(body)
            if probe.layer_z is not None:
                return True
        return False


def _normalised(block: bytes) -> bytes:
    r"""`block` between two `\n`, with `\n` as the only line end and without comments."""
    if b"\r" in block:
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if b";" in block:
        block = _cut_comments(b"", block)
    return b"\n%b" % block if block.endswith(b"\n") else b"\n%b\n" % block


def _prepared(line: bytes) -> bytes | None:
    try:
        return prepare(line)
    except LineRefused:
        return None


def _plain_lines(moves: bytes) -> Iterator[bytes]:
    return (line for line in moves.split(b"\n") if line)


def _last(moves: bytes, letter: bytes, stop: int, *, is_positive: bool = False) -> float | None:
    """The last value of `letter` before `stop`."""
    at = moves.rfind(letter, 0, stop)
    while at >= 0:
        found = _number(moves, at + 1)
        if found is not None and (value := float(found[1])) > (0.0 if is_positive else -1e300):
            return value
        at = moves.rfind(letter, 0, at)
    return None


def _by_height(moves: bytes, z: float | None) -> Iterator[tuple[float | None, int, int]]:
    """The runs of moves at one height, the last first: its Z, where it begins and ends. `z` is that of the first run."""
    stop = len(moves)
    at = moves.rfind(b"Z", 0, stop)
    while at >= 0:
        found = _number(moves, at + 1)
        if found is not None:
            start = moves.rfind(b"\n", 0, at)
            yield float(found[1]), start, stop
            stop = start + 1
        at = moves.rfind(b"Z", 0, at)
    yield z, 0, stop
