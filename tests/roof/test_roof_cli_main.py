"""The grammar of the command line, and how errors become exit codes."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hydrogen import __version__
from hydrogen.cli import main as main_module
from hydrogen.cli.exit_code import EXIT_CODE_MEANINGS, ExitCode
from hydrogen.cli.main import main, make_parser
from hydrogen.errors import PortMissing


def test_help_teaches_by_examples_and_explains_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "hydrogen print cube.gcode --wait" in shown
    for code, meaning in EXIT_CODE_MEANINGS:
        assert f"{code.value:<5}{meaning}" in shown


@pytest.mark.parametrize(
    "command",
    [
        "serve",
        "demo",
        "print",
        "watch",
        "status",
        "pause",
        "resume",
        "cancel",
        "answer",
        "emergency",
        "stop",
        "files",
        "queue",
        "check-config",
        "protocol",
    ],
)
def test_every_command_has_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert len(capsys.readouterr().out) > 80


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"hydrogen {__version__}\n"


def test_no_command_shows_the_help_and_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ExitCode.USAGE
    assert "examples" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        ["serve", "--config", "x", "--simulate"],
        ["demo", "--speed", "0"],
        ["demo", "--speed", "fast"],
        ["dance"],
        ["print"],
        ["stop", "--url", "ws://x/"],
    ],
)
def test_a_wrong_command_line_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == ExitCode.USAGE
    assert "usage" in capsys.readouterr().err


def test_options_arrive_where_they_belong() -> None:
    options = make_parser().parse_args(["print", "a.gcode", "--printer", "b", "--wait", "--key-file", "k"])
    assert (options.file, options.printer, options.wait, options.key_file) == ("a.gcode", "b", True, Path("k"))
    assert make_parser().parse_args(["emergency"]).printer is None
    assert make_parser().parse_args(["serve", "--simulate", "--speed", "max"]).speed == "max"


def test_an_error_is_one_line_and_its_exit_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_options: object) -> int:
        raise PortMissing("there is no port")

    monkeypatch.setattr(main_module, "_check_config", fail)
    assert main(["check-config", "x"]) == ExitCode.NOT_NOW
    assert capsys.readouterr().err == "hydrogen: there is no port\n"


def test_ctrl_c_is_an_exit_code_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(_options: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "_check_config", interrupt)
    assert main(["check-config", "x"]) == ExitCode.INTERRUPTED


def test_help_and_version_import_nothing_heavy() -> None:
    code = (
        "import sys; from hydrogen.cli.main import make_parser; make_parser();"
        "print([m for m in ('pydantic', 'websockets', 'rich', 'structlog', 'psutil', 'sqlite3') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert shown.stdout == "[]\n"
