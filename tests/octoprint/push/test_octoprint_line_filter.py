"""Regular expressions of strangers: what people use is taken, what costs is not."""

from __future__ import annotations

import re
from time import process_time

import pytest

from hydrogen.octoprint.push.line_filter import EVERY_LINE, LONGEST_LINE, is_harmless, line_filter


def test_true_means_every_line_and_false_none() -> None:
    assert line_filter(True) is EVERY_LINE and EVERY_LINE.wants("")
    for nothing in (False, None, 1, [], {}):
        assert line_filter(nothing) is None


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        ("Recv: ok", "Recv: ok T:21"),
        ("^Recv: (?:ok|wait)$", "Recv: wait"),
        (r"^Send: N\d+ G[01] ", "Send: N12 G1 X1"),
        ("T:[0-9.]+", "Recv: ok T:21.5"),
        (r"echo:.*busy", "Recv: echo:  busy"),
        (r"\[x\]", "a [x]"),
        ("", "anything"),
        ("[]a]", "]"),
    ],
)
def test_what_people_look_for_is_found(pattern: str, line: str) -> None:
    wanted = line_filter(pattern)
    assert wanted is not None and wanted.wants(line)
    assert not pattern or not wanted.wants("~")


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a|a)*$",
        "(a|aa)+$",
        "(?:a*)*b",
        r"(a)\1",
        "(?=a*)b",
        "(?P<x>a)",
        "(?i)a",
        "a*a*a*a*b",
        "a*a*b",
        "^a*a*a*b",
        "^a*a*b|c",
        ".*.*.*=.*",
        "(a|b)" * 8 + ".*.*",
        "a" * 201,
        "(" * 9 + "a" + ")" * 9,
        "(",
        "[",
        "a**",
        "*",
        "\\",
        "a{1000}",
        "(a){2}",
        "|".join("abcdefghijklmnopqrstu"),
    ],
)
def test_what_may_cost_or_is_none_is_not_taken(pattern: str) -> None:
    assert line_filter(pattern) is None


@pytest.mark.parametrize("pattern", ["a*b", "^a*a*b", "[ab]*c", "^.*a.*b", "^(a|aa)(a|aa)a*b", "a|aa|aaa|aaaa|b"])
def test_the_worst_line_for_what_is_taken_costs_little(pattern: str) -> None:
    assert is_harmless(pattern) and re.compile(pattern)
    wanted = line_filter(pattern)
    assert wanted is not None
    begin = process_time()
    for _ in range(100):
        wanted.wants("a" * 10 * LONGEST_LINE)
    assert process_time() - begin < 0.5
