"""The owner's program: run as it is written, never for ever, never louder than the log stands."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from hydrogen.spooler.heat.power_switch import OUTPUT_BYTES, PowerOff, PowerSwitch
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


def script(code: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code, *arguments)


async def test_without_a_command_nothing_is_run_and_said_so() -> None:
    switch = PowerSwitch((), RecordingLog())
    assert not switch.is_configured
    assert await switch.cut("test") is PowerOff.NOT_CONFIGURED


async def test_arguments_arrive_as_they_are_written(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    code = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    switch = PowerSwitch(script(code, str(heard), "off; $(rm -rf /) *"), RecordingLog())
    assert await switch.cut("test") is PowerOff.DONE
    assert heard.read_text() == "off; $(rm -rf /) *"


async def test_a_code_that_is_not_0_and_what_was_said_are_in_the_log() -> None:
    log = RecordingLog()
    switch = PowerSwitch(script("import sys; sys.stderr.write('no plug'); sys.exit(3)"), log)
    assert await switch.cut("test") is PowerOff.FAILED
    entry = next(entry for entry in log.entries if entry.event == "power off command ended")
    assert (entry.level, entry.fields["code"], entry.fields["output"]) == ("error", 3, "no plug")


async def test_a_program_that_is_not_there_is_a_failure_and_no_exception() -> None:
    log = RecordingLog()
    assert await PowerSwitch(("/nowhere/relay",), log).cut("test") is PowerOff.FAILED
    assert "power off command not started" in log.events("error")


async def test_a_program_that_hangs_is_killed_with_its_children(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"trap '' TERM; sleep 1000 & echo $$ $! > {pids}; wait"
    log = RecordingLog()
    switch = PowerSwitch(("/bin/sh", "-c", code), log, deadline_seconds=1.0)
    assert await switch.cut("test") is PowerOff.FAILED
    assert "power off command took too long" in log.events("error")
    for pid in pids.read_text().split():
        await wait_until(lambda pid=pid: is_dead(int(pid)), what=f"the end of {pid}")


async def test_what_a_program_leaves_behind_is_not_waited_for() -> None:
    log = RecordingLog()
    switch = PowerSwitch(("/bin/sh", "-c", "sleep 20 & echo off; exit 0"), log)
    async with asyncio.timeout(10.0):
        assert await switch.cut("test") is PowerOff.DONE
    assert log.entries[-1].fields["output"] == "off"


async def test_a_flood_of_words_is_cut_to_its_end() -> None:
    log = RecordingLog()
    code = "import sys\nfor n in range(20000): print('line', n)"
    assert await PowerSwitch(script(code), log).cut("test") is PowerOff.DONE
    said = log.entries[-1].fields["output"]
    assert len(said) <= OUTPUT_BYTES
    assert said.endswith("line 19999")


async def test_it_runs_in_a_session_of_its_own(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    code = "import os, sys, pathlib; pathlib.Path(sys.argv[1]).write_text(str(os.getsid(0)))"
    await PowerSwitch(script(code, str(heard)), RecordingLog()).cut("test")
    assert int(heard.read_text()) != os.getsid(0)


def is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
