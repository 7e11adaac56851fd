"""What lines make of the objects that a firmware leaves out: once they are acknowledged, and unless they were refused."""

from __future__ import annotations

import pytest

from hydrogen.gcode.line import command_of
from hydrogen.gcode.object_exclusion import ExclusionTracker, Fate, ObjectChange
from hydrogen.gcode.object_mark import mark_after

OUT, PRINTED, FORGOTTEN = Fate.LEFT_OUT, Fate.PRINTED, Fate.FORGOTTEN


@pytest.mark.parametrize(
    ("lines", "changes"),
    [
        (["M486 P3"], [ObjectChange(OUT, "m486", "3")]),
        (["M486 U03"], [ObjectChange(PRINTED, "m486", "3")]),
        (["M486 S2", "M486 C"], [ObjectChange(OUT, "m486", "2")]),
        (["M486 S2", "M486 S-1", "M486 C"], []),
        (["M486 T4"], [ObjectChange(PRINTED, "m486")]),
        (
            ["M486 U1 P1 T"],
            [ObjectChange(PRINTED, "m486"), ObjectChange(OUT, "m486", "1"), ObjectChange(PRINTED, "m486", "1")],
        ),
        (["M486 S2", 'M486 A"cup P3 U4 C T"', "M486 P-1", "M486 P"], []),
        (["EXCLUDE_OBJECT NAME=CUP_1"], [ObjectChange(OUT, "exclude", "CUP_1")]),
        (['EXCLUDE_OBJECT name="CUP"'], [ObjectChange(OUT, "exclude", "CUP")]),
        (
            ["EXCLUDE_OBJECT_DEFINE NAME=Cup CENTER=1,2", "EXCLUDE_OBJECT NAME=cup"],
            [ObjectChange(OUT, "exclude", "Cup")],
        ),
        (["EXCLUDE_OBJECT_START NAME=Cup", "EXCLUDE_OBJECT CURRENT=1"], [ObjectChange(OUT, "exclude", "Cup")]),
        (["EXCLUDE_OBJECT_START NAME=Cup", "EXCLUDE_OBJECT_END", "EXCLUDE_OBJECT CURRENT=1"], []),
        (["EXCLUDE_OBJECT NAME=CUP RESET=1"], [ObjectChange(PRINTED, "exclude", "CUP")]),
        (["EXCLUDE_OBJECT RESET=1"], [ObjectChange(PRINTED, "exclude")]),
        (["EXCLUDE_OBJECT_DEFINE RESET=1"], [ObjectChange(PRINTED, "exclude")]),
        (["EXCLUDE_OBJECT", "EXCLUDE_OBJECT JSON=1"], []),
        (["M109 S210"], [ObjectChange(FORGOTTEN)]),
        (["M190 S60", "M75"], [ObjectChange(FORGOTTEN), ObjectChange(FORGOTTEN)]),
        (["M104 S210", "M140 S60", "G28", "M76"], []),
    ],
)
def test_what_each_line_does(lines: list[str], changes: list[ObjectChange]) -> None:
    by_person, by_file = ExclusionTracker(), ExclusionTracker(lambda: 100)
    mark = ""
    for at, line in enumerate(lines):
        body = line.encode()
        mark = mark_after(mark, command_of(body), body)
        by_person.obey(body, mark, ("ok",))
        if command_of(body).startswith((b"M486", b"EXCLUDE", b"M109", b"M190", b"M75")):
            by_file.give(command_of(body), body, mark, at)
    assert list(by_person.take()) == changes
    assert list(by_file.take()) == changes
    assert (by_person.take(), by_file.take()) == ((), ())


def test_a_line_of_a_job_counts_once_the_printer_has_acknowledged_it() -> None:
    acknowledged = 10
    tracker = ExclusionTracker(lambda: acknowledged)
    tracker.give(b"M486", b"M486 P1", "", 20)
    tracker.give(b"M486", b"M486 P2", "", 30)
    assert tracker.take() == ()
    acknowledged = 20
    tracker.obey(b"M486 U1", "", ())
    assert tracker.take() == (ObjectChange(OUT, "m486", "1"), ObjectChange(PRINTED, "m486", "1"))
    tracker.begin_stream()
    acknowledged = 40
    assert tracker.take() == (), "another job's"


@pytest.mark.parametrize("answer", ['echo:Unknown command: "M486 P1"', "!! Unknown object", "Error: no such object"])
def test_what_the_firmware_did_not_take_has_done_nothing(answer: str) -> None:
    tracker = ExclusionTracker()
    tracker.obey(b"M486 P1", "", (answer, "ok"))
    assert tracker.take() == ()
