"""What the service was told, without what it must not tell."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hydrogen.config import configuration_from_table
from hydrogen.config_report import MASK, configuration_report

TABLE: dict[str, Any] = {
    "websocket": {"port": 5901},
    "auth": {"keys": ["a-secret-key-1"]},
    "printers": {
        "ender3": {
            "driver": "marlin",
            "port": "/dev/ttyUSB0",
            "heat": {"unasked_targets": "allow"},
            "power": {"off_command": ["/usr/bin/plug", "--token", "a-secret-token"]},
        }
    },
}


def test_every_key_is_there_and_no_secret() -> None:
    report = configuration_report(configuration_from_table(TABLE, "test"))
    assert "a-secret" not in json.dumps(report)
    config = report["config"]
    assert config["auth"]["keys"] == [MASK]
    assert config["printers"]["ender3"]["port"] == "/dev/ttyUSB0"
    assert config["printers"]["ender3"]["power"]["off_command"] == ["/usr/bin/plug", MASK, MASK]
    assert (config["web"]["port"], config["websocket"]["port"]) == (5000, 5901)


def test_each_key_that_is_no_default_says_where_it_comes_from(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_WEB__PORT", "5900")
    report = configuration_report(configuration_from_table(TABLE, "test"))
    assert report["config"]["web"]["port"] == 5900
    assert report["sources"] == {
        "auth.keys": "file",
        "printers.ender3.driver": "file",
        "printers.ender3.heat.unasked_targets": "file",
        "printers.ender3.port": "file",
        "printers.ender3.power.off_command": "file",
        "web.port": "environment",
        "websocket.port": "file",
    }


def test_a_key_of_the_environment_is_told_as_such(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", "a-secret-key-2")
    table = {"server": {"data_dir": str(tmp_path)}}
    report = configuration_report(configuration_from_table(table, "test"))
    assert report["sources"] == {"auth.keys": "environment", "server.data_dir": "file"}


def test_a_sensors_program_is_shown_without_its_arguments_and_its_token_not_at_all() -> None:
    command = ["/usr/local/bin/room", "--token", "a-secret-token"]
    table = {"sensors": {"room": {"driver": "command", "command": command}}}
    report = configuration_report(configuration_from_table(table, "test"))
    assert report["config"]["sensors"]["room"]["command"] == ["/usr/local/bin/room", MASK, MASK]
    assert report["sources"]["sensors.room.command"] == "file"
