"""What a printer is, from its tables."""

from __future__ import annotations

import pytest

from hydrogen.config import configuration_from_table, configured_printers
from hydrogen.config_machine import MachineSection, MotionSection
from hydrogen.errors import ConfigurationInvalid
from hydrogen.gcode.program.motion import MotionLimits


def test_the_defaults_are_the_models_own_and_judge_nothing() -> None:
    assert MotionSection().limits() is None  # the printer is asked
    assert MotionSection(jerk=10.0).limits() == MotionLimits()
    profile = MachineSection().profile("mk3")
    assert (profile.name, profile.high_mm, dict(profile.celsius), profile.models) == ("mk3", (), {}, ())


def test_a_bed_has_its_origin_at_a_corner_or_at_its_centre() -> None:
    size = {"size_x_mm": 200.0, "size_y_mm": 100.0, "size_z_mm": 300.0}
    assert MachineSection(**size).profile("a").high_mm == (200.0, 100.0, 300.0)
    delta = MachineSection(**size, origin="centre").profile("a")
    assert (delta.low_mm, delta.high_mm) == ((-100.0, -50.0, 0.0), (100.0, 50.0, 300.0))
    purging = MachineSection(**size, overhang_mm=4.0).profile("a")
    assert (purging.low_mm, purging.high_mm) == ((-4.0, -4.0, 0.0), (204.0, 104.0, 300.0))


def test_they_are_tables_of_the_printer() -> None:
    table = {
        "driver": "marlin",
        "port": "/dev/ttyACM0",
        "machine": {
            "size_x_mm": 250.0,
            "size_y_mm": 210.0,
            "size_z_mm": 210.0,
            "nozzle_celsius": 300.0,
            "models": ["MK3S"],
        },
        "motion": {"acceleration": 1250.0, "axis_acceleration": 1000.0, "jerk": 8.0},
    }
    (printer,) = configured_printers(configuration_from_table({"printers": {"mk3": table}}, "test"))
    assert (printer.machine.name, printer.machine.models, printer.machine.celsius["nozzle"]) == (
        "mk3",
        ("MK3S",),
        300.0,
    )
    assert printer.limits is not None
    assert (printer.limits.acceleration, printer.limits.jerk) == (1000.0, 8.0)  # an axis is slower


def test_a_printers_answer_to_m503_is_taken_as_it_stands() -> None:
    report = "echo:; Maximum feedrates:\necho:  M203 X500.00 Y400.00 Z12.00 E120.00\necho:  M205 X8.00 E5.00\nok\n"
    limits = MotionSection(report=report, feedrate_x=1.0).limits()
    assert limits is not None
    assert (limits.feedrate_x, limits.feedrate_z, limits.jerk) == (500.0, 12.0, 8.0)


@pytest.mark.parametrize(
    "tables",
    [
        {"machine": {"size_x": 1.0}},
        {"machine": {"size_x_mm": -1.0}},
        {"motion": {"jerk": "fast"}},
        {"motion": {"report": "echo: nothing"}},
    ],
)
def test_what_does_not_fit_stops_the_start(tables: dict[str, object]) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        configuration_from_table({"printers": {"mk3": {"driver": "marlin", "port": "/dev/x", **tables}}}, "test")
    assert "printers.mk3.m" in str(caught.value)
