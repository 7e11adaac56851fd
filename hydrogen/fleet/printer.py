"""A printer as the configuration describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hydrogen.gcode.program.motion import MotionLimits
from hydrogen.gcode.program.preflight import MachineProfile
from hydrogen.spooler.policy import SpoolerPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredPrinter:
    """Checked and complete.

    factory is the driver's `module:attribute`, settings its table as JSON values; port and baud are copies of what clients
    are shown while the printer is offline. policy is what its spooler does by itself. machine and limits are what files
    are judged by.
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
    limits: MotionLimits = field(default_factory=MotionLimits)
