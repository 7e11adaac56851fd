"""The driver of a table: is it installed, is it of the right kind, and what does it say of its own keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from hydrogen.config_problem import Problem, Refused, nearest, problem_from
from hydrogen.config_section import typed_by_field
from hydrogen.devices.driver import DriverManifest
from hydrogen.errors import HydrogenError
from hydrogen.fleet.plugins import PluginShelf


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedDriver:
    """manifest: what it says of itself. settings: its own keys, complete, as JSON values."""

    manifest: DriverManifest
    settings: Mapping[str, Any]


def checked_driver(
    driver: str, table: Mapping[str, Any], *, kind: str, place: tuple[str, str], source: str, shelf: PluginShelf
) -> CheckedDriver:
    """kind: `printer` or `sensor`. place: of the table, `("printers", NAME)`. Raises Refused."""
    key = f"{'.'.join(place)}.driver"
    installed = shelf.names_of(kind)
    if driver not in installed:
        known = ", ".join(installed) or "none is installed"
        expected = (
            f"an installed driver ({known})" if kind == "printer" else f"an installed driver of sensors ({known})"
        )
        raise Refused(
            [
                Problem(
                    source=source,
                    key=key,
                    found=repr(driver),
                    expected=expected,
                    suggestion=nearest(driver, installed),
                )
            ]
        )
    try:
        manifest, model = shelf.manifest(driver), shelf.config_model(driver)
        settings = model.model_validate(typed_by_field(model, table)).model_dump(mode="json")
    except ValidationError as error:
        raise Refused([problem_from(item, model, source, place) for item in error.errors()]) from None
    except HydrogenError as error:
        expected = "a driver that can be loaded"
        raise Refused([Problem(source=source, key=key, found=str(error), expected=expected)]) from error
    return CheckedDriver(manifest=manifest, settings=settings)
