from __future__ import annotations

import pytest

from hydrogen.devices.command_switch import CommandSwitch
from hydrogen.devices.switch import SwitchSettings
from hydrogen.devices.switch_choice import make_switch
from hydrogen.errors import ConfigurationInvalid
from tests.support.recording_log import RecordingLog


def test_the_driver_decides() -> None:
    assert isinstance(make_switch(SwitchSettings(), RecordingLog()), CommandSwitch)
    with pytest.raises(ConfigurationInvalid, match="gpio_line"):
        make_switch(SwitchSettings(driver="gpio"), RecordingLog())
