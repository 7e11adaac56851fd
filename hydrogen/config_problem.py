"""What is wrong with a configuration, in words: where, what was found, what was expected, what may have been meant."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from hydrogen.config_section import EnvironmentText
from hydrogen.errors import ConfigurationInvalid

ENVIRONMENT_PREFIX = "HYDROGEN_"

_SECRET = re.compile(r"key|token|pass|secret|auth|cred|cert|jwt", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong: where, what was found (masked for secrets), what was expected, and what may have been meant."""

    source: str
    key: str
    found: str
    expected: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f". Did you mean {self.suggestion!r}?" if self.suggestion else ""
        return f"{self.source}: {self.key}: found {self.found}, expected {self.expected}{hint}"


class Refused(Exception):
    """A table is wrong; whoever reads several tables collects what is wrong with all of them."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(len(problems))
        self.problems = problems


def refusal(problems: Sequence[Problem]) -> ConfigurationInvalid:
    """The error for all of them; its details are those of the first."""
    first = problems[0]
    return ConfigurationInvalid(
        "\n".join(str(problem) for problem in problems),
        file=first.source,
        key=first.key,
        found=first.found,
        expected=first.expected,
    )


def problem_from(item: Any, model: type[BaseModel], source: str, prefix: tuple[str, ...]) -> Problem:
    """What pydantic found (`item`) in a table of `model` at `prefix`, with the environment variable that it may come from."""
    place = (*prefix, *(str(part) for part in item["loc"]))
    key = ".".join(place)
    wanted = ENVIRONMENT_PREFIX + "__".join(place).upper()
    variables = [name for name in os.environ if name == wanted or name.startswith(f"{wanted}__")]
    if variables and (wanted in variables or item["type"] == "extra_forbidden"):
        source = f"environment variable {variables[0]}"
    if item["type"] == "extra_forbidden":
        known = _known_keys(model, tuple(item["loc"][:-1]))
        expected = f"one of {', '.join(sorted(known))}"
        return Problem(
            source=source, key=key, found="an unknown key", expected=expected, suggestion=nearest(place[-1], known)
        )
    if item["type"] == "missing":
        return Problem(source=source, key=key, found="nothing", expected="a value: this key has no default")
    message = str(item["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return Problem(source=source, key=key, found=_shown(key, item.get("input")), expected=message)


def _known_keys(model: type[BaseModel], place: tuple[Any, ...]) -> list[str]:
    for part in place:
        hint = model.model_fields[part].annotation if part in model.model_fields else None
        if not (isinstance(hint, type) and issubclass(hint, BaseModel)):
            return []
        model = hint
    return list(model.model_fields)


def nearest(text: str, known: Sequence[str]) -> str:
    """What may have been meant; "" for nothing like it."""
    return next(iter(difflib.get_close_matches(text, known, n=1)), "")


def _shown(key: str, value: Any) -> str:
    if _SECRET.search(key):
        return f"a value of type {type(value).__name__} (not shown)"
    text = repr(str(value) if isinstance(value, EnvironmentText) else value)
    return text if len(text) <= 60 else text[:57] + "..."
