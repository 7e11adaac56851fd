"""The verdict on one line: taken, dropped as a repeat, or rejected, after the rules of the firmware that reads it."""

from __future__ import annotations

import re
from enum import Enum
from functools import reduce
from operator import xor
from typing import NamedTuple

from hydrogen_simulators.firmware.speech import Judged, LoneChecksum, NumberRules

_C_NUMBER = re.compile(r"[ \t]*([+-]?[0-9]+)")
_NUMBER_WORD = re.compile(r"N *-?[0-9]* *")
_USUAL = re.compile(rb"(N([0-9]+) ([^*;]*[^*; ]))\*([0-9]+)")
"""A numbered line as every host sends it."""

_M110 = re.compile(r"(?:N *-?[0-9]* *)?M *110(?![0-9])")

MARLIN_RULES = NumberRules()
"""The rules of Marlin."""


class Rejection(Enum):
    """Why a line is not taken; the texts are ``Complaints``."""

    LINE_NUMBER = "line_number"
    NO_CHECKSUM = "no_checksum"
    CHECKSUM = "checksum"
    NO_NUMBER = "no_number"


class AcceptedLine(NamedTuple):
    """A line that passed: its command without number and checksum, and what its ok and the next check need."""

    command: str
    number: str | None
    last_line: int


class Repeat(Enum):
    """The last line or the one before it came again: dropped without a word."""

    DROPPED = "repeat"


def check_line(
    line: bytes, last_line: int, *, repeats_in_silence: bool, rules: NumberRules = MARLIN_RULES
) -> AcceptedLine | Rejection | Repeat:
    """Judge one line as the firmware does when it reads it.

    Marlin checks only a line that begins with ``N``: one that lost its head is taken whatever its checksum says. A line
    that contains ``M110`` anywhere skips the sequence check, and the next ``N`` in it gives the number.
    Source: Marlin ``queue.cpp``, ``get_serial_commands``; ``facts/marlin.md`` "Numbering", ``facts/link.md`` section 1;
    for the other rules see ``NumberRules``.
    """
    usual = _USUAL.fullmatch(line)
    if usual is not None and (taken := _judge_usual(usual, last_line, rules)) is not None:
        return taken
    text = line.decode("latin-1").lstrip(" ")
    at = _number_at(text, rules)
    if rules.judged is Judged.NOTHING:
        return AcceptedLine(without_checksum(text if at < 0 else _split_number(text)[1]), None, last_line)
    if at < 0:
        return _check_unnumbered(text, last_line, rules)
    renumbers = is_renumbering(text, rules)
    if renumbers and rules.m110_anywhere:
        at = max(0, text.find("N", 4))
    number = _c_number(text[at + 1 :])
    if rules.checksum_first and (fault := _checksum_fault(text, rules)):
        return fault
    if not renumbers and not _is_next(number, last_line, rules):
        if repeats_in_silence and last_line - 1 <= number <= last_line:
            return Repeat.DROPPED
        return Rejection.LINE_NUMBER
    if fault := _checksum_fault(text, rules):
        return fault
    digits, command = _split_number(text[at:] if at and not renumbers else text)
    if at and not renumbers:
        command = _NUMBER_WORD.sub("", text, count=1)
    return AcceptedLine(without_checksum(command), digits if line.startswith(b"N") else None, number)


def _judge_usual(line: re.Match[bytes], last_line: int, rules: NumberRules) -> AcceptedLine | None:
    """The short way for a line that any firmware takes; None: go the long way."""
    body, digits, command, checksum = line.groups()
    if rules.judged is Judged.NOTHING or rules.modulus or rules.number_anywhere or b"M110" in command:
        return None
    number = int(digits)
    if number != last_line + 1 or int(checksum) != reduce(xor, body, 0):
        return None
    return AcceptedLine(command.decode("latin-1"), digits.decode("ascii"), number)


def is_renumbering(text: str, rules: NumberRules) -> bool:
    """True if this line sets the last line number."""
    return "M110" in text if rules.m110_anywhere else bool(_M110.match(text))


def number_of(line: bytes, rules: NumberRules) -> int:
    """The number a line claims, 0 if none."""
    text = line.decode("latin-1").lstrip(" ")
    at = _number_at(text, rules)
    return _c_number(text[at + 1 :]) if at >= 0 else 0


def checksums_of(line: bytes) -> tuple[int, int]:
    """The checksum a line has, and the one it claims (0 if none)."""
    body, _, claimed = line.decode("latin-1").lstrip(" ").partition("*")
    return reduce(xor, body.encode("latin-1"), 0), _c_number(claimed)


def without_checksum(text: str) -> str:
    """Cut at the first star, as the parser does; a star in the first place is the command itself."""
    star = text.find("*", 1)
    return (text if star < 0 else text[:star]).rstrip(" ")


def _number_at(text: str, rules: NumberRules) -> int:
    """Where the ``N`` of the line's number stands, -1 if it has none."""
    if rules.number_anywhere:
        return text.find("N")
    return 0 if text.startswith("N") else -1


def _check_unnumbered(text: str, last_line: int, rules: NumberRules) -> AcceptedLine | Rejection:
    if rules.lone_checksum is not LoneChecksum.IGNORED and "*" in text:
        if rules.lone_checksum is LoneChecksum.REFUSED:
            return Rejection.NO_NUMBER
        if _checksum_fault(text, rules):
            return Rejection.CHECKSUM
    return AcceptedLine(without_checksum(text), None, last_line)


def _checksum_fault(text: str, rules: NumberRules) -> Rejection | None:
    body, star, checksum = text.rpartition("*")
    if not star:
        return Rejection.NO_CHECKSUM if rules.needs_checksum else None
    return Rejection.CHECKSUM if _c_number(checksum) != reduce(xor, body.encode("latin-1"), 0) else None


def _is_next(number: int, last_line: int, rules: NumberRules) -> bool:
    if rules.judged is Judged.CHECKSUM:
        return True
    distance = number - last_line - 1
    return not (distance % rules.modulus if rules.modulus else distance)


def _c_number(text: str) -> int:
    """C's ``strtol``: leading blanks, a sign, digits; 0 if there are none."""
    match = _C_NUMBER.match(text)
    return int(match.group(1)) if match else 0


def _split_number(text: str) -> tuple[str, str]:
    end = 1
    while end < len(text) and (text[end].isdigit() or text[end] == "-"):
        end += 1
    return text[1:end], text[end:].lstrip(" ")
