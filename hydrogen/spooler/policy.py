"""What a printer's owner decides and its spooler carries out: heat, pauses, power.

The service writes these into `NAME.json` beside the driver's settings; the spooler reads them before it is ready. Times are
seconds, lengths mm. The defaults are those of the configuration (config.py), which checks the limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPolicy:
    """When heaters go off by themselves. idle_timeout_seconds: hot without a job for so long; 0: never."""

    idle_timeout_seconds: float = 1800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkPolicy:
    """What a pause does with the head. enabled: off leaves it where it stands; the rest is ParkPlan's, mm and mm per minute."""

    enabled: bool = True
    lift_mm: float = 5.0
    retract_mm: float = 1.0
    x_mm: float | None = 0.0
    y_mm: float | None = None
    travel_mm_per_minute: float = 6000.0
    lift_mm_per_minute: float = 600.0
    retract_mm_per_minute: float = 2100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PowerPolicy:
    """What cuts the printer's power: a program and its arguments, run without a shell; empty: nothing does."""

    off_command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolerPolicy:
    """All of it, for one printer."""

    heat: HeatPolicy = field(default_factory=HeatPolicy)
    park: ParkPolicy = field(default_factory=ParkPolicy)
    power: PowerPolicy = field(default_factory=PowerPolicy)
