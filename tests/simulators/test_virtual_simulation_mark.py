"""The mark by which a port tells that it is a simulator's."""

from __future__ import annotations

import os
import pty
import socket

from hydrogen_simulators.endpoints.simulation_mark import listener_mark_name, mark_listener, mark_simulated


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


def test_a_listener_is_marked_by_its_address_or_by_its_number_alone():
    with socket.create_server(("127.0.0.1", 0)) as near, socket.create_server(("0.0.0.0", 0)) as wide:
        assert listener_mark_name(near) == f"\0hydrogen-sim/tcp/127.0.0.1:{near.getsockname()[1]}"
        assert listener_mark_name(wide) == f"\0hydrogen-sim/tcp/*:{wide.getsockname()[1]}"
        mark = mark_listener(near)
        assert mark is not None
        assert mark_listener(near) is None
        mark.close()
