"""Which targets somebody asked for: lines of a job and requests, as far as the printer has come with them.

A line's target becomes true when the firmware gets to it, which may be minutes later (behind a G29, an M109 or a person), so
every value asked for counts until the printer reports the newest one. What lies *below* a value that was asked for is never
unasked: firmwares clamp in silence (`M104 S300` becomes 260, facts/marlin.md), round, and lower targets themselves.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hydrogen.devices.driver import TargetAsked

TOLERANCE_CELSIUS = 1.0
"""A firmware's rounding: targets are whole degrees in some of them."""

MACRO_SECONDS = 1200.0
"""How long a line that may set targets by itself (a macro, an autotune, a preheat before levelling) explains what the printer
does. Autotuning a bed takes a quarter of an hour."""

KEPT = 32
"""Values kept for one heater; more than a printer queues."""


class AskedTargets:
    """Pure: told what was sent and what is reported; says whether the one explains the other."""

    def __init__(self) -> None:
        self._pending: dict[str, deque[float]] = {}
        self._reported: set[str] = set()
        self._macro_until = 0.0

    def note(self, lines: Iterable[TargetAsked], now: float) -> None:
        """These lines were sent since the last call."""
        for line in lines:
            if line.heater is None:
                self._macro_until = now + MACRO_SECONDS
            else:
                self._pending_of(line.heater).append(line.target_celsius)

    def adopt(self, heater: str, target_celsius: float) -> None:
        """From now on this target counts as asked for."""
        self._pending_of(heater).append(target_celsius)

    def is_macro_running(self, now: float) -> bool:
        """May a line that we do not understand be the cause of what the heaters do?"""
        return now < self._macro_until

    def is_asked(self, heater: str, target_celsius: float, now: float) -> bool:
        """Does what was sent explain that `heater` reports this target?"""
        self._reported.add(heater)
        if self.is_macro_running(now):
            self.adopt(heater, target_celsius)
        self._settle(heater, target_celsius)
        return target_celsius <= max(self._candidates(heater), default=0.0) + TOLERANCE_CELSIUS

    def is_off_asked(self, heater: str) -> bool:
        """Was "off" asked for, or nothing at all?"""
        return min(self._candidates(heater), default=0.0) <= TOLERANCE_CELSIUS

    def newest(self, heater: str) -> float:
        """What the last line that named this heater asked for; 0 if none did."""
        pending = self._pending.get(heater)
        return pending[-1] if pending else 0.0

    def _settle(self, heater: str, target_celsius: float) -> None:
        """The printer reports the newest value: it is through with the others."""
        pending = self._pending.get(heater)
        if pending and abs(pending[-1] - target_celsius) <= TOLERANCE_CELSIUS:
            newest = pending[-1]
            pending.clear()
            pending.append(newest)

    def _candidates(self, heater: str) -> list[float]:
        """A tool that the printer does not report (five filaments, one hotend) speaks for those that it does."""
        names = [heater]
        if heater.startswith("tool"):
            names += [name for name in self._pending if name.startswith("tool") and name not in self._reported]
        return [value for name in names for value in self._pending.get(name, ())]

    def _pending_of(self, heater: str) -> deque[float]:
        return self._pending.setdefault(heater, deque(maxlen=KEPT))
