"""MeatPack inside a file: the same packing as on a wire (gcode/meatpack.py), with its two commands for blanks and comments.

An encoder of binary G-code turns blanks off (`E` takes the blank's index) and takes them out of lines that begin with `G`: they
are put back before each letter, so that the text reads as it was written. Comment lines, where they are kept, stand between
the commands that turn packing off and on.

Source: read off files that libbgcode made (its `MeatPack` and `MeatPackComments`), and Marlin `feature/meatpack.cpp`.
"""

from __future__ import annotations

import re

from hydrogen.gcode.binary.heatshrink import Damaged
from hydrogen.gcode.meatpack import CHARACTERS, LITERAL, NEWLINE, SIGNALS

TURN_ON, TURN_OFF, RESET, DROP_BLANKS, KEEP_BLANKS = 0xFB, 0xFA, 0xF9, 0xF7, 0xF6

_split_at_commands = re.compile(rb"%b([\xf6-\xfb])" % SIGNALS, re.DOTALL).split
_newlines = re.compile(rb"\n{2,}").sub
_split_at_other_lines = re.compile(rb"^([^G\n][^\n]*)", re.MULTILINE).split

LETTERS = tuple(bytes((letter,)) for letter in range(ord("A"), ord("Z") + 1))


class TextUnpacker:
    """For one file: what is turned on stays on from block to block."""

    def __init__(self) -> None:
        self._is_on = False
        self._has_blanks = True
        self._ends_line = True
        self._texts = (_Texts(CHARACTERS), _Texts(CHARACTERS.replace(b" ", b"E")))

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
        text = _newlines(b"\n", self._texts[0 if self._has_blanks else 1].unpacked(data))
        if self._ends_line:
            text = text.removeprefix(b"\n")
        self._ends_line = text.endswith(b"\n") if text else self._ends_line
        if self._has_blanks:
            return text
        parts = _split_at_other_lines(text)
        parts[::2] = [_spaced(part) for part in parts[::2]]
        return b"".join(parts)


def _spaced(lines: bytes) -> bytes:
    """Lines that begin with `G`: each that has no blank gets one before each letter but the first."""
    if b" " in lines:
        return b"\n".join([line if b" " in line else _with_blanks(line) for line in lines.split(b"\n")])
    return _with_blanks(lines)


def _with_blanks(lines: bytes) -> bytes:
    for letter in LETTERS:
        lines = lines.replace(letter, b" " + letter)
    return lines.replace(b"\n ", b"\n").removeprefix(b" ")


_NONE, _FIRST, _SECOND, _BOTH = range(4)


class _Texts(dict[bytes, bytes]):
    """What each piece of packed text stands for: one or two packed bytes, or one with the characters that follow as they are.

    Found once and then looked up: a regular expression cuts the pieces, a dictionary knows them, and no byte is handled by a
    statement of its own. There are some 125,000 pieces at most; a file has a few thousand.
    """

    def __init__(self, characters: bytes) -> None:
        super().__init__()
        self._table = _table(characters)
        none, first, second, both = (
            b"".join(re.escape(bytes((byte,))) for byte in range(256) if self._table[byte][1] == literals)
            for literals in (_NONE, _FIRST, _SECOND, _BOTH)
        )
        pattern = rb"[%b]{1,2}|[%b%b].|[%b]..|." % (none, first, second, both)
        self._pieces = re.compile(pattern, re.DOTALL).findall

    def unpacked(self, data: bytes) -> bytes:
        """Raises Damaged."""
        return b"".join(map(self.__getitem__, self._pieces(data)))

    def __missing__(self, piece: bytes) -> bytes:
        text, literals = self._table[piece[0]]
        if literals == _NONE:
            text = b"".join(self._table[byte][0] for byte in piece)
        elif len(piece) == 1:
            raise Damaged("a packed line is cut off")
        elif literals == _FIRST:
            text = piece[1:] + text
        elif literals == _SECOND:
            text += piece[1:]
        else:
            text = piece[1:]
        self[piece] = text
        return text


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
