"""The owner's programs: run as they are written, never for ever, never louder than the log stands."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from hydrogen.devices.command_switch import OUTPUT_BYTES, CommandSwitch
from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import HostError
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


def script(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


def cutting(*command: str, log: RecordingLog | None = None, deadline_seconds: float = 10.0) -> CommandSwitch:
    settings = SwitchSettings(off_command=command)
    return CommandSwitch(settings, log or RecordingLog(), deadline_seconds=deadline_seconds)


def test_what_no_program_does_cannot_be_done() -> None:
    nothing = CommandSwitch(SwitchSettings(), RecordingLog())
    assert not nothing.can_turn_on and not nothing.can_turn_off
    assert cutting("/bin/true").can_turn_off


async def test_arguments_arrive_as_they_are_written(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    await cutting(*script(code, str(heard), "off; $(rm -rf /) *")).turn_off()
    assert heard.read_text() == "off; $(rm -rf /) *"


async def test_on_and_off_are_two_programs_and_the_state_is_an_exit_code(tmp_path: Path) -> None:
    relay = tmp_path / "relay"
    switch = CommandSwitch(
        SwitchSettings(
            on_command=("/bin/sh", "-c", f"touch {relay}"),
            off_command=("/bin/rm", str(relay)),
            state_command=("/usr/bin/test", "-e", str(relay)),
        ),
        RecordingLog(),
    )
    assert await switch.is_on() is False
    await switch.turn_on()
    assert await switch.is_on() is True
    await switch.turn_off()
    assert not relay.exists()


async def test_a_state_that_nobody_tells_is_none_and_nonsense_is_an_error() -> None:
    assert await CommandSwitch(SwitchSettings(), RecordingLog()).is_on() is None
    confused = CommandSwitch(SwitchSettings(state_command=("/bin/sh", "-c", "exit 7")), RecordingLog())
    with pytest.raises(HostError, match="code 7"):
        await confused.is_on()


async def test_a_code_that_is_not_0_is_an_error_and_what_was_said_is_in_the_log() -> None:
    log = RecordingLog()
    switch = cutting(*script("import sys; sys.stderr.write('no plug'); sys.exit(3)"), log=log)
    with pytest.raises(HostError, match="code 3"):
        await switch.turn_off()
    entry = next(entry for entry in log.entries if entry.event == "power command ended")
    assert (entry.level, entry.fields["code"], entry.fields["output"]) == ("warning", 3, "no plug")


async def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(HostError, match="cannot be run"):
        await cutting("/nowhere/relay").turn_off()


async def test_one_that_does_not_end_is_killed_with_everything_it_started(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"sleep 600 & echo $! > {pid}; wait"
    log = RecordingLog()
    with pytest.raises(HostError, match="did not end"):
        await cutting("/bin/sh", "-c", code, log=log, deadline_seconds=1.0).turn_off()
    child = int(pid.read_text())
    await wait_until(lambda: not os.path.exists(f"/proc/{child}") or _is_zombie(child))  # noqa: PTH110
    assert any(entry.event == "power command took too long" for entry in log.entries)


def _is_zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


async def test_one_that_leaves_something_behind_is_not_waited_for() -> None:
    await cutting("/bin/sh", "-c", "sleep 20 & echo off; exit 0").turn_off()


async def test_a_flood_is_cut_to_its_end() -> None:
    log = RecordingLog()
    await cutting(*script("print('x' * 500_000); print('the end')"), log=log).turn_off()
    said = next(entry.fields["output"] for entry in log.entries if entry.event == "power command ended")
    assert isinstance(said, str)
    assert len(said) <= OUTPUT_BYTES and said.endswith("the end")


async def test_one_program_at_a_time(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    switch = cutting("/bin/sh", "-c", f"echo begin >> {heard}; sleep 0.05; echo end >> {heard}")
    await asyncio.gather(switch.turn_off(), switch.turn_off())
    assert heard.read_text().split() == ["begin", "end"] * 2
