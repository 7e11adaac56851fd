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
    """Gives ids of 22 characters. Each sorts behind all that this object gave before, even when the wall clock goes back, and
    behind those of former lives, as far as `begin_behind` is told of them."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        """random_bits(n) returns an integer of n random bits."""
        self._clock = clock
        self._random_bits = random_bits
        self._last = -1

    def begin_behind(self, ident: str) -> None:
        """From now on ids sort behind this one, which a former life gave: a host without a clock of its own begins in the past.
        One that is no id of ours is ignored."""
        number = _number_of(ident)
        if number is not None and number > self._last:
            self._last = number + self._random_bits(
                _RANDOM_BITS
            )  # what came behind it may be lost: not the very next one

    def new(self) -> str:
        """A new id."""
        now = int(self._clock.wall() * 1000) << _RANDOM_BITS | self._random_bits(_RANDOM_BITS)
        self._last = max(now, self._last + 1)
        return _digits(self._last, _TIME_DIGITS + _RANDOM_DIGITS)


def _number_of(ident: str) -> int | None:
    if len(ident) != _TIME_DIGITS + _RANDOM_DIGITS or not set(ident) <= set(_ALPHABET):
        return None
    number = 0
    for digit in ident:
        number = number * 32 + _ALPHABET.index(digit)
    return number


def _digits(number: int, width: int) -> str:
    text = ""
    for _ in range(width):
        number, rest = divmod(number, 32)
        text = _ALPHABET[rest] + text
    return text
