"""The driver's keys in `[sensors.NAME]` of a sensor of the host."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class HostSensorsConfig(BaseModel):
    """`channel` is `CHIP/NAME` (`nvme/Composite`, `coretemp/Package id 0`, `sht3x/temp1`), a chip or a thermal zone alone
    (`cpu_thermal`) for its first temperature; left out, it is the processor."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    root: str = Field(
        default="/sys",
        min_length=1,
        max_length=255,
        description="where sysfs is; in a container perhaps elsewhere",
    )
