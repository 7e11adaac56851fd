"""Sensors beside the printer: a thermometer in the chamber, humidity of the filament box, the host's own figures.

What a printer itself reports are its heaters (temperature.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

MOST_SENSORS = 64
"""Of one house: each takes up to 700 bytes of every snapshot, which is to stay below 64 KiB."""

MOST_LIMITS = 3
"""Of one sensor: one for each action."""

MOST_LABEL = 40
MOST_REASON = 120
"""Characters."""


class SensorUnit(StrEnum):
    """What a value is in. Temperatures are degrees Celsius, whatever the device speaks."""

    CELSIUS = "celsius"
    PERCENT = "percent"
    HECTOPASCAL = "hectopascal"
    PPM = "ppm"
    VOLT = "volt"
    AMPERE = "ampere"
    WATT = "watt"
    RPM = "rpm"
    NONE = "none"


class SensorQuality(StrEnum):
    """What a sensor's value is worth; in every state but `ok` there is none.

    pending: nothing was read since the start. stale: the last reading is too old. disconnected: the device is not there.
    faulty: it answered, but not with a measurement (NaN, a wrong checksum, the power-on value). implausible: the number is
    outside what can be.
    """

    PENDING = "pending"
    OK = "ok"
    STALE = "stale"
    DISCONNECTED = "disconnected"
    FAULTY = "faulty"
    IMPLAUSIBLE = "implausible"


class SensorAction(StrEnum):
    """What is done while a limit is exceeded; each is more than the one before."""

    WARN = "warn"
    PAUSE = "pause"
    CANCEL_AND_COOL = "cancel_and_cool"


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorLimit:
    """A link from a sensor to safety: `above` or `below`, exactly one of them, in the sensor's unit.

    for_seconds: so long the value must be beyond it. hysteresis: so far it must come back.
    """

    action: SensorAction = SensorAction.WARN
    above: float | None = None
    below: float | None = None
    for_seconds: float = 0.0
    hysteresis: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorState:
    """All that is known of one sensor.

    value is None unless quality is `ok`; reason says why, for people. measured_at is when the last good value was measured.
    minimum and maximum are what is plausible. printer: the one it belongs to, None for the house. alarm: the gravest limit
    that is exceeded now. simulated: a virtual device is behind it, as that says itself.
    """

    value: float | None = None
    unit: SensorUnit = SensorUnit.CELSIUS
    quality: SensorQuality = SensorQuality.PENDING
    reason: str = ""
    measured_at: float | None = None
    label: str = ""
    printer: str | None = None
    driver: str = ""
    minimum: float | None = None
    maximum: float | None = None
    limits: tuple[SensorLimit, ...] = ()
    alarm: SensorLimit | None = None
    simulated: bool = False
