"""The keys of a program."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydrogen_drivers.command.config import CommandConfig


def test_a_program_and_its_arguments() -> None:
    config = CommandConfig(command=["/bin/echo", "23.5"])
    assert config.model_dump(mode="json") == {"command": ["/bin/echo", "23.5"], "timeout_seconds": 5.0, "pattern": ""}


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"command": []},
        {"command": [""]},
        {"command": ["a\0b"]},
        {"command": "echo 23.5"},
        {"command": ["x"], "timeout_seconds": 0},
        {"command": ["x"], "timeout_seconds": float("nan")},
        {"command": ["x"], "pattern": "("},
    ],
)
def test_what_could_not_work_is_refused(keys: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CommandConfig(**keys)
