"""Whether a simulator is behind a port, as the kernel tells."""

from __future__ import annotations

import os
import pty
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen_drivers.transports.simulated_port import is_simulated, is_simulated_peer
from hydrogen_simulators.pytest_plugin import VirtualPrinter


def test_a_virtual_printer_is_told_from_any_other_port(
    start_virtual_printer: Callable[..., VirtualPrinter], tmp_path: Path
) -> None:
    printer = start_virtual_printer(firmware_name="Marlin, a very real one")
    assert is_simulated(str(printer.link))
    assert is_simulated(str(printer.link.resolve()))
    master, slave = pty.openpty()
    (tmp_path / "ttyREAL").symlink_to(os.ttyname(slave))
    assert not is_simulated(str(tmp_path / "ttyREAL"))
    assert not is_simulated(str(tmp_path / "nothing"))
    os.close(master)
    os.close(slave)


def test_what_is_gone_is_no_simulator(start_virtual_printer: Callable[..., VirtualPrinter]) -> None:
    printer = start_virtual_printer()
    device = str(printer.link.resolve())
    printer.pull_cable()
    assert not is_simulated(device)


def test_elsewhere_nothing_is_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    assert not is_simulated("/dev/null")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0"])
def test_a_virtual_printer_on_the_network_is_told_from_a_bridge(
    start_virtual_printer: Callable[..., VirtualPrinter], host: str
) -> None:
    printer = start_virtual_printer(None, tcp=(host, 0))
    number = int(printer.name.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", number), timeout=10) as link:
        assert is_simulated_peer(link)
        printer.pull_cable()
        assert not is_simulated_peer(link)
    with socket.create_server(("127.0.0.1", 0)) as bridge, socket.create_connection(bridge.getsockname()) as link:
        assert not is_simulated_peer(link)


def test_a_simulator_here_says_nothing_of_the_same_port_on_another_machine(
    start_virtual_printer: Callable[..., VirtualPrinter],
) -> None:
    printer = start_virtual_printer(None, tcp=("0.0.0.0", 0))
    number = int(printer.name.rpartition(":")[2])

    class FarLink(socket.socket):
        def getpeername(self) -> tuple[str, int]:
            return "192.0.2.7", number

        def getsockname(self) -> tuple[str, int]:
            return "192.0.2.1", 40_000

    with FarLink() as link:
        assert not is_simulated_peer(link)


def test_a_socket_that_is_not_connected_has_no_simulator_behind_it() -> None:
    with socket.socket() as link:
        assert not is_simulated_peer(link)
