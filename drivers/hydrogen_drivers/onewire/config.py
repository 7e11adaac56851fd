"""The driver's keys in `[sensors.NAME]` of a sensor on a 1-Wire bus."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class OneWireConfig(BaseModel):
    """`channel` is the sensor's identity, `28-000005e2fdc3`; it may be left out where there is only one."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    root: str = Field(
        default="/sys/bus/w1/devices",
        min_length=1,
        max_length=255,
        description="folder with a folder for each sensor, where the kernel's w1_therm shows them",
    )
