"""The machine Hydrogen runs on, as a sample."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class HostState:
    """cpu, memory and swap as shares of all (0.0 to 1.0), disk as bytes free in the data directory. throttling: what holds the
    machine back now, of `under_voltage`, `frequency_capped`, `throttled`, `soft_temperature_limit`; None where it does not
    tell. throttling_since_boot: the same for some time since it was switched on: information, no alarm. disk: `ok`, `low` or
    `critical`, by the configured thresholds. clock_trusted: does somebody keep the wall clock right? A Raspberry Pi without a
    network wakes up in the past. swap_share: None where there is none."""

    cpu_share: float | None = None
    memory_share: float | None = None
    disk_free_bytes: int | None = None
    temperature_celsius: float | None = None
    throttling: tuple[str, ...] | None = None
    disk_total_bytes: int | None = None
    disk: str | None = None
    throttling_since_boot: tuple[str, ...] | None = None
    clock_trusted: bool | None = None
    swap_share: float | None = None
