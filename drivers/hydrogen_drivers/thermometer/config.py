"""The driver's keys in `[sensors.NAME]` of a thermometer on a serial port."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hydrogen.devices.port_address import PortKind, parse_port

MOST_PATTERN = 255


class ThermometerConfig(BaseModel):
    """A board that speaks by itself, or when it is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    port: str = Field(
        min_length=1,
        max_length=255,
        description="the board's port, as a printer's: a device file, an adapter by its identity, or a bridge on the network "
        "(docs/ports.md). `hydrogen ports` shows what is there",
    )
    baud: Annotated[int, Field(ge=300, le=4_000_000)] = Field(
        default=9600,
        description="speed of the port in baud; 9600 is what most sketches for such boards set",
    )
    pattern: Annotated[str, Field(max_length=MOST_PATTERN)] = Field(
        default="",
        description="a regular expression (Python's) that is looked for in each line, with a named group for each channel: "
        "`(?P<air>[-\\d.]+);(?P<box>[-\\d.]+)`. A group `air_unit` holds the unit of `air`, a group `unit` that of all. Empty: "
        "bare numbers, `T1:23.5`, CSV and JSON are understood as they are",
    )
    query: Annotated[str, Field(max_length=64)] = Field(
        default="",
        description='what is sent for each reading, for boards that wait for it: `"?\\r\\n"`. Empty: it speaks by itself',
    )

    @field_validator("port")
    @classmethod
    def _known_kind_of_port(cls, port: str) -> str:
        if parse_port(port).kind is PortKind.VIRTUAL:
            raise ValueError("a serial port (hydrogen-sim thermometer --link PATH makes a virtual one)")
        return port

    @field_validator("pattern")
    @classmethod
    def _has_channels(cls, pattern: str) -> str:
        return cls.checked_pattern(pattern)

    @staticmethod
    def checked_pattern(pattern: str) -> str:
        """The same pattern. Raises ValueError for one that could never give a channel."""
        if not pattern:
            return pattern
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from None
        if not any(name != "unit" and not name.endswith("_unit") for name in groups):
            raise ValueError("a regular expression with a named group, (?P<t1>...), for each channel")
        return pattern
