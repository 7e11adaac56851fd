"""A printer as the configuration describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.spooler.policy import SpoolerPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Webcam:
    """Where a printer's camera is, and how its picture is to be turned. An address that begins with `/` is a path on this host;
    an empty one: there is none."""

    name: str = "Webcam"
    stream_url: str = ""
    snapshot_url: str = ""
    flip_horizontal: bool = False
    flip_vertical: bool = False
    rotate_90: bool = False
    aspect_ratio: str = "16:9"


@dataclass(frozen=True, slots=True, kw_only=True)
class TemperaturePreset:
    """Targets in degrees Celsius that people choose by a name; None: that heater is left alone."""

    name: str
    nozzle_celsius: float | None = None
    bed_celsius: float | None = None
    chamber_celsius: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PrinterDisplay:
    """What clients show and offer of a printer beside its state."""

    webcam: Webcam | None = None
    presets: tuple[TemperaturePreset, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredPrinter:
    """Checked and complete.

    factory is the driver's `module:attribute`, settings its table as JSON values; port and baud are copies of what clients
    are shown while the printer is offline. policy is what its spooler does by itself. machine and limits are what files
    are judged by; limits None: nobody configured them, so what the printer says of itself counts.
    """

    name: str
    driver: str
    factory: str
    settings: Mapping[str, Any]
    port: str = ""
    baud: int | None = None
    autoconnect: bool = True
    policy: SpoolerPolicy = field(default_factory=SpoolerPolicy)
    machine: MachineProfile = field(default_factory=MachineProfile)
    limits: MotionLimits | None = None
    display: PrinterDisplay = field(default_factory=PrinterDisplay)
