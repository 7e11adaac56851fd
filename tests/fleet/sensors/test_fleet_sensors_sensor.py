"""A configured sensor, and which of them share a device."""

from __future__ import annotations

from hydrogen.fleet.sensors.sensor import sensors_by_device
from hydrogen.model.sensor import SensorQuality, SensorUnit
from tests.fleet.sensors.sensor_bench import sensor


def test_before_anything_was_read_it_is_pending_and_has_its_range() -> None:
    state = sensor(unit="fahrenheit", printer="p", maximum=90.0).initial_state
    assert (state.quality, state.value, state.unit) == (SensorQuality.PENDING, None, SensorUnit.CELSIUS)
    assert (state.label, state.printer, state.minimum, state.maximum) == ("Chamber", "p", -60.0, 90.0)


def test_a_range_may_be_configured_where_the_unit_has_none() -> None:
    assert sensor(unit="none").range == (None, None)
    assert sensor(unit="none", minimum=0.0).range == (0.0, None)
    assert sensor(minimum=-200.0, maximum=0.0).range == (-200.0, 0.0)


def test_channels_of_one_device_are_together() -> None:
    port = {"port": "/dev/ttyUSB0"}
    air, room = sensor("air", settings=port, channel="1"), sensor("room", settings={"port": "/dev/ttyUSB1"})
    box, other = sensor("box", settings=dict(port), channel="2"), sensor("other", settings=port, driver="else")
    assert sensors_by_device([air, room, box, other]) == [(air, box), (room,), (other,)]
    assert sensors_by_device([]) == []
