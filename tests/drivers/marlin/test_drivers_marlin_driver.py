"""The driver's announcement."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from hydrogen.devices.driver import DriverManifest, ResumePoint
from hydrogen.errors import PortMissing
from hydrogen_drivers.marlin.config import MarlinConfig
from hydrogen_drivers.marlin.driver import NUMBER_BASES, MarlinDriver
from tests.support.connection_listener import RememberingJournal, RememberingListener


def test_driver_is_found_by_its_entry_point_and_its_names_lead_somewhere() -> None:
    (entry,) = (e for e in entry_points(group="hydrogen.drivers") if e.name == "marlin")
    manifest = entry.load()
    assert isinstance(manifest, DriverManifest)
    for reference in (manifest.config, manifest.factory):
        module, _, attribute = reference.partition(":")
        assert hasattr(import_module(module), attribute)


def test_driver_takes_what_its_configuration_yields() -> None:
    driver = MarlinDriver(MarlinConfig(port="/dev/ttyUSB0").model_dump(mode="json"))
    assert driver.port == "/dev/ttyUSB0"


def test_numbers_never_start_near_the_zero_of_a_reset_board() -> None:
    assert min(NUMBER_BASES) >= 1000
    assert max(NUMBER_BASES) < 9000


async def test_printer_with_a_past_is_not_looked_for_behind_another_adapter(tmp_path: Path) -> None:
    marlin = MarlinDriver(MarlinConfig(port=str(tmp_path / "ttyUSB0")).model_dump(mode="json"))
    point = ResumePoint(number_base=1000, acknowledged=1005, last_given=1006, port_identity="usb:1a86:7523:AB12:00")
    with pytest.raises(PortMissing, match="AB12"):
        await marlin.connect(RememberingListener(), RememberingJournal(), point)
