"""Words that do not wait their turn."""

from __future__ import annotations

import pytest

from hydrogen.gcode.emergency import EMERGENCY_WORDS, Notice, emergency_word, notice_of


@pytest.mark.parametrize(
    ("line", "word"),
    [("M112", b"M112"), (" M108 ", b"M108"), ("M876 S1", b"M876"), ("M410", b"M410"), ("M 112", b"M112")],
)
def test_words_are_recognised_however_they_are_written(line: str, word: bytes) -> None:
    assert emergency_word(line) == word


@pytest.mark.parametrize("line", ["M1121", "G1 X1", "M117 M112", "M109 S200", "", "N5 M112"])
def test_other_commands_are_none(line: str) -> None:
    assert emergency_word(line) is None


def test_with_a_parser_all_are_seen_on_arrival() -> None:
    assert {notice_of(word, has_parser=True, counts_lines=True) for word in EMERGENCY_WORDS} == {Notice.ON_ARRIVAL}


def test_without_one_three_are_seen_when_read_and_an_answer_waits() -> None:
    early = {
        word for word in EMERGENCY_WORDS if notice_of(word, has_parser=False, counts_lines=True) == Notice.WHEN_READ
    }
    assert early == EMERGENCY_WORDS - {b"M876"}
    assert notice_of(b"M876", has_parser=False, counts_lines=True) is Notice.IN_TURN


def test_firmware_of_another_kind_takes_them_in_turn() -> None:
    assert notice_of(b"M108", has_parser=False, counts_lines=False) is Notice.IN_TURN
