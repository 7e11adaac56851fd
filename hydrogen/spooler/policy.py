"""What a printer's owner decides and its spooler carries out: heat, pauses, power.

The service writes these into `NAME.json` beside the driver's settings; the spooler reads them before it is ready. Times are
seconds, lengths mm. The defaults are those of the configuration (config.py), which checks the limits.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hydrogen.devices.switch import SwitchSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class HeatPolicy:
    """What the heat guard takes for a fault, and when (heat_guard.py; the reasons stand in the configuration).

    idle_timeout_seconds: hot without a job for so long, then off; 0: never.
    unasked_targets: `cool`, `warn` or `allow`: a target that no line and no request asked for.
    unasked_seconds: how long such a target must stand.
    band_celsius, band_seconds: a heater that had reached its target and is so far away for so long.
    rise_celsius: a heater that is off climbs by so much above its lowest reading.
    silent_seconds: hot, and no temperature for so long; then the printer is asked.
    on_alarm: what becomes of a job: `cancel` or `pause`. The heaters go off in both.
    """

    idle_timeout_seconds: float = 1800.0
    unasked_targets: str = "cool"
    unasked_seconds: float = 4.0
    band_celsius: float = 15.0
    band_seconds: float = 45.0
    rise_celsius: float = 40.0
    silent_seconds: float = 30.0
    on_alarm: str = "cancel"


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
    """What switches the printer's power, and when the spooler does it by itself.

    off_after_link_loss_seconds: the link is lost with hot heaters for so long; None: never for that reason.
    """

    switch: SwitchSettings = field(default_factory=SwitchSettings)
    off_after_link_loss_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolerPolicy:
    """All of it, for one printer."""

    heat: HeatPolicy = field(default_factory=HeatPolicy)
    park: ParkPolicy = field(default_factory=ParkPolicy)
    power: PowerPolicy = field(default_factory=PowerPolicy)
