"""MeatPack: two characters of G-code in one byte, for a wire that is the brake.

The format. Fifteen characters have an index of four bits; the low half of a byte is the first character, the high half the
second. Fifteen means "as a byte of its own": such characters follow the byte, first before second. A newline in the low
half ends the byte, its high half means nothing; so a line always ends on a byte, whatever came before.

Commands are three bytes: two signals (`FF FF`) and what to do; each is answered by a report, `[MP] PV01 ON ESP`. A packed line
never contains two signals: behind a byte `FF` there are two ASCII characters. Blanks are kept (`ESP`): without them lines
would be shorter still, but the printer would be given another text than the file's. Moves become 0.6 times as long.

Source: Marlin `feature/meatpack.h`, `feature/meatpack.cpp`; the reports are in facts/marlin.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

CHARACTERS = b"0123456789. \nGX"
"""The character of each index, with blanks."""

LITERAL = 15
NEWLINE = CHARACTERS.index(b"\n")
SIGNALS = b"\xff\xff"

TURN_ON = SIGNALS + b"\xfb"
TURN_OFF = SIGNALS + b"\xfa"
KEEP_BLANKS = SIGNALS + b"\xf6"
"""A host before us may have left them out; the choice outlasts being turned off."""

PROTOCOL = 1
"""The only version there has been."""

_PAIRS_KEPT = 128 * 128

_report = re.compile(r"\[MP\] PV(\d{1,3}) (ON|OFF) (ESP|NSP)").fullmatch


@dataclass(frozen=True, slots=True)
class PackingReport:
    """`[MP] PV01 ON ESP`: the answer to every command."""

    version: int
    is_on: bool
    keeps_blanks: bool


def parse_report(text: str) -> PackingReport | None:
    """None for any other line, a damaged one too."""
    found = _report(text.strip())
    return None if found is None else PackingReport(int(found[1]), found[2] == "ON", found[3] == "ESP")


def pack(line: bytes) -> bytes:
    """One ASCII line with its line end, packed. Raises ValueError for anything else."""
    if not line.isascii() or line.count(b"\n") != 1 or not line.endswith(b"\n"):
        raise ValueError(f"one ASCII line that ends with a newline is packed, found {line!r}")
    return b"".join([_packed_pair(line[i : i + 2]) for i in range(0, len(line), 2)])


@lru_cache(maxsize=_PAIRS_KEPT)
def _packed_pair(pair: bytes) -> bytes:
    """One byte and the literals behind it; a newline is last, so it stands alone or is the second."""
    first = CHARACTERS.find(pair[:1])
    if first == NEWLINE:
        return bytes((NEWLINE,))
    second = CHARACTERS.find(pair[1:])
    low, high = first & LITERAL, second & LITERAL  # -1 is LITERAL
    literals = (pair[:1] if first < 0 else b"") + (pair[1:] if second < 0 else b"")
    return bytes((high << 4 | low,)) + literals
