"""A sensor as the configuration describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hydrogen.devices.sensor import FIRST_CHANNEL
from hydrogen.fleet.sensors.conversion import plausible_range, shown_unit
from hydrogen.model.sensor import SensorLimit, SensorState


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredSensor:
    """Checked and complete.

    settings: the driver's own keys, as JSON values. unit: what the device's figures are in where it does not say so itself:
    a word of SensorUnit, `fahrenheit` or `kelvin`; scale and offset make such a figure of what the device says. minimum,
    maximum and limits are in the unit that is shown. printer: the one it belongs to, None for the house.
    """

    name: str
    driver: str
    settings: Mapping[str, Any]
    channel: str = FIRST_CHANNEL
    unit: str = "celsius"
    scale: float = 1.0
    offset: float = 0.0
    minimum: float | None = None
    maximum: float | None = None
    interval_seconds: float = 2.0
    stale_after_seconds: float = 30.0
    label: str = ""
    printer: str | None = None
    limits: tuple[SensorLimit, ...] = ()

    @property
    def range(self) -> tuple[float | None, float | None]:
        """The least and the greatest value that can be: as configured, else what the unit allows."""
        low, high = plausible_range(shown_unit(self.unit))
        return (low if self.minimum is None else self.minimum, high if self.maximum is None else self.maximum)

    @property
    def initial_state(self) -> SensorState:
        """Before anything was read."""
        low, high = self.range
        return SensorState(
            unit=shown_unit(self.unit),
            label=self.label,
            printer=self.printer,
            driver=self.driver,
            minimum=low,
            maximum=high,
            limits=self.limits,
        )

    def is_of_same_device(self, other: ConfiguredSensor) -> bool:
        """Are both channels of one device, which is opened once?"""
        return self.driver == other.driver and dict(self.settings) == dict(other.settings)


def sensors_by_device(sensors: Sequence[ConfiguredSensor]) -> list[tuple[ConfiguredSensor, ...]]:
    """The same sensors, those of one device together, in the order of the first of each."""
    devices: list[list[ConfiguredSensor]] = []
    for sensor in sensors:
        known = next((device for device in devices if device[0].is_of_same_device(sensor)), None)
        if known is None:
            devices.append([sensor])
        else:
            known.append(sensor)
    return [tuple(device) for device in devices]
