"""The operation that tells what a printer is, as far as the configuration knows: for clients that offer only what fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.operations.operation import Call, NoParams, Operation
from hydrogen.operations.printer import HIGHEST_CELSIUS


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterProfile:
    """low_mm, high_mm: the ends of x, y, z, empty where they are not configured. celsius: the hottest that `nozzle`, `bed`,
    `chamber` may get, where that is configured. presets: targets to choose from, as JSON values."""

    low_mm: tuple[float, ...] = ()
    high_mm: tuple[float, ...] = ()
    celsius: Mapping[str, float] = field(default_factory=dict)
    presets: tuple[Mapping[str, Any], ...] = ()


class ProfileOperations:
    """The handler; what it promises to clients is its docstring."""

    def __init__(self, profile_of: Callable[[str], PrinterProfile]) -> None:
        self._profile_of = profile_of

    async def profile(self, call: Call) -> Mapping[str, Any]:
        """What the configuration knows of the printer: `{"low_mm", "high_mm", "highest_celsius", "presets"}`.

        `low_mm` and `high_mm` by axis, the ends that the nozzle may go to, null where they are not configured.
        `highest_celsius` by `tool`, `bed`, `chamber`: what `printer.set_temperature` takes, and less where the configuration
        says so. `presets`: `{"name", "nozzle_celsius", "bed_celsius", "chamber_celsius"}` each, null for a heater that is left
        alone.
        """
        known = self._profile_of(call.target)
        names = {"tool": "nozzle", "bed": "bed", "chamber": "chamber"}
        highest = {heater: min(limit, known.celsius.get(names[heater], limit)) for heater, limit in HIGHEST_CELSIUS}
        return {
            "low_mm": dict(zip("xyz", known.low_mm, strict=False)) or None,
            "high_mm": dict(zip("xyz", known.high_mm, strict=False)) or None,
            "highest_celsius": highest,
            "presets": [dict(preset) for preset in known.presets],
        }


def profile_operations(profile_of: Callable[[str], PrinterProfile]) -> list[Operation]:
    """All operations of this module."""
    does = ProfileOperations(profile_of)
    return [
        Operation(
            name="printer.profile",
            params=NoParams,
            scope="read",
            summary="Tell what is configured of the printer",
            handler=does.profile,
            needs_printer=True,
        )
    ]
