"""From a device's figure to a value."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.fleet.sensors.conversion import (
    SOURCE_UNITS,
    converted,
    is_same_kind,
    plausible_range,
    shown_unit,
    unit_from_word,
)
from hydrogen.model.sensor import SensorUnit


@pytest.mark.parametrize(
    ("figure", "unit", "value"),
    [
        (212.0, "fahrenheit", 100.0),
        (-40.0, "fahrenheit", -40.0),
        (273.15, "kelvin", 0.0),
        (23.5, "celsius", 23.5),
        (45.0, "percent", 45.0),
    ],
)
def test_units(figure: float, unit: str, value: float) -> None:
    assert converted(figure, unit) == value


def test_scale_and_offset_are_in_the_devices_unit_and_come_first() -> None:
    assert converted(235, "celsius", scale=0.1, offset=-1.5) == 22.0
    assert converted(700, "fahrenheit", scale=0.1, offset=-2.0) == 20.0


@pytest.mark.parametrize("figure", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_has_no_value(figure: float) -> None:
    assert converted(figure, "celsius") is None
    assert converted(1e300, "celsius", scale=1e300) is None


@pytest.mark.parametrize(
    ("word", "unit"),
    [
        *((unit, unit) for unit in SOURCE_UNITS),
        ("C", "celsius"),
        ("°C", "celsius"),
        ("ºF", "fahrenheit"),
        ("℃", "celsius"),
        ("K", "kelvin"),
        ("%", "percent"),
        ("%RH", "percent"),
        ("hPa", "hectopascal"),
        ("furlong", None),
    ],
)
def test_words_for_units(word: str, unit: str | None) -> None:
    assert unit_from_word(word) == unit


def test_temperatures_are_shown_in_celsius_and_cannot_be_had_of_a_percentage() -> None:
    assert {shown_unit(unit) for unit in ("celsius", "fahrenheit", "kelvin")} == {SensorUnit.CELSIUS}
    assert is_same_kind("fahrenheit", "celsius")
    assert not is_same_kind("percent", "celsius")


def test_the_codes_of_a_broken_probe_are_outside_of_what_can_be() -> None:
    low, high = plausible_range(SensorUnit.CELSIUS)
    assert low is not None
    assert high is not None
    for broken in (-127.0, -242.0, 850.0):
        assert not low <= broken <= high
    assert plausible_range(SensorUnit.NONE) == (None, None)


@given(st.floats(), st.sampled_from(SOURCE_UNITS), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_any_figure_becomes_a_finite_value_or_none(figure: float, unit: str, scale: float, offset: float) -> None:
    value = converted(figure, unit, scale=scale, offset=offset)
    assert value is None or math.isfinite(value)
