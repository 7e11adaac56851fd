"""What lines of any source make of the objects that a firmware leaves out: left out, printed again, forgotten by the board.

As with fans and speed (tuning.py) a line counts when the printer has acknowledged it, and what a line of a job will do is read
when it is given. A command counts unless its answer says that the firmware did not take it; the answers to a job's lines are
nobody's, so those are believed. What somebody leaves out at the printer's panel is told to nobody.

Marlin, Prusa and RepRapFirmware count objects: `M486 P` and `U` with a number, `C` for the one whose lines come, `T` for the
beginning of a print, all of whose objects are printed (Marlin ``M486.cpp``). Klipper names them, in capitals whatever is
written (``exclude_object.py``): `EXCLUDE_OBJECT NAME=`, `CURRENT=1`, `RESET=1` with a name or for all. Marlin takes M75, M109
and M190 for the beginning of a print too (``startOrResumeJob``): so what was left out has to be told again behind them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from hydrogen.gcode.line import command_of

_FORGETTING = frozenset({b"M75", b"M109", b"M190"})

WATCHED_COMMANDS = _FORGETTING | {b"M486", b"EXCLUDE_OBJECT", b"EXCLUDE_OBJECT_START", b"EXCLUDE_OBJECT_DEFINE"}

NUMBERED, NAMED = "m486", "exclude"
"""Kinds of marks, as files' analyses call them."""

CHANGES_KEPT = 256
"""Between two looks; a print has no more objects."""

_REFUSED = re.compile(r"unknown command|^!!|^error:|not supported", re.IGNORECASE)
"""How firmwares say that they know no such command, or no such object."""

_number = re.compile(rb"([PU]) *(\d{1,6})").findall
_name = re.compile(rb"NAME *= *\"?([^\s;\"=]{1,120})(?=[\s;\"]|$)", re.IGNORECASE).search
_reset = re.compile(rb"\bRESET *= *1", re.IGNORECASE).search
_current = re.compile(rb"\bCURRENT *= *1", re.IGNORECASE).search


class Fate(Enum):
    """What becomes of an object."""

    LEFT_OUT = "left out"
    PRINTED = "printed"
    FORGOTTEN = "forgotten"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """kind: of the marks, `m486` or `exclude`; object: what the firmware calls it, empty for all of them. FORGOTTEN: the board
    may not know any more what it leaves out."""

    fate: Fate
    kind: str = ""
    object: str = ""


def refusal_in(replies: Sequence[str]) -> str:
    """The answer that says that the firmware did not take it; empty: there is none."""
    return next((reply for reply in replies if _REFUSED.search(reply)), "")


class ExclusionTracker:
    """Follows one connection. `take` tells what has happened since the last look."""

    def __init__(self, acknowledged_offset: Callable[[], int] = lambda: 0) -> None:
        """acknowledged_offset: up to which place of the stream the printer has acknowledged."""
        self._acknowledged_offset = acknowledged_offset
        self._pending: deque[tuple[int, ObjectChange]] = deque(maxlen=CHANGES_KEPT)
        self._settled: deque[ObjectChange] = deque(maxlen=CHANGES_KEPT)
        self._spellings: dict[str, str] = {}

    def take(self) -> Sequence[ObjectChange]:
        """What has happened since this was asked last, in its order."""
        if not self._pending and not self._settled:
            return ()
        self._settle()
        changes = tuple(self._settled)
        self._settled.clear()
        return changes

    def begin_stream(self) -> None:
        """Another stream begins: what was left out of the one before is nobody's business."""
        self._pending.clear()
        self._settled.clear()

    def give(self, command: bytes, body: bytes, mark: str, offset: int) -> None:
        """A line of the stream with a watched command is given to the printer; `offset` lies behind it. mark: as in obey."""
        self._pending.extend((offset, change) for change in self._changes(command, body, mark))

    def obey(self, body: bytes, mark: str, replies: Sequence[str]) -> None:
        """A command that is no line of the stream has been acknowledged. mark: of the lines around it, see mark_after."""
        command = command_of(body)
        if command in WATCHED_COMMANDS and not refusal_in(replies):
            changes = list(self._changes(command, body, mark))
            self._settle()
            self._settled.extend(changes)

    def _settle(self) -> None:
        offset = self._acknowledged_offset()
        while self._pending and self._pending[0][0] <= offset:
            self._settled.append(self._pending.popleft()[1])

    def _changes(self, command: bytes, body: bytes, mark: str) -> Iterator[ObjectChange]:
        if command in _FORGETTING:
            yield ObjectChange(Fate.FORGOTTEN)
        elif command == b"M486":
            yield from _numbered(body, mark)
        else:
            yield from self._named(command, body, mark)

    def _named(self, command: bytes, body: bytes, mark: str) -> Iterator[ObjectChange]:
        found = _name(body)
        name = "" if found is None else found[1].decode("ascii", "replace")
        if command != b"EXCLUDE_OBJECT":
            if name and len(self._spellings) < CHANGES_KEPT:
                self._spellings.setdefault(name.upper(), name)
            if command == b"EXCLUDE_OBJECT_DEFINE" and _reset(body):
                yield ObjectChange(Fate.PRINTED, NAMED)
            return
        name = self._spellings.get(name.upper(), name)
        if _reset(body):
            yield ObjectChange(Fate.PRINTED, NAMED, name)
        elif name:
            yield ObjectChange(Fate.LEFT_OUT, NAMED, name)
        elif _current(body) and mark.startswith("EXCLUDE"):
            yield ObjectChange(Fate.LEFT_OUT, NAMED, mark.rpartition("NAME=")[2])


def _numbered(body: bytes, mark: str) -> Iterator[ObjectChange]:
    """In the order in which Marlin reads its letters. What stands behind an A is a name for people."""
    words = body[4:].partition(b"A")[0]
    if b"T" in words:
        yield ObjectChange(Fate.PRINTED, NUMBERED)
    if b"C" in words and mark.startswith("M486"):
        yield ObjectChange(Fate.LEFT_OUT, NUMBERED, str(int(mark.rpartition("S")[2])))
    for letter, number in sorted(_number(words)):
        fate = Fate.LEFT_OUT if letter == b"P" else Fate.PRINTED
        yield ObjectChange(fate, NUMBERED, str(int(number)))
