"""Temperatures as firmwares print them, in one grammar.

Shapes that are read (`facts`: Marlin and Klipper were measured; the others are in their firmware's source):

====================  ====================================================================================
Marlin                ``T:19.38 /0.00 B:19.38 /0.00 @:0 B@:0``, while waiting also ``W:?`` or ``W:9``
Marlin, more tools    ``T:20.0 /0.0 B:19.0 /0.0 T0:20.0 /0.0 T1:21.0 /0.0 @:0 B@:0 @0:0 @1:0``: `T:` doubles the active tool
Marlin, the rest      ``C:`` chamber, ``P:`` probe, ``L:`` cooler, ``M:`` board, ``R:`` redundant sensor; ``C@:`` …
Marlin, old           ``T:150.0 E:0 W:?``: `E:` names the tool
Prusa                 as Marlin, with ``P:`` for the probe and ``A:`` (ambient, not ours)
Klipper               ``B:22.0 /0.0 T0:22.0 /0.0``, ``T:0`` while it is not ready
Smoothieware          ``T:23.4 /0.0 @0 T1:22.0 /0.0 @0 B:23.3 /0.0 @0``: power without a colon, behind its heater; no ``T0:``
RepRapFirmware        ``T:20.0 /0.0 T0:20.0 /0.0 B:19.0 /0.0``
Repetier              ``T:20.0 /0 B:19.0 /0 B@:0 @:0``
====================  ====================================================================================
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from types import MappingProxyType

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+|[nN][aA][nN]|[iI][nN][fF]|[oO][vV][fF])"
_begins_report = re.compile(rf"[ \t]*[TBC]\d?\d?:[ \t]*{_NUMBER}(?![\w:])").match
_readings = re.compile(rf"(?<![A-Za-z_@])([TBCPLMR])(\d?\d?):[ \t]*({_NUMBER})(?:[ \t]*/[ \t]*({_NUMBER}))?").finditer
_powers = re.compile(r"(?<![A-Za-z_])([TBCL]?)(\d?\d?)@(\d?\d?):[ \t]*(\d{1,3})(?![\d.Ww])").finditer
_powers_behind = re.compile(
    rf"([TBC])(\d?\d?):[ \t]*{_NUMBER}[ \t]*/[ \t]*{_NUMBER}[ \t]*@(\d{{1,3}})(?![\d:])"
).finditer
_waiting = re.compile(r"(?<![A-Za-z@])W:[ \t]*(?:(\d{1,6})|\?)").search
_tool = re.compile(r"(?<![A-Za-z])E:(\d\d?)(?![\d.])").search

_HEATER_OF_LETTER = MappingProxyType(
    {"B": "bed", "C": "chamber", "P": "probe", "L": "cooler", "M": "board", "R": "redundant"}
)
"""Source: Marlin `temperature.cpp`, `print_heater_state`."""

_FULL_POWER = 127
"""Marlin prints its 7-bit soft PWM amount; only 8-bit firmwares (Repetier, Smoothieware) go above, up to 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaterReading:
    """One heater in one report.

    heater: the model's name: `tool0`, `tool1` …, `bed`, `chamber`, `probe`, `cooler`, `board`, `redundant`.
    actual_celsius: None where the firmware printed no number (`nan`, `inf`, `ovf`).
    target_celsius: None where it printed no target; 0.0 is "off".
    power: 0.0 to 1.0 of full power, None where it printed none.
    """

    heater: str
    actual_celsius: float | None
    target_celsius: float | None = None
    power: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperatureReport:
    """All heaters of one line, each once.

    is_waiting: the line is part of a blocking heat-up (`W:`).
    wait_seconds: what is left of the residency time, None while the temperature is not reached (`W:?`) or not waited for.
    """

    readings: tuple[HeaterReading, ...]
    wait_seconds: float | None = None
    is_waiting: bool = False


def parse_temperature_report(text: str) -> TemperatureReport | None:
    """The report in `text` (a reply line, or what follows its `ok`); None when it is not one. Never raises.

    A report begins with a tool, the bed or the chamber; what looks like a temperature further back in other prose is none.
    """
    if _begins_report(text) is None:
        return None
    measured: dict[str, tuple[float | None, float | None]] = {}
    active: tuple[float | None, float | None] | None = None
    for letter, index, actual, target in (match.groups() for match in _readings(text)):
        values = (_number(actual), None if target is None else _number(target))
        if letter == "T" and not index:
            active = values
        else:
            measured.setdefault(_heater_name(letter, index), values)
    active_tool = _active_tool(text, measured, active)
    if active is not None:
        measured = {active_tool: active, **measured}
    powers = _powers_in(text, active_tool) if "@" in text else {}
    waiting = _waiting(text)
    return TemperatureReport(
        readings=tuple(
            HeaterReading(heater=heater, actual_celsius=actual, target_celsius=target, power=powers.get(heater))
            for heater, (actual, target) in measured.items()
        ),
        wait_seconds=None if waiting is None or waiting[1] is None else float(waiting[1]),
        is_waiting=waiting is not None,
    )


def _number(text: str) -> float | None:
    """`ovf` is what Arduino prints for more than it can."""
    if text[-1] in "fF":
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _heater_name(letter: str, index: str) -> str:
    if letter == "T":
        return f"tool{int(index)}"
    return _HEATER_OF_LETTER[letter]


def _active_tool(
    text: str,
    measured: dict[str, tuple[float | None, float | None]],
    active: tuple[float | None, float | None] | None,
) -> str:
    """Which tool the bare `T:` and `@:` mean: the one `E:` names, else the tool with the same figures, else the first.

    Where tools are listed and the first is not among them (Smoothieware, some forks) the bare one is it.
    """
    named = _tool(text)
    if named is not None:
        return f"tool{int(named[1])}"
    tools = [heater for heater in measured if heater.startswith("tool")]
    if active is not None and "tool0" not in tools:
        return "tool0"
    return next((tool for tool in tools if measured[tool] == active), tools[0] if tools else "tool0")


def _powers_in(text: str, active_tool: str) -> dict[str, float]:
    """Power by heater; `@<n>:` of a tool goes before the bare `@:` of the active one."""
    powers: dict[str, float] = {}
    for letter, before, behind, power in (match.groups() for match in _powers(text)):
        if letter in ("", "T"):
            index = behind or before
            heater = f"tool{int(index)}" if index else active_tool
        else:
            index, heater = "0", _HEATER_OF_LETTER[letter]
        if index or heater not in powers:
            powers[heater] = _share(power)
    for letter, index, power in (match.groups() for match in _powers_behind(text)):
        heater = active_tool if letter == "T" and not index else _heater_name(letter, index)
        powers.setdefault(heater, _share(power))
    return powers


def _share(power: str) -> float:
    amount = int(power)
    return round(amount / _FULL_POWER, 4) if amount <= _FULL_POWER else min(round(amount / 255, 4), 1.0)
