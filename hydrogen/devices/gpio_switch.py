"""A switch at a pin of the host, by libgpiod 2 (package `gpiod`, extra `gpio`): a relay board, a solid-state relay.

The line is taken for the moment of switching and let go again, since another process must be able to switch as well. What the
pin does then is the kernel's affair (on a Raspberry Pi `persist_gpio_outputs` of pinctrl-bcm2835). Where it lets go of the
relay, a latching relay is needed, or a program that holds the line (driver `command`).

The package is imported when the switch is made, and not at all where none of this kind is configured.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hydrogen.devices.switch import DEADLINE_SECONDS, SwitchSettings
from hydrogen.errors import ConfigurationInvalid, HostError

Package = tuple[Any, Any]
"""`gpiod`, and its words, `gpiod.line`."""

CONSUMER = "hydrogen"
"""What `gpioinfo` shows while a line is ours."""


def load_gpiod() -> Package:
    """Raises ImportError."""
    import gpiod
    import gpiod.line

    return gpiod, gpiod.line


class GpioSwitch:
    """Signs Switch."""

    can_turn_on = True
    can_turn_off = True

    def __init__(self, settings: SwitchSettings, *, load: Callable[[], Package] = load_gpiod) -> None:
        """load: finds the package. Raises ConfigurationInvalid where it is not installed, or no line was given."""
        if settings.gpio_line is None:
            raise ConfigurationInvalid("a gpio switch needs gpio_line", key="gpio_line")
        self._chip, self._line = settings.gpio_chip, settings.gpio_line
        self._is_active_low = settings.gpio_active_low
        try:
            self._gpiod, self._words = load()
        except ImportError as error:
            raise ConfigurationInvalid(
                f"a gpio switch needs the package gpiod (pip install 'hydrogen-host[gpio]'): {error}", package="gpiod"
            ) from error

    async def turn_on(self) -> None:
        """See Switch."""
        await self._in_thread(lambda: self._set(self._words.Value.ACTIVE))

    async def turn_off(self) -> None:
        """See Switch."""
        await self._in_thread(lambda: self._set(self._words.Value.INACTIVE))

    async def is_on(self) -> bool | None:
        """See Switch."""
        return bool(await self._in_thread(self._read))

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        """Raises HostError."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await asyncio.to_thread(work)
        except TimeoutError:
            raise HostError(f"line {self._line} of {self._chip} did not answer within {DEADLINE_SECONDS:g} s") from None
        except (OSError, ValueError) as error:
            raise HostError(f"line {self._line} of {self._chip} cannot be switched: {error}") from error

    def _set(self, value: Any) -> None:
        direction = self._words.Direction.OUTPUT
        with self._request(direction=direction, output_value=value):
            pass

    def _read(self) -> bool:
        with self._request(direction=self._words.Direction.AS_IS) as request:
            return bool(request.get_value(self._line) == self._words.Value.ACTIVE)

    def _request(self, **how: Any) -> Any:
        settings = self._gpiod.LineSettings(active_low=self._is_active_low, **how)
        return self._gpiod.request_lines(self._chip, consumer=CONSUMER, config={self._line: settings})
