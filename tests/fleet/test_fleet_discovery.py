"""The machine's ports, over a tree as the kernel lays it out."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.devices.port_identity import resolve_port
from hydrogen.fleet.discovery import BoundBy, FoundPort, PortDesk, found_ports
from hydrogen.fleet.printer import ConfiguredPrinter
from hydrogen.fleet.usb_ids import LikelyKind
from tests.support.usb_bus import UsbBus


@pytest.fixture
def bus(tmp_path: Path) -> UsbBus:
    return UsbBus(tmp_path)


def by_name(bus: UsbBus, **printers: str) -> dict[str, FoundPort]:
    return {Path(port.path).name: port for port in found_ports(printers, bus.tree)}


def test_an_adapter_tells_who_it_is_and_what_to_write(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.2", serial="AB12", words="USB Serial")
    (port,) = found_ports({}, bus.tree)
    assert port.bind == "usb:1a86:7523:AB12"
    assert (port.bound_by, port.note, port.advice) == (BoundBy.SERIAL_NUMBER, "", "")
    assert (port.kind, port.title, port.words) == (LikelyKind.ADAPTER, "CH340 adapter", "USB Serial")
    assert port.by_id.endswith("serial/by-id/usb-1a86_7523_AB12-if00-port0")
    assert port.by_path.endswith("by-path/platform-usb-0:1.2:1.0-port0")
    assert port.printer is None


def test_what_is_told_to_be_written_leads_back_to_each_port(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.1", serial="AB12")
    bus.plug("ttyUSB1", "1-1.2")
    bus.plug("ttyUSB2", "1-1.3")
    bus.plug("ttyUSB3", "1-1.4", vendor="10c4", product="ea60", serial="0001")
    bus.plug("ttyUSB4", "1-1.5", vendor="10c4", product="ea60", serial="0001")
    bus.plug("ttyACM0", "1-1.6", vendor="2c99", product="0002", serial="CZPX")
    for name, port in by_name(bus).items():
        assert Path(resolve_port(parse_port(port.bind), bus.tree)).name == name


def test_equal_adapters_without_serial_numbers_fall_back_to_their_sockets_and_say_so(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.2")
    bus.plug("ttyUSB1", "1-1.3")
    ports = by_name(bus)
    assert ports["ttyUSB0"].bind == "usb-socket:1a86:7523:1-1.2"
    assert ports["ttyUSB1"].bind == "usb-socket:1a86:7523:1-1.3"
    for port in ports.values():
        assert port.bound_by is BoundBy.SOCKET
        assert "no serial number (2 like it are plugged in)" in port.note
        assert "must stay there" in port.note


def test_clones_with_one_serial_number_are_known_by_their_sockets_too(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.2", serial="0001")
    assert by_name(bus)["ttyUSB0"].bind == "usb:1a86:7523:0001"
    bus.plug("ttyUSB1", "1-1.3", serial="0001")
    ports = by_name(bus)
    assert ports["ttyUSB0"].bind == "usb-socket:1a86:7523:1-1.2"
    assert "the same serial number" in ports["ttyUSB1"].note


def test_users_are_found_by_whatever_name_they_use(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.1", serial="A")
    bus.plug("ttyUSB1", "1-1.2", serial="B")
    bus.plug("ttyUSB2", "1-1.3", serial="C")
    bus.plug("ttyUSB3", "1-1.4", serial="D")
    ports = by_name(
        bus,
        number=str(bus.devices / "ttyUSB0"),
        link=str(bus.devices / "serial/by-id/usb-1a86_7523_B-if00-port0"),
        adapter="usb:1a86:7523:C",
        bridge="tcp://10.0.0.7:23",
        gone="usb:1a86:7523:E",
        strange="socket://x",
    )
    assert {name: port.printer for name, port in ports.items()} == {
        "ttyUSB0": "number",
        "ttyUSB1": "link",
        "ttyUSB2": "adapter",
        "ttyUSB3": None,
    }
    assert "write 'usb:1a86:7523:A' for number" in ports["ttyUSB0"].advice
    assert not ports["ttyUSB1"].advice
    assert not ports["ttyUSB2"].advice


def test_uart_of_the_board_is_told_and_a_phantom_or_a_pty_is_not(bus: UsbBus) -> None:
    for name, kind in (("ttyAMA0", "32"), ("ttyS0", "0"), ("ttyS1", "4")):
        folder = bus.sysfs / "class" / "tty" / name
        folder.mkdir()
        (folder / "type").write_text(f"{kind}\n")
        (bus.devices / name).touch()
    (bus.devices / "pts").mkdir()
    (bus.devices / "pts" / "3").touch()
    ports = by_name(bus)
    assert sorted(ports) == ["ttyAMA0", "ttyS1"]
    assert ports["ttyAMA0"].bind == str(bus.devices / "ttyAMA0")
    assert (ports["ttyAMA0"].kind, ports["ttyAMA0"].bound_by) == (LikelyKind.UART, BoundBy.PATH)


async def test_desk_knows_the_configured_printers(bus: UsbBus) -> None:
    bus.plug("ttyUSB0", "1-1.1", serial="A")
    printer = ConfiguredPrinter(name="ender3", driver="marlin", factory="m:f", settings={}, port="usb:1a86:7523:A")
    (port,) = await PortDesk([printer], bus.tree).look()
    assert port.printer == "ender3"


async def test_machine_without_any_port_has_none(tmp_path: Path) -> None:
    assert await PortDesk([], UsbBus(tmp_path).tree).look() == ()
    assert isinstance(await PortDesk([]).look(), tuple)  # whatever this machine has
