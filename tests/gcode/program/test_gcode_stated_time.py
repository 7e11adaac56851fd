"""Times in slicers' words."""

from __future__ import annotations

import pytest

from hydrogen.gcode.program.stated_time import seconds_of, stated_seconds


def test_the_stated_time_is_the_first_above_zero() -> None:
    assert stated_seconds(b"\n;TIME:0\n;TIME:61\n;TIME:99\n") == 61.0
    assert stated_seconds(b"\nG1 X1\n") is None


@pytest.mark.parametrize(
    ("words", "seconds"),
    [(b"1d 2h 3m 4s", 93784.0), (b"1 hour 30 minutes", 5400.0), (b"130.5 minutes", 7830.0), (b"12", 12.0), (b"", None)],
)
def test_durations_are_understood_in_every_slicers_words(words: bytes, seconds: float | None) -> None:
    assert seconds_of(words) == seconds
