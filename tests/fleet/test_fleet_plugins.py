"""Drivers come in by entry point, ours like anybody's."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from hydrogen.devices.driver import DriverManifest
from hydrogen.errors import NotFound, ServerFault
from hydrogen.fleet.plugins import ENTRY_POINT_GROUP, PluginShelf

BROKEN = DriverManifest(name="broken", config="tests.fleet.no_such:Config", factory="x:y")


def shelf_with(value: str) -> PluginShelf:
    return PluginShelf({"strange": EntryPoint(name="strange", value=value, group=ENTRY_POINT_GROUP)})


def test_the_marlin_driver_is_installed_and_its_table_can_be_checked() -> None:
    shelf = PluginShelf()
    assert "marlin" in shelf.names
    assert shelf.manifest("marlin").factory == "hydrogen_drivers.marlin.driver:MarlinDriver"
    assert "port" in shelf.config_model("marlin").model_fields


def test_an_unknown_driver_is_not_found_and_the_known_ones_are_named() -> None:
    with pytest.raises(NotFound) as caught:
        PluginShelf().manifest("klipper-of-tomorrow")
    assert "marlin" in caught.value.details["known"]


def test_a_driver_that_cannot_be_imported_is_a_fault_that_names_it() -> None:
    with pytest.raises(ServerFault, match="strange"):
        shelf_with("tests.fleet.no_such_module:MANIFEST").manifest("strange")


def test_what_is_no_manifest_is_refused() -> None:
    with pytest.raises(ServerFault, match="DriverManifest"):
        shelf_with("tests.fleet.test_fleet_plugins:ENTRY_POINT_GROUP").manifest("strange")


def test_drivers_are_told_apart_by_what_they_drive() -> None:
    shelf = PluginShelf()
    assert "marlin" in shelf.names_of("printer")
    assert "marlin" not in shelf.names_of("sensor")
    assert {"thermometer", "onewire", "host_sensors", "command"} <= set(shelf.names_of("sensor"))


def test_a_driver_that_cannot_be_loaded_may_drive_anything_so_that_it_is_told_of() -> None:
    shelf = shelf_with("tests.fleet.no_such_module:MANIFEST")
    assert shelf.names_of("printer") == shelf.names_of("sensor") == ("strange",)


def test_a_sensors_factory_that_is_missing_is_a_fault_that_names_it() -> None:
    with pytest.raises(ServerFault, match="x:y"):
        shelf_with("tests.fleet.test_fleet_plugins:BROKEN").sensor_driver("strange", {})


def test_a_missing_config_model_is_a_fault_that_names_it() -> None:
    with pytest.raises(ServerFault, match="no_such"):
        shelf_with("tests.fleet.test_fleet_plugins:BROKEN").config_model("strange")
