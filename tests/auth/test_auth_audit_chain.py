"""The chain: what was written is proven, and whatever is done to it shows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.auth.audit_chain import NOTHING, ChainCheck, Link, chained_line, link_of_line


def chain(count: int, behind: Link | None = None) -> list[bytes]:
    end, lines = behind or Link(), []
    for number in range(count):
        line, end = chained_line({"actor": "anna", "params": {"n": number}}, end)
        lines.append(line)
    return lines


def breaks_of(lines: list[bytes]) -> list[str]:
    check = ChainCheck()
    for index, line in enumerate(lines, start=1):
        check.read(line, f"line {index}")
    return check.breaks


def test_a_chain_holds_from_its_beginning_and_from_anywhere_behind_it() -> None:
    lines = chain(10)
    assert breaks_of(lines) == [] and breaks_of(lines[4:]) == []
    assert b'"previous":"' + NOTHING.encode() in lines[0]


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [*lines[:4], lines[4].replace(b"anna", b"karl"), *lines[5:]],
        lambda lines: [*lines[:4], *lines[5:]],
        lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
        lambda lines: [*lines[:4], lines[3], *lines[4:]],
        lambda lines: [*lines[:4], b"\n", *lines[4:]],
        lambda lines: [*lines[:4], b"\xff\n", *lines[4:]],
        lambda lines: [*lines[:4], b"[]\n", *lines[4:]],
        lambda lines: [*lines[:4], chained_line({"actor": "karl"}, Link(4, "f" * 64))[0], *lines[5:]],
        lambda lines: [*lines[:9], lines[9][:-20] + b"\n"],
    ],
)
def test_whatever_is_done_to_the_middle_is_told_with_its_place(damage: object) -> None:
    broken = breaks_of(damage(chain(10)))  # type: ignore[operator]
    assert broken and all("line " in sentence for sentence in broken)


def test_the_sentences_are_bounded() -> None:
    assert len(breaks_of([b"x\n"] * 1000)) == ChainCheck.MOST_BREAKS


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists)))
def test_any_record_is_proven_by_its_line(body: dict[str, object]) -> None:
    line, end = chained_line({**body, "x": 1}, Link(7, "a" * 64))
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert "digest" in body or "n" in body or "previous" in body or link_of_line(line) == end


@given(st.binary(max_size=200))
def test_any_other_line_is_none(data: bytes) -> None:
    assert link_of_line(data) is None
