"""What the kernel shows of the host's sensors. Blocks, shortly.

Sources: `Documentation/hwmon/sysfs-interface.rst` (files `temp1_input`, `temp1_label`, units in thousandths),
`Documentation/driver-api/thermal/sysfs-api.rst` (`type`, `temp`). psutil reads the same files; it is the service's own, and
tells only temperatures and fans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from hydrogen.devices.sensor import Measurement

MOST_CHIPS = 64
MOST_INPUTS = 64
"""Of a chip. Machines have a dozen."""

_KINDS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        "temp": ("celsius", 1e-3),
        "humidity": ("percent", 1e-3),
        "fan": ("rpm", 1.0),
        "in": ("volt", 1e-3),
        "curr": ("ampere", 1e-3),
        "power": ("watt", 1e-6),
    }
)
"""By the beginning of a file's name: its unit, and what its figures are thousandths or millionths of."""

_input = re.compile(r"(temp|humidity|fan|in|curr|power)(\d{1,3})_input").fullmatch

PROCESSORS = ("cpu_thermal", "cpu-thermal", "soc_thermal", "coretemp", "k10temp", "zenpower", "x86_pkg_temp", "acpitz")
"""Chips and zones that are the processor, the surest first: a Raspberry Pi's, other boards', Intel's, AMD's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInput:
    """A file with a figure. fault: a file that is `1` while the sensor is broken; most chips have none."""

    file: Path
    unit: str
    scale: float
    fault: Path | None = None


def find_inputs(root: Path) -> dict[str, HostInput]:
    """Everything there is, by channel: `CHIP/NAME` for all, and the chip or the zone alone for its first temperature."""
    found: dict[str, HostInput] = {}
    for channel, there in (*_hwmon(root), *_zones(root)):
        found.setdefault(channel, there)
    return found


def processor_channel(channels: Iterable[str]) -> str | None:
    """The channel that is the processor's temperature; None where none is known for it."""
    known = frozenset(channels)
    return next((channel for channel in PROCESSORS if channel in known), None)


def read_input(there: HostInput) -> Measurement | None:
    """None for what is gone; a chip that sleeps or does not answer is a measurement without a value."""
    if there.fault is not None and _text(there.fault) == "1":
        return Measurement(value=None, unit=there.unit, fault="the chip says that its sensor is broken")
    try:
        text = _read(there.file)
    except FileNotFoundError:
        return None
    except OSError as error:
        return Measurement(value=None, unit=there.unit, fault=f"the kernel could not read it ({error.strerror})")
    try:
        return Measurement(value=int(text) * there.scale, unit=there.unit)
    except ValueError:
        return Measurement(value=None, unit=there.unit, fault="the kernel shows no number")


def _hwmon(root: Path) -> Iterator[tuple[str, HostInput]]:
    for chip in _folders(root / "class" / "hwmon"):
        name = _text(chip / "name") or chip.name
        files = sorted((file.name for file in _entries(chip) if _input(file.name)), key=_place)[:MOST_INPUTS]
        temperatures = [file for file in files if file.startswith("temp")]
        if temperatures:
            yield name, _chip_input(chip / temperatures[0])
        for file in files:
            sensor = file.removesuffix("_input")
            there = _chip_input(chip / file)
            yield f"{name}/{_text(chip / f'{sensor}_label') or sensor}", there
            yield f"{name}/{sensor}", there


def _zones(root: Path) -> Iterator[tuple[str, HostInput]]:
    for zone in _folders(root / "class" / "thermal"):
        kind = _text(zone / "type")
        if kind and zone.name.startswith("thermal_zone"):
            there = HostInput(file=zone / "temp", unit="celsius", scale=1e-3)
            yield kind, there
            yield zone.name, there


def _chip_input(file: Path) -> HostInput:
    kind, _ = _place(file.name)
    unit, scale = _KINDS[kind]
    fault = file.with_name(file.name.replace("_input", "_fault"))
    return HostInput(file=file, unit=unit, scale=scale, fault=fault if fault.exists() else None)


def _place(name: str) -> tuple[str, int]:
    """`("temp", 10)` of `temp10_input`: the tenth comes behind the ninth."""
    match = _input(name)
    return (match[1], int(match[2])) if match is not None else (name, 0)


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder)[:MOST_CHIPS] if entry.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return _read(file)
    except OSError:
        return ""


def _read(file: Path) -> str:
    with file.open(encoding="utf-8", errors="replace") as opened:
        return opened.read(256).strip()
