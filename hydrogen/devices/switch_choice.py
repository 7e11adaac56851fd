"""Which switch the settings mean."""

from __future__ import annotations

from hydrogen.core.log import Log
from hydrogen.devices.command_switch import CommandSwitch
from hydrogen.devices.gpio_switch import GpioSwitch
from hydrogen.devices.switch import Switch, SwitchSettings


def make_switch(settings: SwitchSettings, log: Log) -> Switch:
    """Raises ConfigurationInvalid for one that cannot be made here."""
    if settings.driver == "gpio":
        return GpioSwitch(settings)
    return CommandSwitch(settings, log)
