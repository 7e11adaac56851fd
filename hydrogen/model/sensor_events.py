"""What can happen to the sensors beside the printers. Heard with the topic `temperature`; see events.py for what events are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from hydrogen.model.event import Event
from hydrogen.model.sensor import SensorLimit, SensorQuality, SensorUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorMeasured(Event):
    """One sensor, one good reading. printer: the one that the sensor belongs to, None for the house."""

    wire_type: ClassVar[str] = "sensor.measured"
    is_sample: ClassVar[bool] = True
    heard_with: ClassVar[str] = "temperature"

    sensor: str
    value: float
    unit: SensorUnit = SensorUnit.CELSIUS

    @property
    def sample_key(self) -> tuple[str, str | None, str]:
        return ("sensor.measured", self.printer, self.sensor)


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorQualityChanged(Event):
    """A sensor's values are worth something else from now on. Unless quality is `ok` it has no value; reason says why.

    simulated: a virtual device is behind it (see SensorState).
    """

    wire_type: ClassVar[str] = "sensor.quality_changed"
    heard_with: ClassVar[str] = "temperature"

    sensor: str
    quality: SensorQuality
    reason: str = ""
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorAlarmChanged(Event):
    """A sensor exceeds a limit, or another one, or (alarm is None) none any more. value: the reading that decided."""

    wire_type: ClassVar[str] = "sensor.alarm_changed"
    heard_with: ClassVar[str] = "temperature"

    sensor: str
    alarm: SensorLimit | None
    value: float | None = None
