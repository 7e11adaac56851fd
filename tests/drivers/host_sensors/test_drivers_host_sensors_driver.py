"""The host's own sensors."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.devices.sensor import FIRST_CHANNEL
from hydrogen.errors import SensorLost
from hydrogen_drivers.host_sensors.driver import HostSensorsDriver
from tests.drivers.host_sensors.host_tree import make_host


async def test_without_a_channel_it_is_the_processor(tmp_path: Path) -> None:
    source = await HostSensorsDriver({"root": str(make_host(tmp_path))}).open({FIRST_CHANNEL})
    assert not source.is_simulated
    assert (await source.read())[FIRST_CHANNEL].value == pytest.approx(51.54)
    await source.close()


async def test_a_channel_that_is_not_there_is_missing_beside_those_that_are(tmp_path: Path) -> None:
    driver = HostSensorsDriver({"root": str(make_host(tmp_path, simulated="1"))})
    source = await driver.open({"sht3x/humidity1", "nvme"})
    assert source.is_simulated
    assert set(await source.read()) == {"sht3x/humidity1"}


async def test_a_host_without_such_a_sensor_says_which_it_has(tmp_path: Path) -> None:
    with pytest.raises(
        SensorLost, match=r"the host has no sensor nvme: there are coretemp, coretemp/in0, coretemp/Package id 0"
    ):
        await HostSensorsDriver({"root": str(make_host(tmp_path))}).open({"nvme"})
    with pytest.raises(SensorLost, match=r"no sensor of the processor: there are none"):
        await HostSensorsDriver({"root": str(tmp_path / "none")}).open({FIRST_CHANNEL})


async def test_a_chip_that_went_is_lost(tmp_path: Path) -> None:
    source = await HostSensorsDriver({"root": str(make_host(tmp_path))}).open({FIRST_CHANNEL})
    await asyncio.to_thread((tmp_path / "class/thermal/thermal_zone0/temp").unlink)
    with pytest.raises(SensorLost, match="has gone"):
        await source.read()
