"""Whether a simulator is behind a port, as the kernel tells."""

from __future__ import annotations

import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen_drivers.transports.simulated_port import is_simulated
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
