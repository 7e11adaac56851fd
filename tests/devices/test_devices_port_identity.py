"""A port is known again by what does not change: over a sysfs tree as the kernel lays it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.devices.port_identity import identified_ports, identity_of, presence_of, resolve_port
from hydrogen.errors import PortMissing, PortUnusable
from tests.support.usb_bus import UsbBus


@pytest.fixture
def bus(tmp_path: Path) -> UsbBus:
    return UsbBus(tmp_path)


@pytest.mark.parametrize("name", ["ttyUSB0", "ttyACM0"])
def test_adapter_with_a_serial_number_is_known_by_it(bus: UsbBus, name: str) -> None:
    path = bus.plug(name, "1-1.2", serial="AB12")
    assert bus.identity(path) == "usb:1a86:7523:AB12:00"


def test_adapter_without_one_is_known_by_its_socket(bus: UsbBus) -> None:
    path = bus.plug("ttyUSB0", "1-1.2")
    assert bus.identity(path) == "usb-socket:1a86:7523:1-1.2:00"


def test_stable_link_leads_to_the_same_identity(bus: UsbBus, tmp_path: Path) -> None:
    path = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    link = tmp_path / "usb-1a86-if00"
    link.symlink_to(path)
    assert bus.identity(str(link)) == bus.identity(path)


def test_port_without_usb_behind_it_has_no_identity_and_keeps_its_name(bus: UsbBus, tmp_path: Path) -> None:
    assert identity_of(str(tmp_path / "pty"), bus.tree) is None
    assert bus.find("", "/dev/ttyAMA0") == "/dev/ttyAMA0"


def test_adapter_that_came_back_under_another_name_is_found_there(bus: UsbBus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    assert bus.find(identity, before) is None
    after = bus.plug("ttyUSB1", "1-1.4", serial="AB12")
    assert bus.find(identity, before) == after


def test_other_adapter_that_took_the_name_is_not_taken_for_it(bus: UsbBus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    bus.plug("ttyUSB0", "1-1.3", serial="CD34")
    assert bus.find(identity, before) is None
    again = bus.plug("ttyUSB1", "1-1.5", serial="AB12")
    assert bus.find(identity, before) == again


def test_adapter_without_a_serial_number_is_found_in_its_socket_only(bus: UsbBus) -> None:
    before = bus.plug("ttyUSB0", "1-1.2")
    identity = bus.identity(before)
    bus.unplug("ttyUSB0")
    bus.plug("ttyUSB0", "1-1.3")
    assert bus.find(identity, before) is None


def test_two_adapters_that_share_a_serial_number_are_told_apart_by_the_configured_name(bus: UsbBus) -> None:
    first = bus.plug("ttyUSB0", "1-1.2", serial="0001")
    bus.plug("ttyUSB1", "1-1.3", serial="0001")
    identity = bus.identity(first)
    assert bus.find(identity, first) == first
    assert bus.find(identity, "/dev/ttyUSB7") is None


@pytest.mark.parametrize(
    "text", ["usb:1a86:7523:AB12", "usb:1a86:7523:AB12:00", "usb:1a86:7523", "usb-socket:1a86:7523:1-1.2"]
)
def test_adapter_is_found_by_any_of_its_names_whatever_the_kernel_calls_it(bus: UsbBus, text: str) -> None:
    bus.plug("ttyUSB0", "1-1.4", vendor="0403", product="6001", serial="AB12")
    wanted = bus.plug("ttyUSB3", "1-1.2", serial="AB12")
    assert resolve_port(parse_port(text), bus.tree) == wanted


def test_serial_number_with_colons_is_one(bus: UsbBus) -> None:
    wanted = bus.plug("ttyACM0", "1-1.2", vendor="303a", product="1001", serial="7C:DF:A1:00:11:22")
    for text in ("usb:303a:1001:7C:DF:A1:00:11:22", "usb:303a:1001:7C:DF:A1:00:11:22:00"):
        assert resolve_port(parse_port(text), bus.tree) == wanted


def test_adapter_that_is_away_is_missing_and_another_one_is_not_taken(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.2", serial="AB13")
    with pytest.raises(PortMissing, match="usb:1a86:7523:AB12"):
        resolve_port(parse_port("usb:1a86:7523:AB12"), bus.tree)


def test_two_equal_adapters_are_not_guessed_between_but_named_by_their_sockets(bus: UsbBus) -> None:
    first, second = bus.plug("ttyUSB0", "1-1.2"), bus.plug("ttyUSB1", "1-1.3")
    with pytest.raises(
        PortUnusable, match=r"usb-socket:1a86:7523:1-1\.2:00 \(ttyUSB0\), usb-socket:1a86:7523:1-1\.3:00"
    ):
        resolve_port(parse_port("usb:1a86:7523"), bus.tree)
    assert resolve_port(parse_port("usb-socket:1a86:7523:1-1.3"), bus.tree) == second
    assert [port.path for port in identified_ports(bus.tree)] == [first, second]


def test_presence_changes_with_each_coming(bus: UsbBus) -> None:
    address = parse_port("usb:1a86:7523:AB12")
    assert presence_of(address, bus.tree) is None
    bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    first = presence_of(address, bus.tree)
    bus.unplug("ttyUSB0")
    assert presence_of(address, bus.tree) is None
    bus.plug("ttyUSB1", "1-1.2", serial="AB12")
    assert None is not presence_of(address, bus.tree) != first
    assert presence_of(parse_port("tcp://bridge:23"), bus.tree) == ()
