"""What sysfs tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen_drivers.host_sensors.sysfs import HostInput, find_inputs, processor_channel, read_input
from tests.drivers.host_sensors.host_tree import make_host


@pytest.mark.parametrize(
    ("channel", "value", "unit"),
    [
        ("coretemp", 45.0, "celsius"),
        ("coretemp/Package id 0", 45.0, "celsius"),
        ("coretemp/temp1", 45.0, "celsius"),
        ("coretemp/temp10", 41.0, "celsius"),
        ("coretemp/in0", 1.056, "volt"),
        ("sht3x/humidity1", 45.21, "percent"),
        ("fans/fan1", 1450.0, "rpm"),
        ("fans/power1", 6.5, "watt"),
        ("fans/curr1", 1.5, "ampere"),
        ("cpu_thermal", 51.54, "celsius"),
        ("thermal_zone0", 51.54, "celsius"),
    ],
)
def test_chips_and_zones_have_their_channels_and_units(tmp_path: Path, channel: str, value: float, unit: str) -> None:
    measured = read_input(find_inputs(make_host(tmp_path))[channel])
    assert measured is not None
    assert measured.value == pytest.approx(value)
    assert measured.unit == unit


def test_what_is_no_sensor_is_left_out(tmp_path: Path) -> None:
    assert "Fan" not in find_inputs(make_host(tmp_path))
    assert find_inputs(tmp_path / "none") == {}


def test_a_sensor_that_its_chip_calls_broken_has_no_value(tmp_path: Path) -> None:
    broken = read_input(find_inputs(make_host(tmp_path))["fans"])
    assert broken is not None
    assert broken.value is None
    assert "broken" in broken.fault


def test_a_chip_that_shows_no_number_or_cannot_be_read_has_no_value_and_one_that_is_gone_is_gone(
    tmp_path: Path,
) -> None:
    file = tmp_path / "temp"
    there = HostInput(file=file, unit="celsius", scale=1e-3)
    assert read_input(there) is None
    file.write_text("N/A\n")
    told = read_input(there)
    assert told is not None
    assert told.value is None
    file.unlink()
    file.mkdir()
    told = read_input(there)
    assert told is not None
    assert "could not read it" in told.fault


def test_the_processor_is_the_surest_of_what_there_is(tmp_path: Path) -> None:
    found = find_inputs(make_host(tmp_path))
    assert processor_channel(found) == "cpu_thermal"
    assert processor_channel(["nvme", "k10temp"]) == "k10temp"
    assert processor_channel(["nvme"]) is None
