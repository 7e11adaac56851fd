r"""Some thousand lines of G-code as columns of numbers.

Theory of operation: no Python code runs for a plain line. One table look-up finds the bytes that are *events*: capital letters,
dots, line feeds, semicolons, and whatever else is no digit, minus or blank (odd bytes). What follows a semicolon is dropped. A
letter with its number is a word: the number ends at the next letter or line end, so its digits before and behind the dot are
two windows of eight bytes, and each window becomes a number by three multiplications (a digit in each byte, then pairs, fours,
eight). Both parts together are an exact integer, divided once by a power of ten: the very number that `float` makes.

A line is *odd* if it holds an odd byte, a number that is not of that form, or no command of a letter and a number in front.
Odd lines are read one by one, by the rules of `line.prepare`, and put among the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hydrogen.errors import LineRefused
from hydrogen.gcode.line import command_of, prepare
from hydrogen.gcode.program.motion import words_of

Ints = npt.NDArray[np.int64]
Reals = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

LETTERS_KEPT = "XYZEFIJR"
"""Columns of a page: what a move can name."""

NUMBER_STRIDE = 1_000_000
"""A command as one number: its letter's byte times this, and its own number; 0 where there is none (a macro, a bare word)."""

MOST = 1e9
"""A larger number of an odd line is taken for this, so that nothing overflows."""

LONGEST_ODD_LINE = 4096
"""Bytes of an odd line that are looked at."""

_NONE, _LETTER, _DOT, _END, _COMMENT, _ODD = range(6)


def _kind(byte: int) -> int:
    if 48 <= byte <= 57 or byte in b"- ":
        return _NONE
    if 65 <= byte <= 90:
        return _LETTER
    return {46: _DOT, 10: _END, 59: _COMMENT}.get(byte, _ODD)


_kinds = bytes(_kind(byte) for byte in range(256))
_events = bytes(_kind(byte) != _NONE for byte in range(256))
_windows: tuple[int, ...] = tuple((1 << 64) - (1 << 8 * (8 - length)) if length else 0 for length in range(9))


@dataclass(slots=True)
class Page:
    """Lines that carry something but a comment. rows are in the order of the text; all columns have one value a row.

    starts: where the line begins in the text (its first byte). lengths: its bytes without comment. lines: its number in the
    page, from 0. codes: the command, see NUMBER_STRIDE. columns: by letter, NaN where it is not named. names: what stands
    in the place of a code of 0, by row.
    """

    text: bytes
    lines: Ints
    starts: Ints
    lengths: Ints
    codes: Ints
    columns: dict[str, Reals]
    names: dict[int, bytes]

    def line_of(self, row: int) -> bytes:
        """The line itself, comment and all, at most LONGEST_ODD_LINE bytes."""
        start = int(self.starts[row])
        end = self.text.find(b"\n", start)
        return self.text[start : min(end if end >= 0 else len(self.text), start + LONGEST_ODD_LINE)]


def code_of(command: bytes) -> int:
    """`G1` as in `Page.codes`; 0 for what is no letter with a number."""
    number = command[1:]
    if len(number) > 5 or not number.isdigit() or not command[:1].isalpha():
        return 0
    return command[0] * NUMBER_STRIDE + int(number)


def command_from_code(code: int) -> bytes:
    """The reverse; the code is not 0."""
    return b"%c%d" % divmod(code, NUMBER_STRIDE)


def read_page(text: bytes) -> Page:
    r"""`text` begins and ends with `\n`, its only line end. Never fails, whatever the bytes are."""
    at, kind = _events_of(text)
    ends = np.flatnonzero(kind == _END)
    line_starts = at[ends] + 1
    is_word = (kind == _LETTER) | (kind == _ODD)
    words = np.flatnonzero(is_word)
    if not len(words):
        return _empty_page(text)
    line_of_word = np.cumsum(kind == _END)[words] - 1
    row_of_word, firsts = _rows(line_of_word)
    value, is_good, ending = _numbers(text, at, kind, words)
    letter = np.frombuffer(text, np.uint8)[at[words]]
    lines = line_of_word[firsts]
    starts = line_starts[lines]
    is_odd = np.zeros(len(lines), np.bool_)
    is_odd[row_of_word[~is_good]] = True
    number = value[firsts]
    has_command = (number >= 0) & (number < NUMBER_STRIDE) & (number == np.floor(number))
    is_odd |= ~has_command | (at[words[firsts]] != starts)
    codes = np.where(
        is_odd, 0, letter[firsts] * np.int64(NUMBER_STRIDE) + np.where(has_command, number, 0).astype(np.int64)
    )
    columns = {}
    for name in LETTERS_KEPT:
        column = np.full(len(lines), np.nan)
        chosen = np.flatnonzero(letter == ord(name))
        column[row_of_word[chosen]] = value[chosen]
        columns[name] = column
    lasts = np.concatenate((firsts[1:], [len(words)])) - 1
    page = Page(text, lines, starts, at[ending[lasts]] - starts, codes, columns, {})
    _read_odd_lines(page, np.flatnonzero(is_odd))
    return page


def _events_of(text: bytes) -> tuple[Ints, npt.NDArray[np.uint8]]:
    """Where the events are, and of which kind; of a comment only its semicolon."""
    at = np.flatnonzero(np.frombuffer(text.translate(_events), np.bool_))
    kind = np.frombuffer(text.translate(_kinds), np.uint8)[at]
    is_semicolon = kind == _COMMENT
    if is_semicolon.any():
        index = np.arange(len(at))
        semicolon = np.maximum.accumulate(np.where(is_semicolon, index, -1))
        end = np.maximum.accumulate(np.where(kind == _END, index, -1))
        is_inside = semicolon > end
        is_first = is_inside & ~np.concatenate(([False], is_inside[:-1]))
        kept = np.flatnonzero(~is_inside | is_first)
        at, kind = at[kept], kind[kept]
    return at, kind


def _rows(line_of_word: Ints) -> tuple[Ints, Ints]:
    """The row of each word, and the first word of each row."""
    is_first = np.concatenate(([True], line_of_word[1:] != line_of_word[:-1]))
    return np.cumsum(is_first) - 1, np.flatnonzero(is_first)


def _numbers(text: bytes, at: Ints, kind: npt.NDArray[np.uint8], words: Ints) -> tuple[Reals, Flags, Ints]:
    """The number behind each word's letter, NaN for none; whether it has the usual form; the event that ends it."""
    bytes_before = 8  # so that the window of the first digits does not begin before the text
    buffer = np.frombuffer(b"\0" * bytes_before + text + b"\0" * bytes_before, np.uint8)
    window = np.ndarray((len(buffer) - 7,), "<u8", buffer=buffer, strides=(1,))
    last = len(at) - 1
    following = np.minimum(words + 1, last)
    has_dot = kind[following] == _DOT
    ending = np.minimum(following + has_dot, last)
    end = at[ending] + bytes_before
    end -= buffer[end - 1] == 32
    start = at[words] + (bytes_before + 1)
    is_negative = buffer[start] == 45
    start += is_negative
    whole_end = np.where(has_dot, at[following] + bytes_before, end)
    whole_length = whole_end - start
    part_length = np.where(has_dot, end - whole_end - 1, 0)
    is_good = (kind[words] == _LETTER) & ((kind[ending] != _DOT) | ~has_dot)
    is_good &= (whole_length <= 8) & (part_length <= 8) & (part_length >= 0)
    whole_length, part_length = np.clip(whole_length, 0, 8), np.clip(part_length, 0, 8)
    whole, is_whole_good = _eight_digits(window, whole_end, whole_length)
    part, is_part_good = _eight_digits(window, end, part_length)
    is_good &= is_whole_good & is_part_good
    scale = 10.0 ** np.arange(9)
    power = scale[part_length]
    value = (whole * power + part) / power
    value[is_negative] *= -1.0
    is_bare = (whole_length == 0) & (part_length == 0)
    is_good &= ~(is_bare & (is_negative | has_dot))
    value[is_bare | ~is_good] = np.nan
    return value, is_good, ending


def _eight_digits(window: npt.NDArray[np.uint64], end: Ints, length: Ints) -> tuple[Reals, Flags]:
    """The number in the last `length` bytes (0 to 8) before each `end`, and whether all of them are digits."""
    mask = np.array(_windows, np.uint64)[length]
    digits = (window[end - 8] ^ np.uint64(0x3030303030303030)) & mask
    is_good = ((digits + np.uint64(0x7676767676767676)) | digits) & np.uint64(0x8080808080808080) == 0
    digits = digits * np.uint64(2561) >> np.uint64(8)
    digits = (digits & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601) >> np.uint64(16)
    digits = (digits & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)
    return digits.astype(np.float64), is_good


def _read_odd_lines(page: Page, odd: Ints) -> None:
    """Read them one by one; what carries no command, or must not be sent, stays without a code."""
    for row, body in _bodies(page, odd):
        command = command_of(body)
        code = code_of(command)
        page.codes[row] = code
        words = words_of(body) if code else {}
        for name, column in page.columns.items():
            column[row] = min(max(words.get(name, np.nan), -MOST), MOST)
        if not code:
            page.names[row] = command


def _bodies(page: Page, rows: Ints) -> Iterator[tuple[int, bytes]]:
    for row in map(int, rows):
        try:
            body = prepare(page.line_of(row))
        except LineRefused:
            body = b""
        yield row, body or b""


def _empty_page(text: bytes) -> Page:
    none = np.zeros(0, np.int64)
    return Page(text, none, none, none, none, {name: np.zeros(0) for name in LETTERS_KEPT}, {})
