"""Ids of jobs: unique for ever, sorted by time, fit for a file name."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from hydrogen.core.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no i, l, o, u, so that an id survives being read aloud. Sorts as its digits do."""

_TIME_DIGITS = 10
"""48 bits of milliseconds since 1970: enough until the year 10889."""

_RANDOM_BITS = 60
"""Two hosts that start a job in the same millisecond meet once in 10^18."""

_RANDOM_DIGITS = _RANDOM_BITS // 5


class JobIds:
    """Gives ids of 22 characters. Each sorts behind all that this object gave before, even when the wall clock goes back."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        """random_bits(n) returns an integer of n random bits."""
        self._clock = clock
        self._random_bits = random_bits
        self._last = -1

    def new(self) -> str:
        """A new id."""
        now = int(self._clock.wall() * 1000) << _RANDOM_BITS | self._random_bits(_RANDOM_BITS)
        self._last = max(now, self._last + 1)
        return _digits(self._last, _TIME_DIGITS + _RANDOM_DIGITS)


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, rest = divmod(number, 32)
        text = _ALPHABET[rest] + text
    return text
