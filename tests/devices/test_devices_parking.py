"""Who signs the contract of the head keeps it."""

from __future__ import annotations

from hydrogen.devices.parking import HeadControl, HeadPlace
from hydrogen.model.codec import plain, value_from_plain
from hydrogen.model.printer import Position
from hydrogen_drivers.marlin.parking import MarlinHead
from tests.spooler.scripted_printer import ScriptedHead
from tests.support.contract import missing_from


def test_marlin_and_the_tests_own_head_sign() -> None:
    assert missing_from(MarlinHead, HeadControl) == []
    assert missing_from(ScriptedHead, HeadControl) == []


def test_place_survives_its_way_through_a_file() -> None:
    place = HeadPlace(
        position=Position(x_mm=1.5, y_mm=2.0, z_mm=0.2, e_mm=12.35),
        is_homed=True,
        is_extruder_relative=True,
        feedrate=1800.0,
        targets_celsius={"tool0": 210.0},
    )
    assert value_from_plain(HeadPlace, plain(place)) == place
