"""`hydrogen setup`: what it asks, what it writes, and that the service can start with it."""

from __future__ import annotations

import argparse
import re
import stat
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hydrogen.cli.exit_code import ExitCode
from hydrogen.cli.main import main, make_parser
from hydrogen.cli.setup import Answers, configuration_text, setup
from hydrogen.config import configuration_from_table, configured_printers, load_configuration
from hydrogen.errors import ConfigurationInvalid, Conflict, InvalidMessage, NotFound
from tests.support.usb_bus import UsbBus


def options(folder: Path, *words: str) -> argparse.Namespace:
    return make_parser().parse_args(["setup", "--config", str(folder / "h.toml"), *words])


def answering(*answers: str) -> Callable[[str], str]:
    remaining: Iterator[str] = iter(answers)
    return lambda _question: next(remaining)


def no_answer(question: str) -> str:
    raise EOFError(question)


@pytest.fixture
def bus(tmp_path: Path) -> UsbBus:
    bus = UsbBus(tmp_path / "tree")
    bus.plug("ttyUSB0", "1-1.2", serial="A7", vendor="0403", product="6001")
    return bus


def test_without_a_question_the_one_port_is_taken(
    tmp_path: Path, bus: UsbBus, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup(options(tmp_path, "--yes"), tree=bus.tree) is ExitCode.DONE
    configuration = load_configuration(tmp_path / "h.toml")
    (printer,) = configured_printers(configuration)
    assert (printer.name, printer.port, printer.driver) == ("printer", "usb:0403:6001:A7", "marlin")
    assert configuration.is_plain_refused
    said = capsys.readouterr().out
    assert f"Key: {configuration.api_keys[0]}" in said
    assert "hydrogen serve --config" in said
    assert not stat.S_IMODE((tmp_path / "h.toml").stat().st_mode) & 0o007
    assert main(["check-config", str(tmp_path / "h.toml")]) == ExitCode.DONE


def test_a_person_picks_port_name_and_network(tmp_path: Path, bus: UsbBus, capsys: pytest.CaptureFixture[str]) -> None:
    bus.plug("ttyUSB1", "1-1.3")
    assert setup(options(tmp_path), answering("7", "2", "ender3", "plain"), bus.tree) is ExitCode.DONE
    configuration = load_configuration(tmp_path / "h.toml")
    assert configuration.server.environment == "development"
    assert [(p.name, p.port) for p in configured_printers(configuration)] == [("ender3", "usb-socket:1a86:7523:1-1.3")]
    assert "it must stay there" in capsys.readouterr().out


def test_a_certificate_is_made_when_others_shall_connect(tmp_path: Path, bus: UsbBus) -> None:
    assert setup(options(tmp_path), answering("", "", ""), bus.tree) is ExitCode.DONE  # every first answer
    configuration = load_configuration(tmp_path / "h.toml")
    assert configuration.tls.certificate == tmp_path / "tls/certificate.pem"
    assert not configuration.is_plain_refused
    key = (tmp_path / "tls/key.pem").read_bytes()
    assert setup(options(tmp_path, "--yes", "--force", "--network", "tls"), tree=bus.tree) is ExitCode.DONE
    assert (tmp_path / "tls/key.pem").read_bytes() == key


def test_what_is_there_stays_unless_it_is_asked_for(tmp_path: Path, bus: UsbBus) -> None:
    (tmp_path / "h.toml").write_text("# mine\n")
    with pytest.raises(Conflict, match="--force"):
        setup(options(tmp_path, "--yes"), tree=bus.tree)
    with pytest.raises(Conflict, match="left as it is"):
        setup(options(tmp_path), answering("n"), bus.tree)
    assert (tmp_path / "h.toml").read_text() == "# mine\n"
    assert setup(options(tmp_path, "--network", "local", "--no-printer"), answering("y"), bus.tree) is ExitCode.DONE
    assert (tmp_path / "h.toml.old").read_text() == "# mine\n"
    assert configured_printers(load_configuration(tmp_path / "h.toml")) == ()


def test_where_it_cannot_know_it_says_what_to_give(tmp_path: Path, bus: UsbBus) -> None:
    bus.plug("ttyUSB1", "1-1.3")
    with pytest.raises(NotFound, match=r"2 ports were found on USB(.|\n)*1-1\.3"):
        setup(options(tmp_path, "--yes"), tree=bus.tree)
    with pytest.raises(InvalidMessage, match="nobody answers"):
        setup(options(tmp_path), no_answer, bus.tree)
    with pytest.raises(InvalidMessage, match="is no name"):
        setup(options(tmp_path, "--yes", "--port", "/dev/x", "--name", "Ender 3"), tree=bus.tree)
    with pytest.raises(InvalidMessage, match="none of local"):
        setup(options(tmp_path, "--port", "/dev/x", "--name", "e3"), answering("everybody"), bus.tree)
    with pytest.raises(ConfigurationInvalid, match="an installed driver"):
        setup(options(tmp_path, "--yes", "--port", "/dev/x", "--driver", "marlim"), tree=bus.tree)
    assert not (tmp_path / "h.toml").exists()


def test_without_a_port_one_may_be_typed(tmp_path: Path) -> None:
    bus = UsbBus(tmp_path / "tree")
    with pytest.raises(NotFound, match="plugged in and switched on"):
        setup(options(tmp_path, "--yes"), tree=bus.tree)
    assert setup(options(tmp_path), answering("tcp://10.0.0.7:23", "net", "local"), bus.tree) is ExitCode.DONE
    assert 'port = "tcp://10.0.0.7:23"' in (tmp_path / "h.toml").read_text()
    assert setup(options(tmp_path, "--force"), answering("", "local"), bus.tree) is ExitCode.DONE
    assert "printers" not in (tmp_path / "h.toml").read_text()


def test_for_the_system_the_folders_are_named_so_that_everybody_finds_them() -> None:
    answers = Answers(key="k" * 12, port='/dev/"x', name="e3", driver="marlin", network="plain", is_for_system=True)
    text = configuration_text(answers)
    table = tomllib.loads(text)
    assert table["server"] == {
        "environment": "development",
        "data_dir": "/var/lib/hydrogen",
        "runtime_dir": "/run/hydrogen",
    }
    assert table["printers"]["e3"]["port"] == '/dev/"x'
    assert configuration_from_table(table, "x").api_keys == ("k" * 12,)
    assert not re.search(r"\n\n\n", text)
