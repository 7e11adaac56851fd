"""The driver's keys in `[sensors.NAME]` of a sensor that a program reads."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hydrogen_drivers.thermometer.config import ThermometerConfig


class CommandConfig(BaseModel):
    """A program that prints figures and ends."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    command: Annotated[
        tuple[Annotated[str, Field(max_length=1024)], ...], Field(strict=False, min_length=1, max_length=64)
    ] = Field(
        description='the program and its arguments, run without a shell: `["/usr/local/bin/room", "--celsius"]`',
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=60, allow_inf_nan=False)] = Field(
        default=5.0,
        description="how long it may take; then it and everything it started are killed",
    )
    pattern: Annotated[str, Field(max_length=255)] = Field(
        default="",
        description="as for `thermometer`: a regular expression with a named group for each channel, looked for in each line",
    )

    @field_validator("pattern")
    @classmethod
    def _has_channels(cls, pattern: str) -> str:
        return ThermometerConfig.checked_pattern(pattern)

    @field_validator("command")
    @classmethod
    def _names_a_program(cls, command: tuple[str, ...]) -> tuple[str, ...]:
        if not command[0] or any("\0" in word for word in command):
            raise ValueError("a program and its arguments")
        return command
