"""A file in sections: runs of lines in which layer, object and tool are the same. Everything that is told of a layer, an object
or a tool is a sum over its sections.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hydrogen.gcode.analysis.page import Ints, Reals

MOST_SECTIONS = 131_072
"""A table of 20 MiB. What comes behind the last counts to it; a note tells."""

OFFSET, LINE, TOOL, OBJECT, SECONDS, FILAMENT, MOVES = range(7)
X, Y, Z, E, FEEDRATE, MODES = range(7, 13)
LOW_X, LOW_Y, LOW_Z, HIGH_X, HIGH_Y, HIGH_Z = range(13, 19)
_WIDTH = 19

_EMPTY = 1e30
"""Stands for infinity in the columns of reach: nothing was laid."""


class SectionTable:
    """Grows at the end; columns by the names above."""

    def __init__(self) -> None:
        self._table = np.zeros((256, _WIDTH))
        self.count = 0
        self.is_full = False

    def open(self, rows: Reals) -> int:
        """Append sections, given by their first 13 columns; returns the number of the first. What is too much is left out."""
        first = self.count
        room = MOST_SECTIONS - first
        if len(rows) > room:
            self.is_full = True
            rows = rows[:room]
        needed = first + len(rows)
        if needed > len(self._table):
            grown = np.zeros((min(max(2 * len(self._table), needed), MOST_SECTIONS), _WIDTH))
            grown[:first] = self._table[:first]
            self._table = grown
        self._table[first:needed, : rows.shape[1]] = rows
        self._table[first:needed, LOW_X : LOW_Z + 1] = _EMPTY
        self._table[first:needed, HIGH_X : HIGH_Z + 1] = -_EMPTY
        self.count = needed
        return first

    def add(self, sections: Ints, column: int, amounts: Reals | None) -> None:
        """Sum `amounts` (None: one each) into a column; `sections` rises."""
        if not len(sections):
            return
        base = int(sections[0])
        sums = np.bincount(sections - base, weights=amounts)
        self._table[base : base + len(sums), column] += sums

    def stretch(self, sections: Ints, low: Reals, high: Reals) -> None:
        """Take in what was laid from `low` to `high`, (3, n); `sections` rises."""
        if not len(sections):
            return
        numbers, starts = np.unique(sections, return_index=True)
        for axis in range(3):
            lows, highs = np.minimum.reduceat(low[axis], starts), np.maximum.reduceat(high[axis], starts)
            self._table[numbers, LOW_X + axis] = np.minimum(self._table[numbers, LOW_X + axis], lows)
            self._table[numbers, HIGH_X + axis] = np.maximum(self._table[numbers, HIGH_X + axis], highs)

    def column(self, column: int) -> Reals:
        """All values of one column."""
        return self._table[: self.count, column]

    def sums(self, column: int, firsts: Ints) -> Reals:
        """The sums over the runs of sections that begin at `firsts`; the first run may begin later than the table."""
        return self._reduced(np.add, column, firsts, 0.0)

    def lows(self, column: int, firsts: Ints) -> Reals:
        return self._reduced(np.minimum, column, firsts, _EMPTY)

    def highs(self, column: int, firsts: Ints) -> Reals:
        return self._reduced(np.maximum, column, firsts, -_EMPTY)

    def _reduced(self, how: np.ufunc, column: int, firsts: Ints, otherwise: float) -> Reals:
        if not len(firsts):
            return np.zeros(0)
        values = np.append(self.column(column), otherwise)
        return np.asarray(how.reduceat(values, firsts))

    def where(self, column: int, value: float) -> Ints:
        """The sections whose column has that value."""
        return np.flatnonzero(self.column(column) == value)

    def reach(self, sections: Ints) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Low and high of x, y, z of what was laid in them; empty if nothing was."""
        if not len(sections):
            return (), ()
        low = self._table[sections, LOW_X : LOW_Z + 1].min(axis=0)
        high = self._table[sections, HIGH_X : HIGH_Z + 1].max(axis=0)
        return ((), ()) if low[0] >= _EMPTY else (rounded(low), rounded(high))


def is_laid(z: float) -> bool:
    """Is this a height, and not the mark for none?"""
    return abs(z) < _EMPTY


def rounded(values: Sequence[float] | Reals, digits: int = 3) -> tuple[float, ...]:
    """As plain numbers, for documents."""
    return tuple(round(float(value), digits) + 0.0 for value in values)
