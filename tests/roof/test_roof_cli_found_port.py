"""Which name of a port is the steadiest."""

from __future__ import annotations

from pathlib import Path

from hydrogen.cli.found_port import found_ports


def plug(dev: Path, device: str, *links: str) -> None:
    (dev / device).touch()
    for link in links:
        path = dev / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(dev / device)


def test_the_piece_goes_before_the_place_and_each_port_comes_once(tmp_path: Path) -> None:
    plug(
        tmp_path,
        "ttyUSB0",
        "hydrogen/ftdi-A5",
        "hydrogen/at-usb-1.2",
        "serial/by-id/usb-FTDI_A5",
        "serial/by-path/p-1.2",
    )
    plug(tmp_path, "ttyUSB1", "hydrogen/at-usb-1.3", "serial/by-path/p-1.3")
    plug(tmp_path, "ttyUSB2", "serial/by-id/usb-1a86", "serial/by-path/p-1.4")
    plug(tmp_path, "ttyUSB3", "serial/by-path/p-1.5")
    ports = found_ports(tmp_path)
    assert [(Path(port.device).name, Path(port.port).name, port.is_bound_to_place) for port in ports] == [
        ("ttyUSB0", "ftdi-A5", False),
        ("ttyUSB1", "at-usb-1.3", True),
        ("ttyUSB2", "usb-1a86", False),
        ("ttyUSB3", "p-1.5", True),
    ]


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    assert found_ports(tmp_path) == []
    (tmp_path / "serial/by-id").mkdir(parents=True)
    (tmp_path / "serial/by-id/dangling").symlink_to(tmp_path / "gone")
    (tmp_path / "serial/by-id/no-link").touch()
    assert found_ports(tmp_path) == []
