"""`hydrogen udev`. What the rules do: tests/udev/test_udev_rules.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main


def test_rules_are_installed_checked_and_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "etc/udev/rules.d/70-hydrogen.rules"
    root = ["--root", str(tmp_path)]
    assert main(["udev", "check", *root]) == ExitCode.NOT_NOW
    assert main(["udev", "install", *root]) == ExitCode.DONE
    assert "not run   udevadm control --reload" in capsys.readouterr().out
    assert "HYDROGEN_KIND" in rules.read_text()
    assert main(["udev", "check", *root]) == ExitCode.DONE
    rules.write_text("# mine\n")
    assert main(["udev", "check", *root]) == ExitCode.NOT_NOW
    assert main(["udev", "remove", *root]) == ExitCode.DONE
    assert not rules.exists()
