"""The table of sections: sums and reach over runs."""

from __future__ import annotations

import numpy as np
import pytest

from hydrogen.gcode.analysis import sections
from hydrogen.gcode.analysis.sections import FILAMENT, HIGH_Z, MOVES, OBJECT, SECONDS, SectionTable, is_laid, rounded


def table_of(count: int) -> SectionTable:
    table = SectionTable()
    table.open(np.zeros((count, 13)))
    return table


def test_amounts_are_summed_by_section_and_by_run() -> None:
    table = table_of(4)
    table.add(np.array([0, 0, 2]), SECONDS, np.array([1.0, 2.0, 4.0]))
    table.add(np.array([2, 3]), MOVES, None)
    assert list(table.column(SECONDS)) == [3.0, 0.0, 4.0, 0.0]
    assert list(table.sums(SECONDS, np.array([0, 2]))) == [3.0, 4.0]
    assert list(table.sums(MOVES, np.array([1, 3]))) == [1.0, 1.0]
    table.add(np.zeros(0, np.int64), FILAMENT, np.zeros(0))
    assert list(table.sums(FILAMENT, np.zeros(0, np.int64))) == []


def test_reach_is_that_of_what_was_laid() -> None:
    table = table_of(3)
    table.stretch(np.array([1, 1]), np.array([[1.0, 5], [2, 2], [0, 0]]), np.array([[3.0, 9], [4, 4], [0.2, 0.4]]))
    assert table.reach(np.array([0, 1])) == ((1.0, 2.0, 0.0), (9.0, 4.0, 0.4))
    assert table.reach(np.array([2])) == ((), ())
    highs = table.highs(HIGH_Z, np.array([0, 2]))
    assert [is_laid(float(z)) for z in highs] == [True, False]


def test_a_full_table_says_so_and_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sections, "MOST_SECTIONS", 300)
    table = table_of(200)
    assert not table.is_full
    table.open(np.zeros((200, 13)))
    assert (table.is_full, table.count) == (True, 300)


def test_sections_are_found_by_what_they_belong_to() -> None:
    table = SectionTable()
    rows = np.zeros((3, 13))
    rows[:, OBJECT] = [-1, 0, -1]
    table.open(rows)
    assert list(table.where(OBJECT, -1)) == [0, 2]


def test_numbers_of_documents_are_short_and_have_no_minus_zero() -> None:
    assert repr(rounded([-0.0001, 1.23456])) == "(0.0, 1.235)"
