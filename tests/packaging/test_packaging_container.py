"""The container files, as far as they can be read without an engine: they run what is ours, and share what they must."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.main import make_parser
from hydrogen.config_section import ServerSection
from hydrogen.spooler_process import _parse
from tests.packaging.wheels import ROOT

yaml = pytest.importorskip("yaml")

FOLDER = ROOT / "docs" / "container"
PREFIX = "HYDROGEN_SERVER__"


def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())["services"]
    return found


def is_shared(volume: str) -> bool:
    return not volume.startswith((".", "/"))


def test_both_share_run_and_data_and_neither_is_privileged() -> None:
    both = services()
    shared = [{volume for volume in one["volumes"] if is_shared(volume)} for one in both.values()]
    assert shared[0] == shared[1] == {"run:/run/hydrogen", "data:/var/lib/hydrogen"}
    for one in both.values():
        assert "privileged" not in one
        assert one["pid"] == "host"
        assert one["image"] == "hydrogen"


def test_what_they_run_is_a_command_of_ours() -> None:
    both = services()
    program, *words = both["service"]["command"]
    assert program == "hydrogen"
    assert make_parser().parse_args(words).config == Path("/etc/hydrogen/hydrogen.toml")
    *start, name, flag, folder = both["spooler-ender3"]["command"]
    assert start == ["python", "-P", "-m", "hydrogen.spooler_process"]
    options = _parse([name, flag, folder])
    assert (options.name, options.runtime_dir, options.detach) == ("ender3", "/run/hydrogen", False)


def test_every_variable_is_a_key_of_the_configuration() -> None:
    text = (FOLDER / "Containerfile").read_text()
    variables = {word.partition("=")[0] for word in shlex.split(text, comments=True) if word.startswith(PREFIX)}
    variables |= set(services()["service"]["environment"])
    assert {variable.removeprefix(PREFIX).lower() for variable in variables} <= set(ServerSection.model_fields)
    assert f"{PREFIX}SPOOLERS" in variables
