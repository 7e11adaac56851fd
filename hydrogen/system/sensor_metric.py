"""The metrics of the sensors beside the printers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hydrogen.model.sensor import SensorQuality, SensorState
from hydrogen.system.metric import Metric, Reading

_LABELS = ("sensor", "printer")


def _gauge(name: str, text: str, *labels: str) -> Metric:
    return Metric(name=f"hydrogen_sensor_{name}", kind="gauge", help=text, labels=(*_LABELS, *labels))


VALUE = _gauge("value", "What the sensor measures; missing while there is no good value.", "unit")
OK = _gauge("ok", "1 while the sensor has a good value, 0 while it is stale, disconnected, faulty or implausible.")
ALARM = _gauge("alarm", "1 while a limit of the sensor is exceeded.")

SENSOR_METRICS: tuple[Metric, ...] = (VALUE, OK, ALARM)


def sensor_readings(sensors: Mapping[str, SensorState]) -> Iterator[Reading]:
    """An empty `printer` is the house. Does not block."""
    for name, sensor in sensors.items():
        labels = (name, sensor.printer or "")
        if sensor.value is not None:
            yield Reading(VALUE, sensor.value, (*labels, sensor.unit.value))
        yield Reading(OK, sensor.quality is SensorQuality.OK, labels)
        yield Reading(ALARM, sensor.alarm is not None, labels)
