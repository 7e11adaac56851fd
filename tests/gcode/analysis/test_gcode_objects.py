"""Objects by the marks of slicers and firmwares."""

from __future__ import annotations

import pytest

from hydrogen.gcode.analysis import objects
from hydrogen.gcode.analysis.objects import NOBODY, ObjectMarks


def marks_of(*lines: str) -> tuple[list[tuple[int, int]], list[tuple[str, str]]]:
    """(line from 0, object) of each change, and (id, name) of each object."""
    marks = ObjectMarks()
    text = ("\n" + "\n".join(lines) + "\n").encode()
    found = [(text[:start].count(b"\n"), number) for start, number in marks.find(text)]
    return found, [(thing.id, thing.name) for thing in marks.objects]


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        (
            ["; printing object cube.stl id:0 copy 0", "G1", "; stop printing object cube.stl id:0 copy 0"],
            ["cube.stl id:0 copy 0"],
        ),
        (
            ["; start printing object, unique label id: 12", "G1", "; stop printing object, x"],
            ["unique label id: 12"],
        ),
        (["EXCLUDE_OBJECT_START NAME=cube_1", "G1", "EXCLUDE_OBJECT_END NAME=cube_1"], ["cube_1"]),
        (["M486 S3", "G1", "M486 S-1"], ["3"]),
        ([";MESH:cube.stl", "G1", ";MESH:NONMESH"], ["cube.stl"]),
    ],
)
def test_each_kind_of_marks_is_understood(lines: list[str], ids: list[str]) -> None:
    found, told = marks_of(*lines)
    assert found == [(0, 0), (2, NOBODY)]
    assert [id for id, _ in told] == ids


def test_objects_that_are_defined_first_are_in_that_order() -> None:
    found, told = marks_of(
        "EXCLUDE_OBJECT_DEFINE NAME=cube CENTER=1,2",
        "EXCLUDE_OBJECT_DEFINE NAME=sphere",
        "EXCLUDE_OBJECT_START NAME=sphere",
    )
    assert (found, [name for _, name in told]) == ([(2, 1)], ["cube", "sphere"])


def test_the_kind_that_a_host_can_act_on_counts() -> None:
    found, told = marks_of(
        "; printing object a.stl id:0 copy 0", "M486 S0", 'M486 A"a.stl"', "; printing object b.stl id:1 copy 0"
    )
    assert (found[-1], told) == ((1, 0), [("0", "a.stl")])


def test_copies_are_told_apart() -> None:
    _, told = marks_of("; printing object a.stl id:0 copy 0", "; printing object a.stl id:0 copy 1")
    assert [name for _, name in told] == ["a.stl", "a.stl (2)"]


def test_too_many_objects_are_not_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MOST_OBJECTS", 1)
    found, told = marks_of("M486 S0", "M486 S1")
    assert (found, len(told)) == ([(0, 0), (1, NOBODY)], 1)
