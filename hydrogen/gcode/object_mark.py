"""Which object the lines of a file belong to, as the firmware has it: M486 counts objects, Klipper's EXCLUDE_OBJECT names them.

A firmware that leaves an object out carries out no move between the line that begins it and the next one that begins another:
whoever moves in there for another reason has to leave the object first, and to come back to it. Source: Marlin
``cancel_object.cpp``, ``GcodeSuite::get_destination_from_command``; Klipper ``exclude_object.py``.
"""

from __future__ import annotations

import re

OBJECT_COMMANDS = frozenset(
    {b"M486", b"EXCLUDE_OBJECT", b"EXCLUDE_OBJECT_START", b"EXCLUDE_OBJECT_END", b"EXCLUDE_OBJECT_DEFINE"}
)
"""Commands that tell of an object, begin it, end it or leave it out."""

_numbered = re.compile(rb"M486 *S *(-?\d{1,6})").match
_named = re.compile(rb"EXCLUDE_OBJECT_START +NAME=([!-~]{1,120})").match


def mark_after(mark: str, command: bytes, body: bytes) -> str:
    """The line that began the object which lines behind this one belong to; empty: none. `mark` is that of the lines before.

    What M486 says besides (T, A, P) begins nothing; a number below 0 is that of what belongs to no object.
    """
    if command == b"EXCLUDE_OBJECT_END":
        return ""
    is_numbered = command == b"M486"
    found = _numbered(body) if is_numbered else _named(body)
    if found is None:
        return mark
    return "" if is_numbered and found[1].startswith(b"-") else body[: found.end()].decode("ascii")


def leaving(mark: str) -> str:
    """The line behind which nothing belongs to the object that `mark` began."""
    return "M486 S-1" if mark.startswith("M486") else "EXCLUDE_OBJECT_END"
