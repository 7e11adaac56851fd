"""What sensors are, from their tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hydrogen.config import configuration_from_table
from hydrogen.config_sensor import configured_sensors
from hydrogen.errors import ConfigurationInvalid
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.sensor import MOST_SENSORS, SensorAction, SensorLimit

PRINTER = {"printers": {"ender3": {"driver": "marlin", "port": "/dev/ttyUSB0"}}}


def read(**tables: dict[str, Any]) -> tuple[ConfiguredSensor, ...]:
    configuration = configuration_from_table({**PRINTER, "sensors": tables}, "test")
    return configured_sensors(configuration.sensors, configuration.printers)


def refused(**tables: dict[str, Any]) -> str:
    with pytest.raises(ConfigurationInvalid) as caught:
        read(**tables)
    return str(caught.value)


def test_a_sensor_needs_a_driver_and_what_that_wants() -> None:
    (one,) = read(room={"driver": "thermometer", "port": "/dev/ttyACM3"})
    assert (one.name, one.driver, one.unit, one.channel, one.limits) == ("room", "thermometer", "celsius", "", ())
    assert one.settings == {"port": "/dev/ttyACM3", "baud": 9600, "pattern": "", "query": ""}


def test_everything_that_can_be_told_of_a_sensor() -> None:
    (one,) = read(
        chamber={
            "driver": "onewire",
            "channel": "28-000005e2fdc3",
            "label": "Chamber",
            "printer": "ender3",
            "unit": "fahrenheit",
            "scale": 0.1,
            "offset": -1,
            "minimum": -10,
            "maximum": 90,
            "interval_seconds": 5,
            "stale_after_seconds": 20,
            "limits": [
                {"above": 50},
                {"above": 60, "action": "pause", "for_seconds": 0, "hysteresis": 5},
            ],
        }
    )
    assert one == ConfiguredSensor(
        name="chamber",
        driver="onewire",
        settings={"root": "/sys/bus/w1/devices"},
        channel="28-000005e2fdc3",
        label="Chamber",
        printer="ender3",
        unit="fahrenheit",
        scale=0.1,
        offset=-1.0,
        minimum=-10.0,
        maximum=90.0,
        interval_seconds=5.0,
        stale_after_seconds=20.0,
        limits=(
            SensorLimit(action=SensorAction.WARN, above=50.0, for_seconds=5.0, hysteresis=1.0),
            SensorLimit(action=SensorAction.PAUSE, above=60.0, for_seconds=0.0, hysteresis=5.0),
        ),
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "sensors.room.driver: found nothing"),
        ({"driver": "thermometr", "port": "/dev/x"}, "Did you mean 'thermometer'?"),
        ({"driver": "marlin", "port": "/dev/x"}, "expected an installed driver of sensors"),
        ({"driver": "thermometer"}, "sensors.room.port: found nothing"),
        ({"driver": "onewire", "rot": "/x"}, "Did you mean 'root'?"),
        ({"driver": "onewire", "unit": "furlong"}, "sensors.room.unit: found 'furlong'"),
        ({"driver": "onewire", "printer": "voron"}, "expected a configured printer (ender3)"),
        ({"driver": "onewire", "scale": 0}, "a scale other than 0"),
        ({"driver": "onewire", "scale": float("nan")}, "sensors.room.scale"),
        ({"driver": "onewire", "interval_seconds": 20}, "at least twice interval_seconds"),
        ({"driver": "onewire", "minimum": 5, "maximum": 5}, "a minimum below the maximum"),
        ({"driver": "onewire", "label": "x" * 41}, "sensors.room.label"),
        ({"driver": "onewire", "limits": [{}]}, "either above or below"),
        ({"driver": "onewire", "limits": [{"above": 1, "below": 2}]}, "either above or below"),
        ({"driver": "onewire", "limits": [{"above": 1, "action": "explode"}]}, "sensors.room.limits.0.action"),
        ({"driver": "onewire", "limits": [{"above": 1}, {"above": 2}]}, "an action each of their own"),
        ({"driver": "onewire", "limits": [{"abvoe": 1}]}, "sensors.room.limits.0.abvoe: found an unknown key"),
        ({"driver": "thermometer", "port": "/dev/x", "pattern": "(["}, "a regular expression"),
        ({"driver": "thermometer", "port": "/dev/x", "pattern": "T(.*)"}, "with a named group"),
        ({"driver": "thermometer", "port": "/dev/ttyUSB0"}, "a port of its own (printers.ender3 has this one)"),
        ({"driver": "command", "command": []}, "sensors.room.command"),
        ({"driver": "command", "command": "sensors -j"}, "sensors.room.command"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_key_and_what_is_expected(table: dict[str, Any], said: str) -> None:
    assert said in refused(room=table)


def test_a_name_that_could_be_no_file_is_refused() -> None:
    assert "sensors.Room 1: found 'Room 1'" in refused(**{"Room 1": {"driver": "onewire"}})


def test_there_are_only_so_many_that_a_snapshot_can_hold() -> None:
    many = {f"s{number}": {"driver": "onewire"} for number in range(MOST_SENSORS + 1)}
    assert len(read(**dict(list(many.items())[1:]))) == MOST_SENSORS
    assert "at most 64" in refused(**many)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    said = refused(a={"driver": "thermometer"}, b={"driver": "command"})
    assert "sensors.a.port" in said
    assert "sensors.b.command" in said


def test_the_environment_is_above_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_SENSORS__ROOM__INTERVAL_SECONDS", "7")
    monkeypatch.setenv("HYDROGEN_SENSORS__ROOM__BAUD", "115200")
    monkeypatch.setenv("HYDROGEN_SENSORS__ROOM__LIMITS", '[{"above": 60, "action": "pause"}]')
    (one,) = read(room={"driver": "thermometer", "port": "/dev/x"})
    assert (one.interval_seconds, one.settings["baud"]) == (7.0, 115_200)
    assert [(limit.above, limit.action) for limit in one.limits] == [(60.0, SensorAction.PAUSE)]


def test_a_port_is_for_one_device_and_for_all_its_channels() -> None:
    board = {"driver": "thermometer", "port": "/dev/ttyACM3"}
    air, box = read(air=board, box={**board, "channel": "2"})
    assert air.is_of_same_device(box)
    assert "a port of its own (sensors.air has this one)" in refused(air=board, box={**board, "baud": 115200})


def test_a_printers_port_under_another_name_is_the_printers(tmp_path: Path) -> None:
    (tmp_path / "ttyUSB0").touch()
    (tmp_path / "by-id").symlink_to(tmp_path / "ttyUSB0")
    printers = {"ender3": {"driver": "marlin", "port": str(tmp_path / "by-id")}}
    sensors = {"room": {"driver": "thermometer", "port": str(tmp_path / "ttyUSB0")}}
    with pytest.raises(ConfigurationInvalid, match=r"printers\.ender3 has this one"):
        configuration_from_table({"printers": printers, "sensors": sensors}, "test")
