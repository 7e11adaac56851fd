"""Wishes as G-code."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from hydrogen.errors import InvalidMessage, NotFound

AXES = "xyz"


def temperature_command(heater: str, target_celsius: float, extruder_count: int) -> str:
    """M104, M140 or M141; a tool that the firmware has not raises NotFound. No command waits for the heat."""
    if heater == "bed":
        return f"M140 S{target_celsius:g}"
    if heater == "chamber":
        return f"M141 S{target_celsius:g}"
    if heater.startswith("tool") and heater[4:].isdigit():
        tool = int(heater[4:])
        if tool < max(extruder_count, 1):
            return f"M104 S{target_celsius:g}" if extruder_count <= 1 else f"M104 T{tool} S{target_celsius:g}"
    raise NotFound(f"this printer has no heater {heater!r}", heater=heater)


def heat_wait_command(heater: str, target_celsius: float, extruder_count: int) -> str:
    """M109, M190 or M191: the same, and wait for it."""
    set_only = temperature_command(heater, target_celsius, extruder_count)
    word, _, rest = set_only.partition(" ")
    return f"{_WAITING[word]} {rest}"


_WAITING: Mapping[str, str] = MappingProxyType({"M104": "M109", "M140": "M190", "M141": "M191"})


def cool_down_commands(extruder_count: int, *, has_chamber: bool) -> list[str]:
    """Every heater off."""
    tools = ["M104 S0"] if extruder_count <= 1 else [f"M104 T{tool} S0" for tool in range(extruder_count)]
    return [*tools, "M140 S0", *(["M141 S0"] if has_chamber else [])]


def home_command(axes: str) -> str:
    """G28 with the axes named; all of them without."""
    wanted = axes.lower()
    unknown = set(wanted) - set(AXES)
    if unknown:
        raise InvalidMessage(f"unknown axis {sorted(unknown)[0]!r}; axes are x, y and z", axes=axes)
    named = [axis.upper() for axis in AXES if axis in wanted]
    return "G28" if len(named) in (0, len(AXES)) else "G28 " + " ".join(named)


def jog_commands(distances_mm: Mapping[str, float], feedrate_mm_per_minute: float, *, is_relative: bool) -> list[str]:
    """A relative move; the positioning mode afterwards is the one that was."""
    words = [f"{axis.upper()}{distance:g}" for axis, distance in distances_mm.items() if distance]
    if not words:
        return []
    move = f"G1 {' '.join(words)} F{feedrate_mm_per_minute:g}"
    return [move] if is_relative else ["G91", move, "G90"]


def extrude_commands(
    length_mm: float,
    feedrate_mm_per_minute: float,
    *,
    tool: int | None,
    is_relative: bool,
) -> list[str]:
    """Filament forwards or backwards; the extruder's mode afterwards is the one that was."""
    move = f"G1 E{length_mm:g} F{feedrate_mm_per_minute:g}"
    select = [] if tool is None else [f"T{tool}"]
    return [*select, move] if is_relative else [*select, "M83", move, "M82"]
