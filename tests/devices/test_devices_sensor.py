"""The drivers that ship sign the contract that anybody's must."""

from __future__ import annotations

import inspect

import pytest

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement, SensorDriver, SensorSource
from hydrogen.fleet.plugins import PluginShelf

SETTINGS = {
    "thermometer": {"port": "/dev/ttyUSB0"},
    "onewire": {},
    "host_sensors": {},
    "command": {"command": ["true"]},
}


def test_a_measurement_without_a_value_may_say_why() -> None:
    assert Measurement(value=None, fault="CRC").unit == ""
    assert not FIRST_CHANNEL


@pytest.mark.parametrize("name", SETTINGS)
def test_drivers_of_sensors_are_found_checked_and_made(name: str) -> None:
    shelf = PluginShelf()
    assert name in shelf.names_of("sensor")
    assert name not in shelf.names_of("printer")
    assert shelf.manifest(name).summary
    settings = shelf.config_model(name)(**SETTINGS[name]).model_dump(mode="json")
    driver = shelf.sensor_driver(name, settings)
    assert driver.place
    assert _signature(driver.open) == _signature(SensorDriver.open)


def _signature(method: object) -> list[str]:
    return [name for name in inspect.signature(method).parameters if name != "self"]  # type: ignore[arg-type]


def test_a_source_can_be_read_and_closed() -> None:
    assert {name for name in vars(SensorSource) if not name.startswith("_")} == {"is_simulated", "read", "close"}
