"""Sensors as metrics."""

from __future__ import annotations

from hydrogen.model.sensor import SensorLimit, SensorQuality, SensorState, SensorUnit
from hydrogen.system.sensor_metric import ALARM, OK, VALUE, sensor_readings


def test_a_good_value_has_its_unit_and_its_printer() -> None:
    chamber = SensorState(value=41.5, quality=SensorQuality.OK, printer="ender3", alarm=SensorLimit(above=40.0))
    box = SensorState(value=20.0, quality=SensorQuality.OK, unit=SensorUnit.PERCENT)
    told = {(r.metric.name, r.labels): r.value for r in sensor_readings({"chamber": chamber, "box": box})}
    assert told == {
        (VALUE.name, ("chamber", "ender3", "celsius")): 41.5,
        (OK.name, ("chamber", "ender3")): 1,
        (ALARM.name, ("chamber", "ender3")): 1,
        (VALUE.name, ("box", "", "percent")): 20.0,
        (OK.name, ("box", "")): 1,
        (ALARM.name, ("box", "")): 0,
    }
    assert VALUE.name == "hydrogen_sensor_value"


def test_what_is_not_known_is_missing_and_not_zero() -> None:
    lost = SensorState(quality=SensorQuality.DISCONNECTED)
    assert [(r.metric, r.value) for r in sensor_readings({"chamber": lost})] == [(OK, False), (ALARM, False)]
