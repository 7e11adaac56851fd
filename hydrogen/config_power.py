"""The table of a printer that says what switches its power."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from hydrogen.config_section import Section, Texts


class PowerSection(Section):
    """What switches this printer's power: for people (`power.on`, `power.off`), and when nothing else makes it safe."""

    driver: Literal["command", "gpio"] = Field(
        default="command",
        description="`command`: programs of yours do it. `gpio`: a pin of this host, by libgpiod (extra `gpio`). Programs, "
        "because they fit every relay and plug.",
    )
    off_command: Texts = Field(
        default=(),
        description="A program and its arguments, run without a shell, that switch the printer off: a relay, a smart plug. "
        "Run for 10 s at most; by the heat guard once for an incident. Empty: nothing does.",
    )
    on_command: Texts = Field(default=(), description="The same for switching it on. Empty: that is done by hand.")
    state_command: Texts = Field(
        default=(),
        description="A program whose exit code tells how the switch stands: 0 for on, 1 for off. Empty: the state is what was "
        "switched last, `unknown` before.",
    )
    gpio_chip: Annotated[str, Field(pattern=r"^/dev/\S+$", max_length=200)] = Field(
        default="/dev/gpiochip0",
        description="The chip's device file. The header of a Raspberry Pi is on the first one.",
    )
    gpio_line: Annotated[int, Field(ge=0, le=1023)] | None = Field(
        default=None,
        description="The line's number on that chip: 17 is GPIO17. Needed for `gpio`.",
    )
    gpio_active_low: bool = Field(
        default=False,
        description="The relay pulls when the pin is low, as on most blue relay boards.",
    )
    off_after_link_loss_seconds: float | None = Field(
        default=None,
        ge=10.0,
        le=86_400.0,
        description="Seconds after which the power is cut because the link was lost while heaters were hot. Not set by "
        "default: a cable that slipped would end a print that could go on, and a firmware with its own protection is still "
        "in command of its heaters. Set it where the firmware has none.",
    )

    @model_validator(mode="after")
    def _is_complete(self) -> PowerSection:
        if self.driver == "gpio" and self.gpio_line is None:
            raise ValueError("gpio_line, for a gpio switch")
        if self.driver == "gpio" and (self.on_command or self.off_command or self.state_command):
            raise ValueError("commands for the driver `command` only")
        return self
