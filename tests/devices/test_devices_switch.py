from __future__ import annotations

from hydrogen.devices.command_switch import CommandSwitch
from hydrogen.devices.gpio_switch import GpioSwitch
from hydrogen.devices.switch import Switch, SwitchSettings
from hydrogen.model.codec import plain, value_from_plain
from tests.devices.gpio import FakeChip
from tests.support.recording_log import RecordingLog


def test_both_drivers_sign_the_contract() -> None:
    switches: list[Switch] = [
        CommandSwitch(SwitchSettings(), RecordingLog()),
        GpioSwitch(SwitchSettings(driver="gpio", gpio_line=17), load=FakeChip().load),
    ]
    assert len(switches) == 2


def test_settings_survive_the_way_to_the_spooler() -> None:
    settings = SwitchSettings(driver="gpio", gpio_line=4, off_command=("a", "b"), gpio_active_low=True)
    assert value_from_plain(SwitchSettings, plain(settings)) == settings
