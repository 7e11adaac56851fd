"""The contract of what switches a printer's power: a relay, a smart plug, a pin of the host.

Both processes hold a switch of the same settings: the service switches when a person asks, the spooler when a hot printer
disobeys. So a switch keeps nothing open between two calls, and what it says comes from the world, not from memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

DEADLINE_SECONDS = 10.0
"""For one switching. A relay switches at once; a plug behind a cloud needs some seconds."""


class Switch(Protocol):
    """Every call ends within DEADLINE_SECONDS, and raises HostError when it did not work."""

    @property
    def can_turn_on(self) -> bool:
        """Some can only cut: a program for that and no other."""

    @property
    def can_turn_off(self) -> bool: ...

    async def turn_on(self) -> None:
        """Returns when the power is on, as far as the switch knows."""

    async def turn_off(self) -> None:
        """Returns when the power is off, as far as the switch knows."""

    async def is_on(self) -> bool | None:
        """None for a switch that does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """Which switch, and how it is worked; empty commands and no line: there is none.

    driver: `command` or `gpio`. on_command, off_command: programs with their arguments, run without a shell. state_command: its
    exit code says 0 for on, 1 for off. gpio_chip, gpio_line: the chip's device file, and the line's number on it;
    gpio_active_low: the relay pulls when the pin is low.
    """

    driver: str = "command"
    on_command: tuple[str, ...] = ()
    off_command: tuple[str, ...] = ()
    state_command: tuple[str, ...] = ()
    gpio_chip: str = "/dev/gpiochip0"
    gpio_line: int | None = None
    gpio_active_low: bool = False

    @property
    def can_turn_off(self) -> bool:
        """Is there a way to do that, as far as the settings say?"""
        return self.gpio_line is not None if self.driver == "gpio" else bool(self.off_command)
