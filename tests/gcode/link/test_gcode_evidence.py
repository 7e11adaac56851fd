"""What a port says, judged."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.link.evidence import (
    ANSWER_SHARE,
    LINE_CHARACTERS,
    LINES_SHOWN,
    SCORED_BYTES,
    TEXT_SHARE,
    Verdict,
    clean,
    quoted,
    score,
)
from tests.support.property_settings import REPEATABLE


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"", Verdict.SILENCE),
        (b"ok\n", Verdict.ANSWER),
        (b"Error:checksum mismatch, Last Line: 7\r\nResend: 8\r\nok\r\n", Verdict.ANSWER),
        (b"\x00\xff\x00start\n", Verdict.ANSWER),
        (b"\xe0\xf8\xc0start\nMarlin 2.1\n", Verdict.TEXT),
        (b"ok", Verdict.TEXT),
        (b"Hello\nWorld\n", Verdict.TEXT),
        ("Grüße vom Drucker\n".encode(), Verdict.TEXT),
        (b"\xf8\x00\xff\x1c\x80\xe0\xe0", Verdict.NOISE),
        (b"\xf8\x80\xffok\n\x80\x81\x82\x83\x84\x85\x86\x87", Verdict.NOISE),
        (b"Explorer stk500V2 by MLS\r\n", Verdict.BOOTLOADER),
        (b"Bootloader>", Verdict.BOOTLOADER),
        (b"\x14\x10", Verdict.BOOTLOADER),
        (b"ets Jun  8 2016 00:22:57\r\n\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n", Verdict.BOOTLOADER),
        (b"Bootloader>\nstart\nok\n", Verdict.ANSWER),
    ],
)
def test_bytes_are_judged_by_all_their_signs(data: bytes, verdict: Verdict) -> None:
    assert score(data).verdict is verdict


@pytest.mark.parametrize("seed", range(50))
def test_noise_is_never_an_answer_and_hardly_ever_text(seed: int) -> None:
    noise = random.Random(seed).randbytes(300)
    assert score(noise).verdict is Verdict.NOISE
    assert score(noise).printable_share < ANSWER_SHARE < TEXT_SHARE


def test_signs_are_told_in_a_few_words() -> None:
    assert str(score(b"")) == "nothing"
    assert str(score(b"\x80\x81\x82a")) == "4 bytes, 25 % of them printable"
    assert str(score(b"hello\nyou\n")) == 'text: "you"'
    assert str(score(b"Bootloader>")) == 'a bootloader: "Bootloader>"'


def test_last_lines_are_kept_the_unfinished_one_too() -> None:
    assert score(b"one\ntwo\r\n\r\nthree\nfo").lines == ("two", "three", "fo")


def test_line_with_an_unprintable_byte_in_it_is_no_witness() -> None:
    assert score(b"ok\x81 T:20\n" + b"x" * 20 + b"\n").recognised_lines == 0


def test_what_is_shown_is_printable_and_bounded() -> None:
    assert clean("a\x07b\tc") == "a?b?c"
    assert len(clean("x" * 500)) == LINE_CHARACTERS
    assert quoted(("one", "two")) == '"one", "two"'
    assert quoted(()) == ""


@given(st.binary(max_size=SCORED_BYTES * 2))
@REPEATABLE
def test_no_bytes_make_it_raise_and_what_it_keeps_is_bounded(data: bytes) -> None:
    seen = score(data)
    assert seen.byte_count == min(len(data), SCORED_BYTES)
    assert 0.0 <= seen.printable_share <= 1.0
    assert 0 <= seen.recognised_lines <= seen.byte_count
    assert len(seen.lines) <= LINES_SHOWN
    assert all(len(line) <= LINE_CHARACTERS and line.isprintable() for line in seen.lines)
    assert len(str(seen)) < 150
    assert (seen.verdict is Verdict.SILENCE) is (not data)
