"""Readings of the machine, in the shapes of the original's status (cases C34, C36)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from hydrogen.system import machine

PERCENT = re.compile(r"\d+\.\d{3}")


def test_percentages_are_strings_with_three_decimals() -> None:
    assert machine.percent(1, 3) == "33.333"
    assert machine.percent(12.5) == "12.500"
    assert machine.percent(1, 0) == "0.000"
    load = machine.read_load()
    told = [load["cpu_usage"]["total"], *load["cpu_usage_per_core"].values(), load["memory"]["used_percent"]]
    told += [load["load_1min"], load["load_5min"], load["load_15min"]]
    assert all(PERCENT.fullmatch(text) for text in told)
    assert all(type(load["memory"][key]) is int for key in ("total", "used", "free"))


def test_loopback_and_file_systems_in_memory_are_left_out() -> None:
    details = machine.read_details()
    assert "lo" not in details["network"]
    for name, interface in details["network"].items():
        assert interface["name"] == name
        assert type(interface["rx_bytes"]) is int
    types = {mount["type"] for mount in details["filesystems"].values()}
    assert not types & {"tmpfs", "devtmpfs", "sysfs", "proc"}


def test_mount_that_cannot_be_asked_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    mount = SimpleNamespace(device="/dev/x", mountpoint="/gone", fstype="ext4")
    monkeypatch.setattr(psutil, "disk_partitions", lambda: [mount])
    assert machine.read_details()["filesystems"] == {}
    assert machine.read_disk_free(Path("/no/such/folder")) is None


def test_users_are_told_with_what_is_known_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    user = SimpleNamespace(name="pi", terminal=None, host=None, started=12.9)
    monkeypatch.setattr(psutil, "users", lambda: [user])
    assert machine.read_details()["logged_in_users"] == [{"username": "pi", "tty": "", "host": "", "login_time": 12}]


def test_swap_is_told_only_where_there_is_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(total=0, used=0, free=0))
    assert "swap_total" not in machine.read_load()["memory"]
    monkeypatch.setattr(psutil, "swap_memory", lambda: SimpleNamespace(total=4, used=1, free=3))
    assert machine.read_load()["memory"]["swap_used_percent"] == "25.000"


def test_open_files_are_typed() -> None:
    with open("/dev/null") as device, open(__file__) as file:
        told = {entry["fd"]: entry for entry in machine.read_open_files()}
        assert told[device.fileno()]["type"] == "device"
        assert told[file.fileno()] == {"fd": file.fileno(), "type": "file", "description": __file__}
    assert told[0]["type"] == "stdio"


def test_shares_are_between_nothing_and_all() -> None:
    assert 0.0 <= machine.read_cpu_share() <= 1.0
    assert 0.0 < machine.read_memory_share() < 1.0
    assert (machine.read_disk_free(Path("/")) or 0) > 0


def test_temperature_is_the_processors_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "sensors_temperatures", dict, raising=False)
    assert machine.read_temperature() is None
    sensors = {"nvme": [SimpleNamespace(current=30.0)], "cpu_thermal": [SimpleNamespace(current=55.5)]}
    monkeypatch.setattr(psutil, "sensors_temperatures", lambda: sensors, raising=False)
    assert machine.read_temperature() == 55.5
    monkeypatch.delattr(psutil, "sensors_temperatures", raising=False)
    assert machine.read_temperature() is None


def test_names_that_are_no_unicode_can_still_be_encoded() -> None:
    assert json.dumps(machine.clean_text("caf\udce9")).encode()
    assert set(machine.read_uname()) == {"sysname", "nodename", "release", "version", "machine"}


def test_process_tells_threads_and_bytes() -> None:
    threads, virtual_bytes, resident_bytes = machine.read_process()
    assert threads >= 1
    assert virtual_bytes >= resident_bytes > 1_000_000
