"""Words that do not wait their turn."""

from __future__ import annotations

import pytest

from hydrogen.gcode.emergency import emergency_word


@pytest.mark.parametrize(
    ("line", "word"),
    [("M112", b"M112"), (" M108 ", b"M108"), ("M876 S1", b"M876"), ("M410", b"M410"), ("M 112", b"M112")],
)
def test_words_are_recognised_however_they_are_written(line: str, word: bytes) -> None:
    assert emergency_word(line) == word


@pytest.mark.parametrize("line", ["M1121", "G1 X1", "M117 M112", "M109 S200", "", "N5 M112"])
def test_other_commands_are_none(line: str) -> None:
    assert emergency_word(line) is None
