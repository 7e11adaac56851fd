"""The grammar of `udev`, `units` and `setup`."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.cli.main import make_parser


@pytest.mark.parametrize("command", ["udev", "units"])
@pytest.mark.parametrize("action", ["install", "check", "remove"])
def test_both_have_the_same_actions_and_a_root(command: str, action: str) -> None:
    options = make_parser().parse_args([command, action, "--dry-run", "--root", "/image"])
    assert (options.command, options.action, options.dry_run, options.root) == (command, action, True, Path("/image"))
    assert make_parser().parse_args([command, action]).root == Path("/")


def test_units_have_a_folder_of_programs_and_their_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    options = make_parser().parse_args(["units", "install", "--bin", "/opt/h/bin", "--now"])
    assert (options.bin, options.now, options.force) == (Path("/opt/h/bin"), True, False)
    assert make_parser().parse_args(["units", "sockets", "--config", "x.toml"]).config == Path("x.toml")
    with pytest.raises(SystemExit):
        make_parser().parse_args(["udev"])
    assert "ACTION" in capsys.readouterr().err


def test_setup_asks_nothing_when_it_is_told_so() -> None:
    words = ["setup", "--port", "/dev/x", "--name", "ender3", "--network", "plain", "--yes", "--config", "h.toml"]
    options = make_parser().parse_args(words)
    assert (options.port, options.name, options.network, options.yes) == ("/dev/x", "ender3", "plain", True)
    assert not options.force
