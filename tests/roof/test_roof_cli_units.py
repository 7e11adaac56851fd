"""`hydrogen units`. What systemd says of the units: tests/udev/test_udev_units.py."""

from __future__ import annotations

import fcntl
import sys
from pathlib import Path

import pytest

from hydrogen.cli import units
from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.host_files import HostCommand
from hydrogen.cli.main import main
from hydrogen.cli.units import configured_names, program_folder
from hydrogen.errors import ConfigurationInvalid, FileUnreadable


def test_units_are_installed_for_this_environment_checked_and_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--root", str(tmp_path)]
    assert main(["units", "install", *root]) == ExitCode.DONE
    said = capsys.readouterr().out
    assert "not run   systemctl daemon-reload" in said
    assert "systemctl enable --now hydrogen.service" in said
    service = (tmp_path / "etc/systemd/system/hydrogen.service").read_text()
    assert f"ExecStart={sys.prefix}/bin/hydrogen serve --config /etc/hydrogen/hydrogen.toml" in service
    assert main(["units", "check", *root]) == ExitCode.DONE
    assert main(["units", "check", *root, "--bin", "/opt/other/bin"]) == ExitCode.NOT_NOW
    assert main(["units", "remove", *root]) == ExitCode.DONE
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_units_are_not_removed_under_a_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = ["--root", str(tmp_path)]
    assert main(["units", "install", *root]) == ExitCode.DONE
    (tmp_path / "run/hydrogen").mkdir(parents=True)
    with (tmp_path / "run/hydrogen/ender3.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["units", "remove", *root]) == ExitCode.NOT_NOW
        assert "a spooler holds ender3" in capsys.readouterr().err
        assert (tmp_path / "etc/systemd/system/hydrogen.service").exists()
        assert main(["units", "remove", *root, "--force"]) == ExitCode.DONE


def test_programs_in_a_home_are_refused_for_the_whole_host(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["units", "install", "--dry-run", "--bin", "/home/pi/venv/bin"]) == ExitCode.NOT_NOW
    assert "install Hydrogen below /opt/hydrogen" in capsys.readouterr().err


def test_the_units_name_the_link_that_an_upgrade_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    release, other = tmp_path / "releases" / "1", tmp_path / "releases" / "2"
    for folder in (release, other):
        folder.mkdir(parents=True)
    current = tmp_path / "current"
    monkeypatch.setattr(units, "CURRENT", current)
    assert program_folder(release) == release / "bin"
    current.symlink_to(release)
    assert program_folder(release) == current / "bin"
    assert program_folder(other) == other / "bin"


def test_a_socket_is_started_for_every_printer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[HostCommand] = []
    monkeypatch.setattr(units, "run_commands", ran.extend)
    config = tmp_path / "h.toml"
    server = f'[server]\ndata_dir = "{tmp_path}"\n'
    config.write_text(server + '[printers.mk3]\nport = "x"\n[printers.ender3]\n[printers."../evil"]\n')
    assert main(["units", "sockets", "--config", str(config)]) == ExitCode.DONE
    started = "systemctl start hydrogen-spooler@ender3.socket hydrogen-spooler@mk3.socket"
    assert [str(command) for command in ran] == [started]
    (tmp_path / "printers.toml").write_text("[printers.added]\n[printers.mk3]\n[printers.'../evil']\n")
    config.write_text(server + "[printers.mk3]\n")
    assert main(["units", "sockets", "--config", str(config)]) == ExitCode.DONE
    assert str(ran.pop()) == "systemctl start hydrogen-spooler@added.socket hydrogen-spooler@mk3.socket"
    (tmp_path / "printers.toml").unlink()
    config.write_text(server)
    assert main(["units", "sockets", "--config", str(config)]) == ExitCode.DONE
    assert len(ran) == 1


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"h\.toml"):
        configured_names(tmp_path / "h.toml")
    (tmp_path / "h.toml").write_text("[printers")
    with pytest.raises(ConfigurationInvalid, match="no TOML"):
        configured_names(tmp_path / "h.toml")
