"""The house's UUID: made once, kept for ever."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from hydrogen.system.identity import IDENTITY_FILE, load_identity


def test_the_identity_is_made_once_and_found_again(tmp_path: Path) -> None:
    made = load_identity(tmp_path)
    assert str(uuid.UUID(made)) == made
    assert load_identity(tmp_path) == made
    assert (tmp_path / IDENTITY_FILE).read_text() == f"{made}\n"


@pytest.mark.parametrize("content", [b"", b"x", b"\xff", b"0" * 5000])
def test_what_makes_no_sense_is_replaced(tmp_path: Path, content: bytes) -> None:
    (tmp_path / IDENTITY_FILE).write_bytes(content)
    made = load_identity(tmp_path)
    assert load_identity(tmp_path) == made


def test_an_identity_that_was_given_is_kept(tmp_path: Path) -> None:
    (tmp_path / IDENTITY_FILE).write_text("F2A6E1B0-0000-4000-8000-00000000000A\n")
    assert load_identity(tmp_path) == "f2a6e1b0-0000-4000-8000-00000000000a"
