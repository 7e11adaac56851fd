"""The table `[printers.NAME]` of a Marlin printer. Only the service loads this; the spooler gets the result as JSON."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class MarlinConfig(BaseModel):
    """Every field has its unit in the name or the description; defaults suit a stock Marlin board."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    port: str = Field(
        min_length=1,
        max_length=255,
        description="path of the serial device; prefer a stable one below /dev/serial/by-id, ttyUSB numbers change",
    )
    baud: int = Field(
        default=115200,
        ge=1200,
        le=4_000_000,
        description="speed of the port in baud; 115200 and 250000 are the usual ones",
    )
    connect_timeout_seconds: float = Field(
        default=15.0,
        ge=2.0,
        le=300.0,
        description="how long to wait for a sign of life; bootloaders and SD cards take up to 10 s",
    )
    temperature_interval_seconds: int = Field(
        default=1,
        ge=1,
        le=60,
        description="how often temperatures are reported; the firmware reports by itself where it can (M155)",
    )
