"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable


class Backoff:
    """Delays that grow by `factor` from `first_seconds` to `limit_seconds`, each shortened by up to half at random.

    The randomness keeps several parts that failed together from coming back together.
    """

    __slots__ = ("_attempts", "_factor", "_first", "_jitter", "_limit")

    def __init__(
        self,
        first_seconds: float = 0.5,
        factor: float = 2.0,
        limit_seconds: float = 30.0,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        """jitter: returns 0.0 to 1.0; 1.0 gives the full delay, 0.0 half of it."""
        if first_seconds <= 0 or factor < 1 or limit_seconds < first_seconds:
            raise ValueError(f"not a back-off: first {first_seconds} s, factor {factor}, limit {limit_seconds} s")
        self._first = first_seconds
        self._factor = factor
        self._limit = limit_seconds
        self._jitter = jitter
        self._attempts = 0

    @property
    def attempts(self) -> int:
        """Delays given since the start or the last reset."""
        return self._attempts

    def next_delay(self) -> float:
        """Seconds to wait now."""
        nominal = self._first
        for _ in range(self._attempts):
            nominal = min(nominal * self._factor, self._limit)
            if nominal == self._limit:
                break
        self._attempts += 1
        return nominal * (0.5 + 0.5 * self._jitter())

    def reset(self) -> None:
        """It worked: the next failure starts from the first delay again."""
        self._attempts = 0
