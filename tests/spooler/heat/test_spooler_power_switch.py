"""The last step: what became of it, whatever becomes of the switch."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import HostError, NotFound
from hydrogen.spooler.heat.power_switch import PowerOff, PowerSwitch
from hydrogen.spooler.policy import PowerPolicy
from tests.support.recording_log import RecordingLog


def switch(**settings: object) -> PowerSwitch:
    return PowerSwitch(PowerPolicy(switch=SwitchSettings(**settings)), RecordingLog())  # type: ignore[arg-type]


async def test_without_a_switch_nothing_is_done_and_said_so() -> None:
    none = switch()
    assert not none.is_configured
    assert await none.cut("test") is PowerOff.NOT_CONFIGURED
    with pytest.raises(NotFound, match="nothing turns the power off"):
        await none.turn(is_on=False)
    assert await none.position() == "unknown"


async def test_a_cut_says_what_became_of_it(tmp_path: Path) -> None:
    assert await switch(off_command=("/bin/true",)).cut("test") is PowerOff.DONE
    assert await switch(off_command=("/bin/false",)).cut("test") is PowerOff.FAILED
    assert await switch(off_command=(str(tmp_path / "none"),)).cut("test") is PowerOff.FAILED
    assert await switch(on_command=("/bin/true",)).cut("test") is PowerOff.NOT_CONFIGURED


async def test_a_switch_that_cannot_be_made_here_is_a_failure_and_no_end_of_the_spooler() -> None:
    log = RecordingLog()
    broken = PowerSwitch(PowerPolicy(switch=SwitchSettings(driver="gpio")), log)
    assert broken.is_configured and "gpio_line" in broken.problem
    assert [entry.level for entry in log.entries] == ["error"]
    assert await broken.cut("test") is PowerOff.FAILED
    with pytest.raises(HostError, match="gpio_line"):
        await broken.turn(is_on=True)
    assert await broken.position() == "unknown"


@pytest.mark.parametrize(("code", "told"), [(0, "on"), (1, "off"), (5, "unknown")])
async def test_the_position_is_one_of_three_words(code: int, told: str) -> None:
    assert await switch(state_command=("/bin/sh", "-c", f"exit {code}")).position() == told
