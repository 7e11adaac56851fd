"""What a file may be called: what is refused, and that nothing that is let in can lead anywhere else."""

from __future__ import annotations

import os
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hydrogen.errors import InvalidMessage
from hydrogen.files.name import (
    found_parts,
    is_packed_name,
    is_printable_name,
    made_file_parts,
    made_parts,
    stored_path,
)
from tests.support.property_settings import REPEATABLE

ANY_TEXT = st.text(st.characters(codec=None), max_size=40)
PIECES = st.lists(
    st.sampled_from(["a", "..", ".", "/", "//", "\\", "\0", " ", ".gcode", "é", "e\u0301", "con", "%2e"]), max_size=12
)


@REPEATABLE
@given(st.one_of(ANY_TEXT, PIECES.map("".join)))
@example("../x.gcode")
@example("a/../../x.gcode")
def test_whatever_is_let_in_stays_in_the_folder_and_can_be_held_by_it(path: str) -> None:
    try:
        parts = made_file_parts(path)
    except InvalidMessage as refusal:
        assert refusal.details["field"] == "file" and refusal.details["reason"]
        return
    assert parts and all(part not in ("", ".", "..") and not part.startswith(".") for part in parts)
    joined = "/".join(parts)
    assert os.path.normpath(os.path.join("/root", joined)) == f"/root/{joined}"  # noqa: PTH118
    assert unicodedata.is_normalized("NFC", joined)
    assert all(0 < len(os.fsencode(part)) <= 255 and part == part.strip() for part in parts)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in joined)
    assert made_file_parts(joined) == parts == found_parts(joined)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd.gcode",
        "../a.gcode",
        "a/../b.gcode",
        "a\\b.gcode",
        "C:\\a\\b.gcode",
        "a\0.gcode",
        "a\n.gcode",
        "a\x85.gcode",
        "a\u202egcode.exe.gcode",
        ".hidden.gcode",
        "a/.b/c.gcode",
        " a.gcode",
        "a /b.gcode",
        "a./b.gcode",
        "a.gcode ",
        "con.gcode",
        "NUL.gcode",
        "com1.gcode",
        "lpt\u00b9.gcode",
        "aux/a.gcode",
        "x" * 250 + ".gcode",
        "\u00e9" * 128 + ".gcode",
        "a/" * 16 + "a.gcode",
        "a" * 1020 + ".gcode",
        "\ud800.gcode",
        "a.txt",
        "a.gcode/b.stl",
        "gcode",
    ],
)
def test_what_no_file_may_be_called_is_refused_with_the_reason(path: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        made_file_parts(path)
    assert caught.value.details["reason"]


@pytest.mark.parametrize(
    "path",
    ["a.gcode", "A.GCODE", "b.gco", "c.g", "with space.gcode", "Würfel.gcode", "立方体.gcode", "🐉 v2 (final).gcode",
     "a/b/c.gcode", "console.gcode", "con2.gcode", "a..b.gcode", "50% 'x' \"y\" #3 a&b=c;d.gcode", "a:b?.gcode"],
)  # fmt: skip
def test_names_that_people_give_are_let_in(path: str) -> None:
    assert "/".join(made_file_parts(path)) == path


def test_two_ways_to_write_a_letter_are_one_name_and_two_cases_are_two() -> None:
    assert made_file_parts("e\u0301.gcode") == made_file_parts("\u00e9.gcode")
    assert made_file_parts("A.gcode") != made_file_parts("a.gcode")


def test_a_folder_needs_no_suffix() -> None:
    assert made_parts("a/b") == ("a", "b")


@pytest.mark.parametrize(
    ("path", "stored"),
    [
        ("a.gcode", "a.gcode"),
        ("a.gcode.gz", "a.gcode"),
        ("b/a.bgcode", "b/a.bgcode.gcode"),
        ("a.BGCODE.gz", "a.BGCODE.gcode"),
    ],
)
def test_packed_files_are_stored_under_a_name_that_says_what_they_are(path: str, stored: str) -> None:
    assert stored_path(path) == stored and is_printable_name(stored)
    assert is_packed_name(path) is (path != stored)
    assert stored_path(stored) == stored
