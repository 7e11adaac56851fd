"""`hydrogen ports`, with a service and without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import make_parser
from hydrogen.cli.port import list_ports, port_lines
from hydrogen.errors import ServiceUnreachable
from hydrogen.fleet.discovery import PortDesk
from tests.roof.house_in_process import KEY, house_in_process
from tests.support.usb_bus import UsbBus


async def test_without_a_service_the_machine_is_looked_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bus = UsbBus(tmp_path / "tree")
    bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    bus.plug("ttyUSB1", "1-1.3")
    options = make_parser().parse_args(["ports", "--runtime-dir", str(tmp_path / "run")])
    assert await list_ports(options, bus.tree) is ExitCode.DONE
    out = capsys.readouterr().out.splitlines()
    assert out[0] == f'port = "usb:1a86:7523:AB12"   CH340 adapter at {bus.devices}/ttyUSB0'
    assert out[1].startswith('port = "usb-socket:1a86:7523:1-1.3"')
    assert "must stay there" in out[2]


async def test_machine_without_ports_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = make_parser().parse_args(["ports", "--runtime-dir", str(tmp_path / "run")])
    assert await list_ports(options, UsbBus(tmp_path / "tree").tree) is ExitCode.DONE
    assert "no serial port is there" in capsys.readouterr().out
    options = make_parser().parse_args(["ports", "--json", "--runtime-dir", str(tmp_path / "run")])
    assert await list_ports(options, UsbBus(tmp_path / "another").tree) is ExitCode.DONE
    assert json.loads(capsys.readouterr().out) == []


async def test_service_elsewhere_is_not_replaced_by_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    where = ["--url", "ws://127.0.0.1:1", "--runtime-dir", str(tmp_path / "run")]
    with pytest.raises(ServiceUnreachable):
        await list_ports(make_parser().parse_args(["ports", *where]), UsbBus(tmp_path / "tree").tree)


async def test_a_service_tells_who_uses_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", KEY)
    bus = UsbBus(tmp_path / "tree")
    bus.plug("ttyUSB0", "1-1.2", serial="AB12")
    async with house_in_process(tmp_path) as house:
        monkeypatch.setattr(house.hydrogen._port_desk, "_tree", bus.tree)
        monkeypatch.setattr(house.hydrogen._port_desk, "_ports", {"ender3": str(bus.devices / "ttyUSB0")})
        assert isinstance(house.hydrogen._port_desk, PortDesk)
        options = make_parser().parse_args(["ports", "--runtime-dir", str(tmp_path / "run")])
        assert await list_ports(options) is ExitCode.DONE
    out = capsys.readouterr().out.splitlines()
    assert out[0].endswith("ttyUSB0, used by ender3")
    assert "write 'usb:1a86:7523:AB12' for ender3" in out[1]


def test_port_of_a_printer_that_may_not_be_seen_is_in_use() -> None:
    (line,) = port_lines([{"path": "/dev/ttyAMA0", "bind": "/dev/ttyAMA0", "title": "serial port", "in_use": True}])
    assert line == 'port = "/dev/ttyAMA0"   serial port, in use'
