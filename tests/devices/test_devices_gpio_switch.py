"""A pin is set and let go again, and what it says is read from the world."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.devices.gpio_switch import CONSUMER, GpioSwitch
from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import ConfigurationInvalid, HostError
from tests.devices.gpio import FakeChip


def switch_at(chip: FakeChip, **settings: Any) -> GpioSwitch:
    return GpioSwitch(SwitchSettings(driver="gpio", **{"gpio_line": 17, **settings}), load=chip.load)


@pytest.mark.parametrize("is_active_low", [False, True])
async def test_a_line_is_set_let_go_and_read(is_active_low: bool) -> None:
    chip = FakeChip()
    switch = switch_at(chip, gpio_active_low=is_active_low)
    await switch.turn_on()
    assert chip.levels == {17: not is_active_low}
    assert chip.taken == set()
    assert await switch.is_on() is True
    await switch.turn_off()
    assert chip.levels == {17: is_active_low}
    assert await switch.is_on() is False
    assert set(chip.requests) == {CONSUMER}


async def test_a_line_that_somebody_else_holds_is_an_error_with_its_place() -> None:
    chip = FakeChip(taken={17})
    with pytest.raises(HostError, match=r"line 17 of /dev/gpiochip0 cannot be switched: .*busy"):
        await switch_at(chip).turn_off()
    with pytest.raises(HostError, match="No such file"):
        await switch_at(FakeChip(), gpio_chip="/nowhere").is_on()


def test_without_the_package_or_a_line_it_is_said_what_is_missing() -> None:
    def load() -> Any:
        raise ImportError("No module named 'gpiod'")

    with pytest.raises(ConfigurationInvalid, match=r"hydrogen-host\[gpio\]"):
        GpioSwitch(SwitchSettings(driver="gpio", gpio_line=17), load=load)
    with pytest.raises(ConfigurationInvalid, match="gpio_line"):
        GpioSwitch(SwitchSettings(driver="gpio"), load=FakeChip().load)
