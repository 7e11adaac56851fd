"""The verdict on one line under different rules."""

from __future__ import annotations

import pytest

from hydrogen_simulators.firmware.speech import Judged, LoneChecksum, NumberRules
from hydrogen_simulators.firmware.verdict import (
    AcceptedLine,
    Rejection,
    Repeat,
    check_line,
    checksums_of,
    is_renumbering,
    number_of,
)


def judge(line, last=2, silent=True, **rules):
    return check_line(line, last, repeats_in_silence=silent, rules=NumberRules(**rules))


def test_line_check_gives_command_number_and_next_last_line():
    assert judge(b"N3 G90*19") == AcceptedLine("G90", "3", 3)
    assert judge(b"N3G90*51") == AcceptedLine("G90", "3", 3)
    assert judge(b"N3 G90*18") is Rejection.CHECKSUM
    assert judge(b"N3 G90") is Rejection.NO_CHECKSUM
    assert judge(b"N5 G90*21") is Rejection.LINE_NUMBER
    assert judge(b"N2 G90*18") is Repeat.DROPPED
    assert judge(b"N2 G90*18", silent=False) is Rejection.LINE_NUMBER


@pytest.mark.parametrize(
    ("lone", "right", "wrong"),
    [
        (LoneChecksum.IGNORED, AcceptedLine("G90", None, 2), AcceptedLine("G90", None, 2)),
        (LoneChecksum.JUDGED, AcceptedLine("G90", None, 2), Rejection.CHECKSUM),
        (LoneChecksum.REFUSED, Rejection.NO_NUMBER, Rejection.NO_NUMBER),
    ],
)
def test_checksum_without_a_number(lone, right, wrong):
    assert judge(b"G90*78", lone_checksum=lone) == right
    assert judge(b"G90*1", lone_checksum=lone) == wrong


def test_numbers_that_nobody_judges():
    assert judge(b"N77 G90*103", judged=Judged.CHECKSUM) == Rejection.CHECKSUM
    assert judge(b"N77 G90*35", judged=Judged.CHECKSUM) == Rejection.CHECKSUM
    assert judge(b"N77 G90*32", judged=Judged.CHECKSUM) == AcceptedLine("G90", "77", 77)
    assert judge(b"N77 G90*1", judged=Judged.NOTHING) == AcceptedLine("G90", None, 2)


def test_number_anywhere_in_the_line():
    assert judge(b"G1 X5 N3", number_anywhere=True, needs_checksum=False).last_line == 3
    assert judge(b"G1 X5 N4", number_anywhere=True, needs_checksum=False) is Rejection.LINE_NUMBER
    assert judge(b"G1 X5 N3").number is None


def test_which_check_comes_first():
    assert judge(b"N9 G90*1") is Rejection.LINE_NUMBER
    assert judge(b"N9 G90*1", checksum_first=True) is Rejection.CHECKSUM


def test_numbers_may_go_round():
    assert judge(b"N0 G1", last=65535, modulus=65536, needs_checksum=False).last_line == 0


def test_what_renumbers():
    anywhere, command = NumberRules(), NumberRules(m110_anywhere=False)
    assert is_renumbering("N5 M117 M110", anywhere)
    assert not is_renumbering("N5 M117 M110", command)
    assert is_renumbering("N5 M110 N7", command)
    assert not is_renumbering("M1105", command)


def test_what_a_complaint_can_tell():
    assert number_of(b"N12 G90*1", NumberRules()) == 12
    assert number_of(b"G90", NumberRules()) == 0
    assert checksums_of(b"N0*125") == (0x7E, 0x7D)
