"""A command that says when it was issued is not carried out long after: somebody may have recorded it, or a network kept it."""

from __future__ import annotations

from collections.abc import Callable

from hydrogen.core.clock import Clock
from hydrogen.errors import HydrogenError, InvalidMessage, Replayed
from hydrogen.model.codec import time_from_iso

WINDOW_SECONDS = 30.0
"""To both sides: clocks of phones are some seconds off, commands are under way for less than one."""


class Freshness:
    """Looks at `issued_at`."""

    def __init__(
        self, *, clock: Clock, is_synchronised: Callable[[], bool], window_seconds: float = WINDOW_SECONDS
    ) -> None:
        """is_synchronised: can our own clock be trusted? Asked before a refusal only."""
        self._clock = clock
        self._is_synchronised = is_synchronised
        self._window_seconds = window_seconds

    def check(self, issued_at: str | None) -> None:
        """issued_at: ISO 8601 with its zone, or None for a caller that does not say.

        Raises InvalidMessage for what is no time, and Replayed (details `age_seconds`, negative for the future, and
        `window_seconds`) outside the window, unless our own clock is not synchronised.
        """
        if issued_at is None:
            return
        age = self._clock.wall() - _moment(issued_at)
        if abs(age) > self._window_seconds and self._is_synchronised():
            raise Replayed(
                f"issued {abs(age):.0f} s {'ago' if age > 0 else 'ahead of our clock'}; send it anew",
                age_seconds=round(age, 3),
                window_seconds=self._window_seconds,
            )


def _moment(issued_at: str) -> float:
    try:
        return time_from_iso(issued_at)
    except HydrogenError as error:
        raise InvalidMessage(f"issued_at: {error.message}", field="issued_at") from None
    except OverflowError:
        raise InvalidMessage("issued_at: out of range", field="issued_at") from None
