"""When printer time runs, stands still and leaps, for a board behind a port.

With a speed it simply runs. "As fast as possible" it stands still while a host is talking, leaps while a command only
waits for time, and runs like real time once the wire has been quiet for ``QUIET_SECONDS``: automatic reports, busy lines
of a prompt and cooling heaters go on for a host that only listens. So how long a host thinks changes nothing, and a host
that waits for each ``ok`` gets the same transcript again, byte for byte.
"""

from __future__ import annotations

from hydrogen_simulators.clock import VirtualClock

QUIET_SECONDS = 0.25
"""Real time without a byte after which printer time runs by itself: longer than a host thinks, too short to be noticed."""


class PrinterTime:
    """A ``VirtualClock`` that knows when somebody talks; every ``real`` is monotonic seconds."""

    def __init__(self, speed: float | None, real: float) -> None:
        self._clock = VirtualClock(speed, real)
        self._quiet_since = real
        self._clock.hold(real)

    @property
    def may_leap(self) -> bool:
        """True if this time is "as fast as possible"."""
        return self._clock.may_jump

    def now(self, real: float) -> float:
        """Printer seconds since power on."""
        return self._clock.now(real)

    def change_speed(self, speed: float | None, real: float) -> None:
        """Go on at another speed; None is as fast as possible."""
        self._clock.change_speed(speed, real)
        self.note_talk(real)

    def note_talk(self, real: float) -> None:
        """Bytes are on the wire: printer time stands still from now on."""
        self._quiet_since = real
        self._clock.hold(real)

    def look(self, real: float) -> None:
        """Let time run again if it has been quiet for long enough."""
        if self._clock.is_held and real - self._quiet_since >= QUIET_SECONDS:
            self._clock.let_go(self._quiet_since + QUIET_SECONDS)

    def leap_to(self, deadline: float, real: float) -> float:
        """Let it be ``deadline``, unless it is later already, and tell; a leap is as good as a word, quiet begins anew."""
        self._quiet_since = real
        return self._clock.jump_to(deadline, real)

    def real_seconds_until(self, deadline: float, real: float) -> float:
        """How long the caller may sleep before ``deadline`` can come: while time stands still, until it may run again."""
        if self._clock.is_held:
            return max(0.0, self._quiet_since + QUIET_SECONDS - real)
        return self._clock.real_seconds_until(deadline, real)
