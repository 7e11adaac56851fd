"""What clients are told of a printer's size, heat and presets."""

from __future__ import annotations

from typing import Any

from hydrogen.operations.printer import HIGHEST_CELSIUS
from hydrogen.operations.printer_profile import PrinterProfile, profile_operations
from tests.operations.fleet import call, named


async def ask(profile: PrinterProfile) -> Any:
    return await call(named(profile_operations(lambda _name: profile), "printer.profile"), {})


async def test_a_printer_that_nobody_described_has_the_limits_of_all() -> None:
    assert await ask(PrinterProfile()) == {
        "low_mm": None,
        "high_mm": None,
        "highest_celsius": dict(HIGHEST_CELSIUS),
        "presets": [],
    }


async def test_what_is_configured_counts_where_it_is_stricter() -> None:
    pla = {"name": "PLA", "nozzle_celsius": 210.0, "bed_celsius": None, "chamber_celsius": None}
    told = await ask(
        PrinterProfile(
            low_mm=(0.0, -3.0, 0.0),
            high_mm=(220.0, 220.0, 250.0),
            celsius={"nozzle": 260.0, "bed": 900.0},
            presets=(pla,),
        )
    )
    assert told["low_mm"] == {"x": 0.0, "y": -3.0, "z": 0.0} and told["high_mm"]["z"] == 250.0
    assert told["highest_celsius"] == {**dict(HIGHEST_CELSIUS), "tool": 260.0}
    assert told["presets"] == [pla]
