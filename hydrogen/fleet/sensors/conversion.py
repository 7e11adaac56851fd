"""From what a device says to a value in the unit that is shown. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from hydrogen.model.sensor import SensorUnit

FAHRENHEIT, KELVIN = "fahrenheit", "kelvin"

SOURCE_UNITS: tuple[str, ...] = (*(unit.value for unit in SensorUnit), FAHRENHEIT, KELVIN)
"""What a device's figures may be in."""

_TEMPERATURES = frozenset({SensorUnit.CELSIUS.value, FAHRENHEIT, KELVIN})

_WORDS: Mapping[str, str] = MappingProxyType(
    {
        **{unit: unit for unit in SOURCE_UNITS},
        "c": "celsius",
        "degc": "celsius",
        "℃": "celsius",
        "f": FAHRENHEIT,
        "degf": FAHRENHEIT,
        "℉": FAHRENHEIT,
        "k": KELVIN,
        "%": "percent",
        "%rh": "percent",
        "rh": "percent",
        "hpa": "hectopascal",
        "mbar": "hectopascal",
        "v": "volt",
        "a": "ampere",
        "w": "watt",
    }
)
"""How devices write units, in lower case and without the degree sign."""

_RANGES: Mapping[SensorUnit, tuple[float | None, float | None]] = MappingProxyType(
    {
        SensorUnit.CELSIUS: (-60.0, 500.0),
        SensorUnit.PERCENT: (0.0, 100.0),
        SensorUnit.HECTOPASCAL: (300.0, 1100.0),
        SensorUnit.PPM: (0.0, 1_000_000.0),
        SensorUnit.RPM: (0.0, 100_000.0),
    }
)
"""Of what can be. -127 °C is what Arduino's library for 1-Wire says of a sensor that is not there, -242 °C and 850 °C are
what converters for Pt100 say with a wire broken or shorted."""

DECIMALS = 3
"""More than any of these devices measures."""


def shown_unit(unit: str) -> SensorUnit:
    """Temperatures are shown in degrees Celsius."""
    return SensorUnit.CELSIUS if unit in _TEMPERATURES else SensorUnit(unit)


def plausible_range(unit: SensorUnit) -> tuple[float | None, float | None]:
    """The least and the greatest value that can be, None for no limit."""
    return _RANGES.get(unit, (None, None))


def unit_from_word(word: str) -> str | None:
    """The unit that a device names; None for a word that is not known."""
    return _WORDS.get(word.strip().lower().lstrip("°º").strip())


def converted(figure: float, unit: str, *, scale: float = 1.0, offset: float = 0.0) -> float | None:
    """`figure` x scale + offset, in the unit that is shown; None for what is no number, or too great to be one."""
    value = figure * scale + offset
    if unit == FAHRENHEIT:
        value = (value - 32.0) / 1.8
    elif unit == KELVIN:
        value -= 273.15
    return round(value, DECIMALS) if math.isfinite(value) else None


def is_same_kind(unit: str, other: str) -> bool:
    """Can one be converted into the other?"""
    return shown_unit(unit) is shown_unit(other)
