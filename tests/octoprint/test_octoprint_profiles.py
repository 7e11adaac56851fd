from __future__ import annotations

from types import MappingProxyType

from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.model.printer import Firmware, PrinterState
from hydrogen.model.temperature import HeaterState
from hydrogen.octoprint.profiles import BuildVolume, profile_body, size_of
from tests.octoprint.conftest import Octo


def test_the_profile_is_the_printer_as_it_is() -> None:
    printer = PrinterState(
        firmware=Firmware(machine_type="Ender-3", extruder_count=2),
        heaters=MappingProxyType({"tool0": HeaterState(), "bed": HeaterState()}),
    )
    profile = profile_body("left", printer, base="http://pi")
    assert (profile["name"], profile["model"], profile["extruder"]["count"]) == ("left", "Ender-3", 2)
    assert (profile["heatedBed"], profile["heatedChamber"]) == (True, False)
    assert profile["volume"]["width"] is None
    assert set(profile["axes"]) == {"x", "y", "z", "e"}
    assert profile["resource"] == "http://pi/api/printerprofiles/_default"


def test_its_size_is_the_configured_one() -> None:
    corner = MachineProfile(name="a", low_mm=(-4.0, -4.0, 0.0), high_mm=(254.0, 214.0, 210.0))
    centre = MachineProfile(name="b", low_mm=(-100.0, -100.0, 0.0), high_mm=(100.0, 100.0, 300.0))
    assert size_of(corner) == BuildVolume(width=250.0, depth=210.0, height=210.0)
    assert size_of(centre) == BuildVolume(width=200.0, depth=200.0, height=300.0, origin="center")
    assert size_of(MachineProfile()) == size_of(None) == BuildVolume()
    assert profile_body("a", PrinterState(), base="", size=size_of(corner))["volume"]["width"] == 250.0


async def test_there_is_one_and_it_cannot_be_changed(octo: Octo) -> None:
    profiles = (await octo.ask("GET", "/api/printerprofiles")).json["profiles"]
    assert list(profiles) == ["_default"]
    assert profiles["_default"]["current"] is True
    assert (await octo.ask("GET", "/api/printerprofiles/_default")).json["name"] == "ender3"
    assert (await octo.ask("GET", "/api/printerprofiles/other")).status == 404
    assert (await octo.ask("POST", "/api/printerprofiles", {"profile": {}})).status == 409
    assert (await octo.ask("DELETE", "/api/printerprofiles/_default")).status == 409
