"""Temperatures as the printer tells them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaterState:
    """One heater or probe. Heaters are named `tool0`, `tool1`, …, `bed`, `chamber`, `probe`, `cooler`.

    actual_celsius: None when the firmware reported no number (NaN, disconnected).
    target_celsius: None for what has no target; 0.0 is "off".
    power: share of full power, 0.0 to 1.0; None when the firmware does not tell.
    """

    actual_celsius: float | None = None
    target_celsius: float | None = None
    power: float | None = None
