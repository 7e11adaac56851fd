"""One heater: a body that gains and loses heat, a sensor that lags, a controller, and Marlin's protection."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hydrogen_simulators.firmware.settings import HeaterSettings

STEP_SECONDS = 0.25
"""Integration step: a sixth of the shortest time constant, so that the explicit scheme is stable."""

FULL_POWER_BELOW_CELSIUS = 8.0
"""The controller gives full power while the sensor is further than this below the target."""

MAXIMUM_POWER = 127
"""Full power as Marlin prints it after ``@:``."""


class HeaterFailure(Enum):
    """How a heater can break."""

    COLD = "cold"
    """The cartridge or its wire is broken: no power arrives."""
    STUCK_ON = "stuck on"
    """The switch is welded: full power whatever the target."""


class Protection(Enum):
    """What Marlin's thermal protection says, and the status text it shows."""

    HEATING_FAILED = ("Heating failed", "Heating Failed")
    RUNAWAY = ("Thermal Runaway", "Thermal Runaway")
    MAXTEMP = ("MAXTEMP triggered", "Err: MAXTEMP")


@dataclass(frozen=True, slots=True)
class HeaterReading:
    """What a report shows: degrees Celsius, and power from 0 to 127."""

    actual_celsius: float
    target_celsius: float
    power: int


class Heater:
    """A first-order thermal model, advanced to the time it is asked for. Source of the limits: ``HeaterSettings``."""

    def __init__(self, name: str, settings: HeaterSettings, ambient_celsius: float, *, instant: bool = False) -> None:
        self.name = name
        self.settings = settings
        self.failure: HeaterFailure | None = None
        self.target_celsius = 0.0
        self._ambient = ambient_celsius
        self._instant = instant
        self._body = ambient_celsius
        self._sensor = ambient_celsius
        self._power = 0.0
        self._at = 0.0
        self._watch_until: float | None = None
        self._watch_celsius = 0.0
        self._below_since: float | None = None

    @property
    def actual_celsius(self) -> float:
        """What the sensor shows at the time of the last ``advance``."""
        return self._sensor

    @property
    def reading(self) -> HeaterReading:
        """The three numbers of a report."""
        return HeaterReading(self._sensor, self.target_celsius, round(self._power * MAXIMUM_POWER))

    def set_target(self, celsius: float, now: float) -> None:
        """Set the target, clamped in silence to what the heater may have (facts: ``M104 S300``)."""
        self.advance(now)
        self.target_celsius = min(max(0.0, celsius), self.settings.maximum_target_celsius)
        self._below_since = None
        if self.target_celsius > self._sensor:
            self._watch_until = now + self.settings.watch_seconds
            self._watch_celsius = self._sensor + self.settings.watch_increase_celsius
        else:
            self._watch_until = None
        if self._instant and self.failure is None:
            self._body = self._sensor = max(self.target_celsius, self._ambient)

    def advance(self, now: float) -> None:
        """Let time pass up to ``now``."""
        if self._is_settled:
            self._at = max(self._at, now)
            return
        while self._at + STEP_SECONDS <= now:
            self._at += STEP_SECONDS
            self._step()

    def show(self, celsius: float, now: float) -> None:
        """Be as hot as this from now on; what heats or cools goes on from there."""
        self.advance(now)
        self._body = self._sensor = celsius

    def protection(self, now: float) -> Protection | None:
        """What Marlin's protection would say at ``now``. Only a broken heater can trip it, so only it is asked."""
        self.advance(now)
        if self._sensor > self.settings.overheat_celsius:
            return Protection.MAXTEMP
        if self.target_celsius <= 0:
            return None
        if self._watch_until is not None:
            return self._watch(now)
        return self._runaway(now)

    def _watch(self, now: float) -> Protection | None:
        if self._sensor >= self._watch_celsius:
            self._watch_until = now + self.settings.watch_seconds
            self._watch_celsius = self._sensor + self.settings.watch_increase_celsius
            if self._watch_celsius > self.target_celsius:
                self._watch_until = None
        elif self._watch_until is not None and now >= self._watch_until:
            return Protection.HEATING_FAILED
        return None

    def _runaway(self, now: float) -> Protection | None:
        if self._sensor >= self.target_celsius - self.settings.runaway_hysteresis_celsius:
            self._below_since = None
        elif self._below_since is None:
            self._below_since = now
        elif now - self._below_since >= self.settings.watch_seconds:
            return Protection.RUNAWAY
        return None

    @property
    def _is_settled(self) -> bool:
        if self.failure is HeaterFailure.STUCK_ON:
            return False
        goal = max(self.target_celsius, self._ambient) if self.failure is None else self._ambient
        return abs(self._body - goal) < 1e-3 and abs(self._sensor - goal) < 1e-3

    def _step(self) -> None:
        physics = self.settings
        self._power = self._controlled_power()
        loss = (self._body - self._ambient) / physics.cooling_seconds
        heat = 0.0 if self.failure is HeaterFailure.COLD else self._power * physics.degrees_per_second
        self._body += (heat - loss) * STEP_SECONDS
        self._sensor += (self._body - self._sensor) * STEP_SECONDS / physics.sensor_lag_seconds

    def _controlled_power(self) -> float:
        if self.failure is HeaterFailure.STUCK_ON:
            return 1.0
        if self.target_celsius <= 0:
            return 0.0
        hold = (self.target_celsius - self._ambient) / self.settings.cooling_seconds / self.settings.degrees_per_second
        wanted = hold + (self.target_celsius - self._sensor) / FULL_POWER_BELOW_CELSIUS
        return min(1.0, max(0.0, wanted))
