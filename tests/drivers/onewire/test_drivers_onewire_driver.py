"""Sensors of a virtual 1-Wire tree."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen.errors import SensorLost
from hydrogen_drivers.onewire.driver import OneWireDriver, OneWireSource
from hydrogen_simulators.endpoints.one_wire_tree import OneWireTree
from hydrogen_simulators.sensors.one_wire import SensorFault

CHAMBER, BED = "28-000005e2fdc3", "10-0008019ac5d2"


@pytest.fixture
def tree(tmp_path: Path) -> OneWireTree:
    tree = OneWireTree(tmp_path / "w1")
    tree.show(CHAMBER, 23.5)
    return tree


async def opened(tree: OneWireTree, *channels: str) -> OneWireSource:
    return await OneWireDriver({"root": str(tree.folder)}).open(channels or (FIRST_CHANNEL,))


async def test_the_only_sensor_needs_no_name(tree: OneWireTree) -> None:
    source = await opened(tree)
    assert source.is_simulated
    assert await source.read() == {FIRST_CHANNEL: Measurement(value=23.5, unit="C")}
    await source.close()


async def test_of_several_the_one_that_is_meant_must_be_named(tree: OneWireTree) -> None:
    source = await opened(tree)
    tree.show(BED, 60.0)
    with pytest.raises(SensorLost, match=f"there are 2 sensors on the bus \\({BED}, {CHAMBER}\\): name one"):
        await source.read()
    both = await opened(tree, CHAMBER, BED)
    assert {name: one.value for name, one in (await both.read()).items()} == {CHAMBER: 23.5, BED: 60.0}


@pytest.mark.parametrize("fault", [SensorFault.CHECKSUM, SensorFault.POWER_ON])
async def test_faults_have_no_value_and_say_why(tree: OneWireTree, fault: SensorFault) -> None:
    source = await opened(tree, CHAMBER)
    await source.read()
    tree.show(CHAMBER, 23.5, fault)
    broken = (await source.read())[CHAMBER]
    assert broken.value is None
    assert broken.fault
    tree.show(CHAMBER, 24.0)
    assert (await source.read())[CHAMBER].value == 24.0


async def test_a_sensor_that_is_gone_is_missing_and_comes_back(tree: OneWireTree) -> None:
    source = await opened(tree, CHAMBER, BED)
    assert set(await source.read()) == {CHAMBER}
    tree.show(CHAMBER, 0, SensorFault.GONE)
    tree.show(BED, 60.0)
    assert set(await source.read()) == {BED}


async def test_a_kernel_that_shows_only_the_temperature_is_read_as_well(tree: OneWireTree) -> None:
    (tree.folder / CHAMBER / "w1_slave").unlink()
    source = await opened(tree, CHAMBER)
    assert (await source.read())[CHAMBER].value == 23.5


async def test_what_the_kernel_cannot_read_is_a_fault_and_no_loss(tree: OneWireTree) -> None:
    file = tree.folder / CHAMBER / "w1_slave"
    await asyncio.to_thread(file.unlink)
    await asyncio.to_thread(file.mkdir)
    broken = (await (await opened(tree, CHAMBER)).read())[CHAMBER]
    assert broken.value is None
    assert "the kernel could not read it" in broken.fault


async def test_a_bus_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SensorLost, match="is 1-Wire switched on"):
        await OneWireDriver({"root": str(tmp_path / "none")}).open({CHAMBER})
    with pytest.raises(SensorLost, match="is no 1-Wire thermometer"):
        await OneWireDriver({"root": str(tmp_path)}).open({"../../etc/passwd"})
    source = await OneWireDriver({"root": str(tmp_path)}).open({FIRST_CHANNEL})
    assert not source.is_simulated
    with pytest.raises(SensorLost, match="there is no thermometer on the bus"):
        await source.read()
