"""`hydrogen sensors`, against a service with real drivers and virtual devices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.cli.sensors import sensor_lines, sensors, value_text
from hydrogen.model.sensor import SensorQuality
from hydrogen_simulators.endpoints.one_wire_tree import OneWireTree
from hydrogen_simulators.sensors.one_wire import SensorFault
from tests.roof.house_in_process import KEY, house_in_process
from tests.support.waiting import wait_until

CHAMBER = "28-000005e2fdc3"


async def test_values_and_what_is_wrong_are_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key"
    key.write_text(KEY)
    tree = OneWireTree(tmp_path / "w1")
    tree.show(CHAMBER, 41.5)
    often = {"driver": "onewire", "root": str(tree.folder), "interval_seconds": 0.2}
    tables = {
        "sensors": {
            "chamber": {**often, "channel": CHAMBER, "label": "Chamber"},
            "attic": {**often, "channel": "28-0000000000ff"},
        }
    }
    async with house_in_process(tmp_path, tables=tables) as house:
        context = house.hydrogen._context

        async def is_told(quality: SensorQuality) -> None:
            await wait_until(
                lambda: context.state.sensors["chamber"].quality is quality, within_seconds=30, what=str(quality)
            )

        where = ["--url", house.find_address().url, "--key-file", str(key)]
        await is_told(SensorQuality.OK)
        assert await sensors(make_parser().parse_args(["sensors", *where])) is ExitCode.DONE
        tree.show(CHAMBER, 41.5, SensorFault.CHECKSUM)
        await is_told(SensorQuality.FAULTY)
        assert await sensors(make_parser().parse_args(["sensors", "--json", *where])) is ExitCode.DONE
    chamber, attic, text = capsys.readouterr().out.splitlines()
    assert chamber == "chamber       41.5 °C  Chamber, simulated"
    assert attic.startswith("attic    disconnected  the device is there, this sensor of it is not")
    told = json.loads(text)["chamber"]
    assert (told["value"], told["quality"], told["simulated"]) == (None, "faulty", True)


def test_a_house_without_sensors_says_so() -> None:
    assert sensor_lines({}) == ["no sensor is configured ([sensors.NAME], docs/sensors.md)"]


def test_an_alarm_and_a_printer_are_told() -> None:
    alarm = {"above": None, "below": 5.0, "action": "warn"}
    told = {"box": {"value": 4.25, "unit": "percent", "quality": "ok", "printer": "ender3", "alarm": alarm}}
    assert sensor_lines(told) == ["box         4.2 %  printer ender3, ALARM: below 5 (warn)"]


def test_a_value_that_is_not_there_is_its_reason_and_zero_is_zero() -> None:
    assert value_text({"value": None, "quality": "stale"}) == "stale"
    assert value_text({"value": 0.0, "unit": "none", "quality": "ok"}) == "0.0"
