"""Wishes as G-code."""

from __future__ import annotations

import pytest

from hydrogen.errors import InvalidMessage, NotFound
from hydrogen_drivers.marlin.command import (
    cool_down_commands,
    extrude_commands,
    home_command,
    jog_commands,
    temperature_command,
)


def test_heaters_are_addressed_by_tool_only_where_there_are_several() -> None:
    assert temperature_command("tool0", 205, 1) == "M104 S205"
    assert temperature_command("tool1", 205.5, 2) == "M104 T1 S205.5"
    assert temperature_command("bed", 60, 1) == "M140 S60"
    assert temperature_command("chamber", 45, 1) == "M141 S45"
    for heater in ("tool1", "probe", "tool", "toolx"):
        with pytest.raises(NotFound):
            temperature_command(heater, 50, 1)


def test_cool_down_names_every_heater() -> None:
    assert cool_down_commands(1, has_chamber=False) == ["M104 S0", "M140 S0"]
    assert cool_down_commands(2, has_chamber=True) == ["M104 T0 S0", "M104 T1 S0", "M140 S0", "M141 S0"]


def test_home_takes_axes_in_any_case_and_order() -> None:
    assert home_command("") == home_command("zyx") == "G28"
    assert home_command("ZX") == "G28 X Z"
    with pytest.raises(InvalidMessage, match="'e'"):
        home_command("xe")


def test_jog_and_extrude_leave_the_modes_as_they_were() -> None:
    assert jog_commands({"x": 1.0, "y": 0.0}, 600, is_relative=False) == ["G91", "G1 X1 F600", "G90"]
    assert jog_commands({"x": 1.0}, 600, is_relative=True) == ["G1 X1 F600"]
    assert jog_commands({"x": 0.0}, 600, is_relative=False) == []
    assert extrude_commands(5, 200, tool=None, is_relative=False) == ["M83", "G1 E5 F200", "M82"]
    assert extrude_commands(5, 200, tool=1, is_relative=True) == ["T1", "G1 E5 F200"]
