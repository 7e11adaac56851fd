"""MeatPack inside a file: the same packing as on a wire (gcode/meatpack.py), with its two commands for blanks and comments.

An encoder of binary G-code turns blanks off (`E` takes the blank's index) and takes them out of lines that begin with `G`: they
are put back before each letter, so that the text reads as it was written. Comment lines, where they are kept, stand between
the commands that turn packing off and on.

Source: read off files that libbgcode made (its `MeatPack` and `MeatPackComments`), and Marlin `feature/meatpack.cpp`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hydrogen.gcode.binary.heatshrink import Damaged
from hydrogen.gcode.meatpack import CHARACTERS, LITERAL, NEWLINE, SIGNALS

TURN_ON, TURN_OFF, RESET, DROP_BLANKS, KEEP_BLANKS = 0xFB, 0xFA, 0xF9, 0xF7, 0xF6

_split_at_commands = re.compile(rb"%b([\xf6-\xfb])" % SIGNALS, re.DOTALL).split
_newlines = re.compile(rb"\n{2,}").sub
_other_line = re.compile(rb"^[^G\n]", re.MULTILINE).search
_letters_behind_the_first = re.compile(rb"(?<=[^ \n])([A-Z])").sub


class TextUnpacker:
    """For one file: what is turned on stays on from block to block."""

    def __init__(self) -> None:
        self._is_on = False
        self._has_blanks = True
        self._ends_line = True
        self._tables = (_table(CHARACTERS), _table(CHARACTERS.replace(b" ", b"E")))

    def unpack(self, data: bytes) -> bytes:
        """The text of one block. Raises Damaged."""
        out: list[bytes] = []
        pieces = _split_at_commands(data)
        for number, piece in enumerate(pieces):
            if number % 2:
                self._obey(piece[0])
            elif piece and self._is_on:
                out.append(self._unpacked(piece))
            elif piece:
                out.append(piece)
                self._ends_line = piece.endswith(b"\n")
        return b"".join(out)

    def _obey(self, command: int) -> None:
        if command == TURN_ON:
            self._is_on = True
        elif command == TURN_OFF:
            self._is_on = False
        elif command == RESET:
            self._is_on, self._has_blanks = False, True
        elif command in (DROP_BLANKS, KEEP_BLANKS):
            self._has_blanks = command == KEEP_BLANKS

    def _unpacked(self, data: bytes) -> bytes:
        """A line that ends in the middle of a byte is ended once more: empty lines mean nothing."""
        text = _newlines(b"\n", _unpacked_with(data, self._tables[0 if self._has_blanks else 1]))
        if self._ends_line:
            text = text.removeprefix(b"\n")
        self._ends_line = text.endswith(b"\n") if text else self._ends_line
        if self._has_blanks:
            return text
        if not _other_line(text) and b" " not in text:
            return _letters_behind_the_first(rb" \1", text)
        return b"\n".join([_spaced(line) if line[:1] == b"G" else line for line in text.split(b"\n")])


def _spaced(line: bytes) -> bytes:
    return line if b" " in line else _letters_behind_the_first(rb" \1", line)


def _unpacked_with(data: bytes, table: Sequence[tuple[bytes, int]]) -> bytes:
    out: list[bytes] = []
    append = out.append
    rest = iter(data)
    try:
        for byte in rest:
            text, literals = table[byte]
            if literals == _NONE:
                append(text)
            elif literals == _FIRST:
                append(_SINGLE[next(rest)])
                append(text)
            elif literals == _SECOND:
                append(text)
                append(_SINGLE[next(rest)])
            else:
                append(_SINGLE[next(rest)])
                append(_SINGLE[next(rest)])
    except StopIteration:
        raise Damaged("a packed line is cut off") from None
    return b"".join(out)


_SINGLE = tuple(bytes((byte,)) for byte in range(256))
_NONE, _FIRST, _SECOND, _BOTH = range(4)


def _table(characters: bytes) -> tuple[tuple[bytes, int], ...]:
    """What each byte stands for, and which of its two characters follow it as they are."""
    entries = []
    for byte in range(256):
        first, second = byte & LITERAL, byte >> 4
        if first == NEWLINE:
            entries.append((b"\n", _NONE))  # whatever the other half says
        elif first == LITERAL and second == LITERAL:
            entries.append((b"", _BOTH))
        elif first == LITERAL:
            entries.append((characters[second : second + 1], _FIRST))
        elif second == LITERAL:
            entries.append((characters[first : first + 1], _SECOND))
        else:
            entries.append((characters[first : first + 1] + characters[second : second + 1], _NONE))
    return tuple(entries)
