"""Which object the lines of a file belong to, and how one is left."""

from __future__ import annotations

import pytest

from hydrogen.gcode.line import command_of
from hydrogen.gcode.object_mark import leaving, mark_after


@pytest.mark.parametrize(
    ("lines", "mark", "left_by"),
    [
        (["M486 S2"], "M486 S2", "M486 S-1"),
        (["M486 S0 T3"], "M486 S0", "M486 S-1"),
        (["M486 S2", "M486 P2", 'M486 A"S7 cube"', "M486 U2"], "M486 S2", "M486 S-1"),
        (["EXCLUDE_OBJECT_START NAME=A_1"], "EXCLUDE_OBJECT_START NAME=A_1", "EXCLUDE_OBJECT_END"),
        (["EXCLUDE_OBJECT_START NAME=A", "EXCLUDE_OBJECT NAME=A"], "EXCLUDE_OBJECT_START NAME=A", "EXCLUDE_OBJECT_END"),
    ],
)
def test_lines_belong_to_the_object_that_was_begun_last(lines: list[str], mark: str, left_by: str) -> None:
    assert after(lines) == mark
    assert leaving(mark) == left_by
    assert after([*lines, left_by]) == ""


def after(lines: list[str]) -> str:
    mark = ""
    for line in lines:
        mark = mark_after(mark, command_of(line.encode()), line.encode())
    return mark
