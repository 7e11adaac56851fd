from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.errors import HostError, NotFound
from hydrogen.system import host_control
from hydrogen.system.host_control import HostControl
from tests.support.recording_log import RecordingLog


async def test_the_service_begins_anew_behind_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_control, "ANSWER_SECONDS", 0.01)
    begun = asyncio.Event()
    control = HostControl({}, log=RecordingLog(), begin_anew=begun.set)
    assert control.actions == ("restart",)
    await control.perform("restart")
    assert not begun.is_set()
    async with asyncio.timeout(20):
        await begun.wait()


async def test_the_owners_program_is_run(tmp_path: Path) -> None:
    mark = tmp_path / "done"
    control = HostControl({"shutdown": ["touch", str(mark)], "reboot": []}, log=RecordingLog())
    assert control.actions == ("restart", "shutdown")
    await control.perform("shutdown")
    assert mark.exists()
    with pytest.raises(NotFound, match="reboot_command"):
        await control.perform("reboot")


@pytest.mark.parametrize("command", [["/nowhere/poweroff"], ["false"]])
async def test_a_program_that_fails_is_told(command: list[str]) -> None:
    with pytest.raises(HostError):
        await HostControl({"reboot": command}, log=RecordingLog()).perform("reboot")


async def test_a_program_that_takes_its_time_is_left_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_control, "DEADLINE_SECONDS", 0.05)
    log = RecordingLog()
    control = HostControl({"reboot": ["sleep", "0.3"]}, log=log)
    await control.perform("reboot")
    assert control.at_work is not None
    assert await control.at_work.wait() == 0
    assert any("goes on" in str(entry) for entry in log.entries)
