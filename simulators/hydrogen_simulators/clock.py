"""Printer time from real time: a factor faster, or as fast as the printer allows."""

from __future__ import annotations


class VirtualClock:
    """Maps real monotonic seconds to printer seconds; starts at 0.

    ``speed`` is printer seconds per real second. ``None`` is "as fast as possible": printer time jumps to a deadline when
    the shell says that the printer only waits for it, and between two jumps it stands still while the shell ``hold``s it, so
    that how long a host thinks changes nothing; otherwise it runs like real time.
    Printer time never runs backwards. Pure: the shell passes real time in.
    """

    def __init__(self, speed: float | None, started_at: float) -> None:
        self._real_at = started_at
        self._printer_at = 0.0
        self._factor = 1.0
        self._held = False
        self.speed: float | None = None
        self.change_speed(speed, started_at)

    @property
    def may_jump(self) -> bool:
        """True if this clock is "as fast as possible"."""
        return self.speed is None

    def change_speed(self, speed: float | None, real: float) -> None:
        """Go on from the printer time of ``real`` at another speed; raises ValueError unless it is above 0 or None."""
        if speed is not None and not speed > 0:
            raise ValueError(f"speed must be greater than 0, found {speed}")
        self._printer_at = self.now(real)
        self._real_at = real
        self.speed = speed
        self._factor = 1.0 if speed is None else speed
        self._held = False

    @property
    def is_held(self) -> bool:
        """True while printer time stands still."""
        return self._held

    def hold(self, real: float) -> None:
        """Let printer time stand still from ``real`` on; a clock that runs at a speed takes no notice."""
        if self.may_jump and not self._held:
            self._printer_at = self.now(real)
            self._held = True

    def let_go(self, real: float) -> None:
        """Let printer time run again from ``real`` on."""
        if self._held:
            self._held = False
            self._real_at = real

    def now(self, real: float) -> float:
        """Printer time at the real time ``real``."""
        if self._held:
            return self._printer_at
        return self._printer_at + max(0.0, real - self._real_at) * self._factor

    def real_seconds_until(self, deadline: float, real: float) -> float:
        """Real seconds from ``real`` until printer time reaches ``deadline``; 0 if it has."""
        return max(0.0, (deadline - self.now(real)) / self._factor)

    def jump_to(self, deadline: float, real: float) -> float:
        """Let printer time be ``deadline`` at ``real``, and tell it; a deadline in the past changes nothing."""
        self._printer_at = max(deadline, self.now(real))
        self._real_at = real
        return self._printer_at
