"""The tables of docs/configuration.md, from the models: `python -m tests.roof.configuration_page` writes the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from hydrogen.config import Configuration
from hydrogen.config_display import PresetSection, WebcamSection
from hydrogen.config_machine import MachineSection, MotionSection, PrinterTable
from hydrogen.config_power import PowerSection
from hydrogen.config_section import HeatSection, ParkSection
from hydrogen.config_sensor import SensorLimitSection, SensorTable
from hydrogen.fleet.plugins import PluginShelf

PAGE = Path(__file__).parent.parent.parent / "docs" / "configuration.md"
MARK = "<!-- The tables below are made from the models: python -m tests.roof.configuration_page -->\n"

SENSOR_DRIVERS = ("thermometer", "onewire", "host_sensors", "command")

DEFAULTS = {"data_dir": "see right", "runtime_dir": "see right"}
"""Defaults that depend on who runs the service."""


def tables() -> str:
    """Everything below the mark."""
    parts = []
    for name, field in Configuration.model_fields.items():
        if name not in ("printers", "sensors") and isinstance(field.annotation, type):
            parts += [f"## `[{name}]`", "", field.annotation.__doc__ or "", "", *_table(field.annotation), ""]
    parts += ["## `[temperature_presets.PRESET]`", "", PresetSection.__doc__ or "", "", *_table(PresetSection), ""]
    parts += ["## `[printers.NAME]`", "", *_printer_words(), "", *_table(PrinterTable), ""]
    sections = {
        "heat": HeatSection,
        "park": ParkSection,
        "power": PowerSection,
        "machine": MachineSection,
        "motion": MotionSection,
        "webcam": WebcamSection,
    }
    for name, section in sections.items():
        parts += [f"## `[printers.NAME.{name}]`", "", section.__doc__ or "", "", *_table(section), ""]
    parts += ["## `[printers.NAME]`, driver `marlin`", "", *_table(PluginShelf().config_model("marlin")), ""]
    parts += ["## `[sensors.NAME]`", "", *_sensor_words(), "", *_table(SensorTable), ""]
    parts += ["## `[[sensors.NAME.limits]]`", "", SensorLimitSection.__doc__ or "", "", *_table(SensorLimitSection)]
    for driver in SENSOR_DRIVERS:
        model = PluginShelf().config_model(driver)
        words = " ".join((model.__doc__ or "").split())
        parts += ["", f"## `[sensors.NAME]`, driver `{driver}`", "", words, "", *_table(model)]
    return "\n".join(parts) + "\n"


def _sensor_words() -> list[str]:
    return [
        "One table for each value that is measured beside the printers ([sensors.md](sensors.md)); NAME as for printers.",
        "All keys but these belong to the driver.",
    ]


def _printer_words() -> list[str]:
    return [
        "One table for each printer. NAME is 1 to 32 characters `a-z`, `0-9`, `-`, `_`, the first a letter or digit:",
        "it becomes a file name. All keys but these belong to the driver.",
    ]


def _table(model: Any) -> Iterator[str]:
    assert issubclass(model, BaseModel)
    yield "| key | default | what, unit, why |"
    yield "|---|---|---|"
    for key, field in model.model_fields.items():
        description = " ".join((field.description or "").split()).replace("|", "\\|")
        yield f"| `{key}` | {_default(key, field)} | {description} |"


def _default(key: str, field: FieldInfo) -> str:
    if key in DEFAULTS:
        return DEFAULTS[key]
    if field.is_required():
        return "none: must be given"
    value = field.get_default(call_default_factory=True)
    if isinstance(value, BaseModel):
        return "its own defaults"
    if isinstance(value, tuple):
        return "`[]`" if not value else f"`{[str(v) for v in value if not isinstance(v, SecretStr)]}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


if __name__ == "__main__":
    head = PAGE.read_text().partition(MARK)[0]
    PAGE.write_text(head + MARK + "\n" + tables())
