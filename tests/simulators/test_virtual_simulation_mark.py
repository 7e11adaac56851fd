"""The mark by which a port tells that it is a simulator's."""

from __future__ import annotations

import os
import pty

from hydrogen_simulators.endpoints.simulation_mark import mark_simulated


def test_a_mark_can_be_held_once_and_ends_with_its_holder():
    master, slave = pty.openpty()
    device = os.ttyname(slave)
    first = mark_simulated(device)
    assert first is not None
    assert mark_simulated(device) is None
    first.close()
    again = mark_simulated(device)
    assert again is not None
    again.close()
    os.close(master)
    os.close(slave)


def test_a_system_without_such_names_has_no_marks(monkeypatch):
    monkeypatch.setattr("sys.platform", "darwin")
    assert mark_simulated("/dev/null") is None


def test_no_device_no_mark():
    assert mark_simulated("/dev/nowhere") is None
