"""A port is known again by what does not change: over a sysfs tree as the kernel lays it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen_drivers.transports.port_identity import find_port, identity_of


class Bus:
    """A sysfs and a /dev below one folder; adapters come and go."""

    def __init__(self, folder: Path) -> None:
        self.sysfs, self.devices = folder / "sys", folder / "dev"
        (self.sysfs / "class" / "tty").mkdir(parents=True)
        self.devices.mkdir()

    def plug(self, name: str, socket: str, *, serial: str = "", vendor: str = "1a86", product: str = "7523") -> str:
        usb = self.sysfs / "devices" / "pci0000:00" / "usb1" / socket
        interface = usb / f"{socket}:1.0"
        port = interface / name if name.startswith("ttyUSB") else interface
        port.mkdir(parents=True)
        (usb / "idVendor").write_text(f"{vendor}\n")
        (usb / "idProduct").write_text(f"{product}\n")
        (interface / "bInterfaceNumber").write_text("00\n")
        if serial:
            (usb / "serial").write_text(f"{serial}\n")
        node = self.sysfs / "class" / "tty" / name
        node.mkdir()
        (node / "device").symlink_to(port)
        (self.devices / name).touch()
        return str(self.devices / name)

    def unplug(self, name: str) -> None:
        node = self.sysfs / "class" / "tty" / name
        (node / "device").unlink()
        node.rmdir()
        (self.devices / name).unlink()

    def identity(self, path: str) -> str:
        return str(identity_of(path, sysfs=self.sysfs))

    def find(self, identity: str, configured: str) -> str | None:
        return find_port(identity, configured, sysfs=self.sysfs, devices=self.devices)


@pytest.fixture
def bus(tmp_path: Path) -> Bus:
    return Bus(tmp_path)


@pytest.mark.parametrize("name", ["ttyUSB0", "ttyACM0"])
def test_adapter_with_a_serial_number_is_known_by_it(bus: Bus, name: str) -> None:
    path = bus.plug(name, "1-1.2", serial="AB12")
    assert bus.identity(path) == "usb:1a86:7523:AB12:00"


def test_adapter_without_one_is_known_by_its_socket(bus: Bus) -> None:
    path = bus.plug("ttyUSB0", "1-1.2")
    assert bus.identity(path) == "usb-socket:1a86:7523:1-1.2:00"


def test_stable_link_leads_to_the_same_identity(bus: Bus, tmp_path: Path) -> None:
    path = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    link = tmp_path / "usb-1a86-if00"
    link.symlink_to(path)
    assert bus.identity(str(link)) == bus.identity(path)


def test_port_without_usb_behind_it_has_no_identity_and_keeps_its_name(bus: Bus, tmp_path: Path) -> None:
    assert identity_of(str(tmp_path / "pty"), sysfs=bus.sysfs) is None
    assert bus.find("", "/dev/ttyAMA0") == "/dev/ttyAMA0"


def test_adapter_that_came_back_under_another_name_is_found_there(bus: Bus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    assert bus.find(identity, before) is None
    after = bus.plug("ttyUSB1", "1-1.4", serial="AB12")
    assert bus.find(identity, before) == after


def test_other_adapter_that_took_the_name_is_not_taken_for_it(bus: Bus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    bus.plug("ttyUSB0", "1-1.3", serial="CD34")
    assert bus.find(identity, before) is None
    again = bus.plug("ttyUSB1", "1-1.5", serial="AB12")
    assert bus.find(identity, before) == again


def test_adapter_without_a_serial_number_is_found_in_its_socket_only(bus: Bus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    bus.plug("ttyUSB0", "1-1.3")
    assert bus.find(identity, before) is None


def test_two_adapters_that_share_a_serial_number_are_told_apart_by_the_configured_name(bus: Bus) -> None:
    first = bus.plug("ttyUSB0", "1-1.2", serial="0001")
    bus.plug("ttyUSB1", "1-1.3", serial="0001")
    identity = bus.identity(first)
    assert bus.find(identity, first) == first
    assert bus.find(identity, "/dev/ttyUSB7") is None
