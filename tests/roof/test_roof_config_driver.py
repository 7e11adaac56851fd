"""The driver of a table."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from hydrogen.config_driver import checked_driver
from hydrogen.config_problem import Refused
from hydrogen.devices.driver import DriverManifest
from hydrogen.fleet.plugins import ENTRY_POINT_GROUP, PluginShelf

BROKEN = DriverManifest(name="broken", config="tests.roof.no_such:Config", factory="x:y", kind="sensor")
PLACE = ("sensors", "room")


def shelf(value: str) -> PluginShelf:
    return PluginShelf({"strange": EntryPoint(name="strange", value=value, group=ENTRY_POINT_GROUP)})


def refusal(driver: str, shelf: PluginShelf, *, kind: str = "sensor") -> str:
    with pytest.raises(Refused) as caught:
        checked_driver(driver, {}, kind=kind, place=PLACE, source="test", shelf=shelf)
    return str(caught.value.problems[0])


def test_the_drivers_own_keys_are_completed() -> None:
    checked = checked_driver("onewire", {}, kind="sensor", place=PLACE, source="test", shelf=PluginShelf())
    assert checked.manifest.name == "onewire"
    assert checked.settings == {"root": "/sys/bus/w1/devices"}


def test_a_driver_of_another_kind_is_as_good_as_none() -> None:
    assert "expected an installed driver (marlin)" in refusal("onewire", PluginShelf(), kind="printer")
    assert "marlin" not in refusal("marlin", PluginShelf()).partition("expected")[2]


@pytest.mark.parametrize("value", ["tests.roof.no_such:MANIFEST", "tests.roof.test_roof_config_driver:BROKEN"])
def test_a_driver_that_cannot_be_loaded_says_so(value: str) -> None:
    said = refusal("strange", shelf(value))
    assert "sensors.room.driver" in said
    assert "a driver that can be loaded" in said
