"""One heater under watch: a pure state machine, fed with its readings.

========== ============================================================= ==================================================
phase      what is judged                                                leads to
========== ============================================================= ==================================================
off        a climb                                                       alarmed (expired)
moving     a climb, where the target is lower than the reading; heating  holding (reached), alarmed (expired)
           up takes as long as it takes, and the firmware watches it
holding    the band                                                      straying (strayed)
straying   the band, for how long                                        holding (returned), alarmed (expired)
alarmed    nothing more until the next target
any        what its sensor can mean; a figure that never changes;        alarmed (expired), off (turned_off),
           a sensor without a meaning while the heater is on             moving (retargeted)
========== ============================================================= ==================================================

A reading without a target is judged for its meaning only: old Marlins leave it out while they wait for heat (`T:60.1 E:0 W:?`),
and a line behind which they wait may have set another one.

Durations are sums over readings, each worth GAP_SECONDS at most: a host that was stopped for an hour has seen nothing of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from hydrogen.spooler.heat.heat_alarm import Alarm, Remedy
from hydrogen.spooler.policy import HeatPolicy

REACHED_CELSIUS = 5.0
"""So near the target it is reached; within the wobble of a badly tuned PID, far within the band."""

GAP_SECONDS = 5.0
"""What one reading can prove at most; readings come every one or two seconds."""

RISE_FLOOR_CELSIUS = 70.0
"""Below this nothing that is off is in danger, and neighbours (a bed under a nozzle, a heated chamber) can make it."""

PLAUSIBLE_CELSIUS = (-10.0, 450.0)
"""What a sensor of a printer can honestly show. Marlin shows -15 or a wild figure for one that is torn off."""

IMPLAUSIBLE_READINGS = 3
"""In a row; one may be a damaged byte."""

FROZEN_READINGS = 120
"""The same figure so often, far from the target and with power on. Marlin reports hundredths of a degree, which never stand
still in a heat-up."""


class HeaterPhase(StrEnum):
    OFF = "off"
    MOVING = "moving"
    HOLDING = "holding"
    STRAYING = "straying"
    ALARMED = "alarmed"


class HeaterStep(StrEnum):
    TURNED_OFF = "turned_off"
    RETARGETED = "retargeted"
    REACHED = "reached"
    STRAYED = "strayed"
    RETURNED = "returned"
    EXPIRED = "expired"


_ALWAYS: Mapping[HeaterStep, HeaterPhase] = MappingProxyType(
    {HeaterStep.TURNED_OFF: HeaterPhase.OFF, HeaterStep.RETARGETED: HeaterPhase.MOVING}
)

TRANSITIONS: Mapping[HeaterPhase, Mapping[HeaterStep, HeaterPhase]] = MappingProxyType(
    {
        HeaterPhase.OFF: MappingProxyType({**_ALWAYS, HeaterStep.EXPIRED: HeaterPhase.ALARMED}),
        HeaterPhase.MOVING: MappingProxyType(
            {**_ALWAYS, HeaterStep.REACHED: HeaterPhase.HOLDING, HeaterStep.EXPIRED: HeaterPhase.ALARMED}
        ),
        HeaterPhase.HOLDING: MappingProxyType(
            {**_ALWAYS, HeaterStep.STRAYED: HeaterPhase.STRAYING, HeaterStep.EXPIRED: HeaterPhase.ALARMED}
        ),
        HeaterPhase.STRAYING: MappingProxyType(
            {**_ALWAYS, HeaterStep.RETURNED: HeaterPhase.HOLDING, HeaterStep.EXPIRED: HeaterPhase.ALARMED}
        ),
        HeaterPhase.ALARMED: _ALWAYS,
    }
)


class HeaterWatch:
    """`observe` each reading, in order; `now` is monotonic seconds."""

    def __init__(self, heater: str, policy: HeatPolicy) -> None:
        self._heater = heater
        self._policy = policy
        self.phase = HeaterPhase.OFF
        self.target_celsius: float | None = None
        self._seen_at: float | None = None
        self._strayed_seconds = 0.0
        self._lowest = float("inf")
        self._implausible = 0
        self._without_reading_seconds = 0.0
        self._last: float | None = None
        self._same = 0

    @property
    def is_hot(self) -> bool:
        """Does it have a target above 0?"""
        return bool(self.target_celsius)

    def observe(
        self, actual: float | None, target: float | None, now: float, *, has_power: bool, may_rise: bool
    ) -> list[Alarm]:
        """What this reading shows to be wrong; each fault once.

        has_power: it is being heated, as far as the firmware tells. may_rise: something that we do not understand may heat it.
        """
        elapsed = 0.0 if self._seen_at is None else min(max(now - self._seen_at, 0.0), GAP_SECONDS)
        self._seen_at = now
        if target is not None:
            self._retarget(target)
        if actual is None or not is_plausible(actual):
            return self._lack(actual, elapsed)
        self._implausible, self._without_reading_seconds = 0, 0.0
        alarms = self._judge_frozen(actual, has_power=has_power)
        if target is None:
            return alarms
        if self.phase is HeaterPhase.OFF or self._is_to_cool(actual):
            return alarms + self._judge_rise(actual, may_rise=may_rise)
        return alarms + self._judge_band(actual, elapsed)

    def _is_to_cool(self, actual: float) -> bool:
        """On its way down to a lower target."""
        return self.phase is HeaterPhase.MOVING and actual > (self.target_celsius or 0.0) + REACHED_CELSIUS

    def _step(self, step: HeaterStep) -> None:
        self.phase = TRANSITIONS[self.phase][step]
        self._strayed_seconds = 0.0

    def _retarget(self, target: float) -> None:
        if self.target_celsius is not None and abs(target - self.target_celsius) < 0.5:
            return
        self.target_celsius = target
        self._lowest, self._same = float("inf"), 0
        self._step(HeaterStep.RETARGETED if target > 0 else HeaterStep.TURNED_OFF)

    def _lack(self, actual: float | None, elapsed: float) -> list[Alarm]:
        """A reading that is none. A heater that is on and cannot be watched is the worst there is."""
        self._implausible += 1
        self._without_reading_seconds += elapsed
        said = "no number" if actual is None else f"{actual:g} °C"
        is_watched_for = self.is_hot and self.phase is not HeaterPhase.ALARMED
        if is_watched_for and self._without_reading_seconds >= self._policy.silent_seconds:
            self._step(HeaterStep.EXPIRED)
            message = (
                f"{self._heater} is on, and its sensor has shown nothing that it can mean ({said}) for"
                f" {self._policy.silent_seconds:g} s: check it and its cable"
            )
            return [self._alarm("heater_silent", message, Remedy.END_JOB, actual)]
        if self._implausible != IMPLAUSIBLE_READINGS:
            return []
        message = f"{self._heater} shows {said}, which its sensor cannot mean: check it and its cable"
        return [self._alarm("heater_implausible", message, Remedy.TELL, actual)]

    def _judge_frozen(self, actual: float, *, has_power: bool) -> list[Alarm]:
        is_far = self.is_hot and abs(actual - (self.target_celsius or 0.0)) > REACHED_CELSIUS
        self._same = self._same + 1 if actual == self._last and has_power and is_far else 0
        self._last = actual
        if self._same != FROZEN_READINGS:
            return []
        message = (
            f"{self._heater} has power and has shown exactly {actual:g} °C {FROZEN_READINGS} times: check its sensor"
        )
        return [self._alarm("heater_frozen", message, Remedy.TELL, actual)]

    def _judge_rise(self, actual: float, *, may_rise: bool) -> list[Alarm]:
        self._lowest = actual if may_rise else min(self._lowest, actual)
        risen = actual - self._lowest
        if self.target_celsius is None or actual < RISE_FLOOR_CELSIUS or risen < self._policy.rise_celsius:
            return []
        self._step(HeaterStep.EXPIRED)
        message = (
            f"{self._heater} should get colder and has climbed by {risen:.0f} °C to {actual:.0f} °C: its switch may be stuck;"
            " cut the printer's power"
        )
        return [self._alarm("heater_rising", message, Remedy.END_JOB, actual)]

    def _judge_band(self, actual: float, elapsed: float) -> list[Alarm]:
        distance = abs(actual - (self.target_celsius or 0.0))
        match self.phase:
            case HeaterPhase.MOVING if distance <= REACHED_CELSIUS:
                self._step(HeaterStep.REACHED)
            case HeaterPhase.HOLDING if distance > self._policy.band_celsius:
                self._step(HeaterStep.STRAYED)
            case HeaterPhase.STRAYING if distance <= self._policy.band_celsius:
                self._step(HeaterStep.RETURNED)
            case HeaterPhase.STRAYING:
                self._strayed_seconds += elapsed
        if self.phase is not HeaterPhase.STRAYING or self._strayed_seconds < self._policy.band_seconds:
            return []
        self._step(HeaterStep.EXPIRED)
        message = (
            f"{self._heater} shows {actual:.0f} °C and should have {self.target_celsius:.0f} °C, for"
            f" {self._policy.band_seconds:g} s: check heater, sensor and their cables"
        )
        return [self._alarm("heater_out_of_band", message, Remedy.END_JOB, actual)]

    def _alarm(self, code: str, message: str, remedy: Remedy, celsius: float | None) -> Alarm:
        return Alarm(code=code, message=message, remedy=remedy, heater=self._heater, celsius=celsius)


def is_plausible(celsius: float | None) -> bool:
    """Can a printer's sensor honestly show this?"""
    low, high = PLAUSIBLE_CELSIUS
    return celsius is not None and low <= celsius <= high
