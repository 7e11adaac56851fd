"""What the service was told, for who may see it: every key with its value, secrets masked, and where it comes from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hydrogen.config import Configuration
from hydrogen.config_problem import ENVIRONMENT_PREFIX

MASK = "**********"
"""As pydantic masks secrets."""

_SECRET = re.compile(r"key|token|pass|secret|cred|jwt", re.IGNORECASE)
"""Keys of drivers' own tables whose values are not shown; our own tables know which of theirs are secret."""

_KEY_VARIABLES = ("HYDROGEN_API_KEY", "WEBSOCKET_KEY")


def configuration_report(configuration: Configuration) -> dict[str, Any]:
    """`{"config": {...}, "sources": {"websocket.port": "file"}}`, JSON values; what is not among the sources is a default.

    Of a program (those that switch a printer's power, a sensor's) only its name is shown: its arguments may hold a token.
    """
    config: dict[str, Any] = configuration.model_dump(mode="json")
    for name, section in configuration.printers.items():
        table = config["printers"][name]
        _mask_extras(table, section.model_extra or {})
        for key in ("off_command", "on_command", "state_command"):
            command = table["power"][key]
            table["power"][key] = [*command[:1], *(MASK for _ in command[1:])]
    for name, sensor in configuration.sensors.items():
        _mask_extras(config["sensors"][name], sensor.model_extra or {})
    return {"config": config, "sources": dict(sorted(_sources(configuration, ())))}


def _mask_extras(table: dict[str, Any], extras: Mapping[str, Any]) -> None:
    """The keys of a driver, whose words are not known here."""
    for key, value in extras.items():
        if _SECRET.search(key) and value is not None:
            table[key] = MASK
        elif isinstance(value, list):
            table[key] = [*value[:1], *(MASK for _ in value[1:])]


def _sources(model: Any, place: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Each key that was given, and by what. model: a table of the configuration, or a mapping of tables."""
    inner = model if isinstance(model, Mapping) else {name: getattr(model, name) for name in model.model_fields_set}
    for name, value in inner.items():
        here = (*place, name)
        if hasattr(value, "model_fields_set") or (isinstance(value, Mapping) and here in (("printers",), ("sensors",))):
            yield from _sources(value, here)
        else:
            yield ".".join(here), _source_of(here, value)


def _source_of(place: tuple[str, ...], value: Any) -> str:
    if ENVIRONMENT_PREFIX + "__".join(place).upper() in os.environ:
        return "environment"
    if place == ("auth", "keys"):
        keys = [key.get_secret_value() for key in value]
        if keys in ([os.environ.get(name)] for name in _KEY_VARIABLES):
            return "environment"
    return "file"
