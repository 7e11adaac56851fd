"""A program for each reading."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hydrogen.devices.sensor import FIRST_CHANNEL, Measurement
from hydrogen.errors import SensorLost
from hydrogen_drivers.command.driver import CommandDriver
from tests.support.waiting import wait_until


async def read(
    *command: str, channel: str = FIRST_CHANNEL, pattern: str = "", timeout_seconds: float = 20.0
) -> Measurement | None:
    settings = {"command": list(command), "timeout_seconds": timeout_seconds, "pattern": pattern}
    source = await CommandDriver(settings).open({channel})
    assert not source.is_simulated
    try:
        return (await source.read()).get(channel)
    finally:
        await source.close()


async def python(text: str, **options: object) -> Measurement | None:
    return await read(sys.executable, "-S", "-c", text, **options)


async def test_what_it_prints_is_read_as_a_boards_lines_are() -> None:
    assert await read("echo", "23.5 C") == Measurement(value=23.5, unit="C")
    assert await read("printf", "hello\\nT1:20\\nT2:30\\n", channel="t2") == Measurement(value=30.0)
    assert await read("echo", "a=20", channel="b") is None
    assert await read("echo", "[20]", pattern=r"\[(?P<x>\d+)\]", channel="x") == Measurement(value=20.0)


async def test_there_is_no_shell() -> None:
    told = await read("echo", "$(id -u); `id -u`")
    assert told is not None
    assert told.value is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import sys; print(20); sys.exit(3)", "ended with code 3"),
        ("print('hello')", "nothing that is a measurement"),
        ("pass", "nothing that is a measurement"),
        ("print('1\\n' * 5000)", "bytes or more"),
        ("import sys; sys.stderr.write('20')", "nothing that is a measurement"),
    ],
)
async def test_a_program_that_gives_no_measurement_is_a_fault(text: str, fault: str) -> None:
    told = await python(text)
    assert told is not None
    assert told.value is None
    assert fault in told.fault


async def test_a_program_that_is_not_there_is_lost() -> None:
    with pytest.raises(SensorLost, match="no-such-program could not be run"):
        await read("/no-such-program")


async def test_a_program_that_does_not_end_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    script = f"sleep 600 & echo $! > {note}; echo 20; wait"
    with pytest.raises(SensorLost, match="took longer than 1 s"):
        await read("sh", "-c", script, timeout_seconds=1.0)
    child = int(note.read_text())
    await wait_until(lambda: not _is_alive(child), what="the end of what the program had started")


async def test_a_program_that_floods_is_killed() -> None:
    with pytest.raises(SensorLost, match=r"took longer than 0\.5 s"):
        await read("yes", timeout_seconds=0.5)


async def test_what_it_leaves_behind_is_not_waited_for() -> None:
    told = await read("sh", "-c", "sleep 5 & echo 20")
    assert told == Measurement(value=20.0)


async def test_it_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", "20")
    told = await python("import os; print(os.environ.get('HYDROGEN_API_KEY', 30))")
    assert told == Measurement(value=30.0)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return state not in ("Z", "X")
