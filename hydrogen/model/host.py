"""The machine Hydrogen runs on, as a sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """cpu and memory as shares of all (0.0 to 1.0), disk as bytes free in the data directory. throttling: what holds the
    machine back, of `under_voltage`, `frequency_capped`, `throttled`, `soft_temperature_limit`; None where it does not tell.
    disk: `ok`, `low` or `critical`, by the configured thresholds."""

    cpu_share: float | None = None
    memory_share: float | None = None
    disk_free_bytes: int | None = None
    temperature_celsius: float | None = None
    throttling: tuple[str, ...] | None = None
    disk_total_bytes: int | None = None
    disk: str | None = None
