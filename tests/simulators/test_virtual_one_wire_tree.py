"""The 1-Wire tree: files as the kernel shows them, and the faults that such sensors have."""

from __future__ import annotations

import pytest

from hydrogen_simulators.endpoints.one_wire_tree import OneWireTree
from hydrogen_simulators.sensors.one_wire import SensorFault, check_identity, crc8, sensor_files

SENSOR = "28-000005e2fdc3"


def test_a_known_scratchpad_has_its_known_checksum():
    """From the kernel's documentation of w1_therm: ``72 01 4b 46 7f ff 0e 10 57 : crc=57 YES``."""
    assert crc8(bytes.fromhex("72014b467fff0e10")) == 0x57


def test_files_look_like_the_kernels():
    files = sensor_files(SENSOR, 23.125)
    assert files["w1_slave"] == (
        "72 01 4b 46 7f ff 0c 10 {0} : crc={0} YES\n72 01 4b 46 7f ff 0c 10 {0} t=23125\n".format(
            f"{crc8(bytes.fromhex('72014b467fff0c10')):02x}"
        )
    )
    assert files["temperature"] == "23125\n"
    assert sensor_files(SENSOR, -10.125)["temperature"] == "-10125\n"


def test_faults():
    damaged = sensor_files(SENSOR, 20, SensorFault.CHECKSUM)["w1_slave"]
    assert " NO\n" in damaged
    assert sensor_files(SENSOR, 20, SensorFault.POWER_ON)["temperature"] == "85000\n"
    assert sensor_files(SENSOR, 20, SensorFault.GONE) == {}


@pytest.mark.parametrize("identity", ["28-1", "99-000005e2fdc3", "../../etc", "28-000005E2FDC3"])
def test_what_is_no_thermometer_is_refused(identity):
    with pytest.raises(ValueError, match="no 1-Wire thermometer"):
        check_identity(identity)


def test_sensors_come_change_and_go(tmp_path):
    tree = OneWireTree(tmp_path / "w1")
    master = tree.folder / "w1_bus_master1"
    assert (master / "w1_master_slaves").read_text() == "not found.\n"
    tree.show(SENSOR, 20)
    tree.show("28-0000000000ff", 30)
    assert (master / "w1_master_slaves").read_text() == f"{SENSOR}\n28-0000000000ff\n"
    tree.show(SENSOR, 21.5)
    assert (tree.folder / SENSOR / "temperature").read_text() == "21500\n"
    tree.show(SENSOR, 0, SensorFault.GONE)
    assert not (tree.folder / SENSOR).exists()
    assert (master / "w1_master_slave_count").read_text() == "1\n"
    assert (tree.folder / "simulated").exists()
    tree.remove()
    assert not tree.folder.exists()


def test_nothing_of_anybody_else_is_overwritten(tmp_path):
    (tmp_path / "mine").write_text("")
    with pytest.raises(ValueError, match="is not empty and no tree of a simulator"):
        OneWireTree(tmp_path)
