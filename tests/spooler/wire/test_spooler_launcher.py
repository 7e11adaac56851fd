"""Launching; what a launched process does is tested in tests/roof/test_roof_spooler_process.py."""

from __future__ import annotations

import asyncio
import stat
from itertools import accumulate
from pathlib import Path

import psutil
import pytest

from hydrogen.errors import InvalidMessage, SpoolerLost
from hydrogen.spooler.wire.launcher import LOG_BYTES, SpoolerLauncher
from tests.support.waiting import wait_until

_TELLS_PID = "echo $$ >pid.new; mv pid.new pid; "


def interpreter(folder: Path, script: str) -> str:
    """Something that is started instead of Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


async def pid_told(folder: Path) -> int:
    """Of the script that begins with _TELLS_PID, once it runs."""
    await wait_until((folder / "pid").exists, what="the script's pid")
    return int((folder / "pid").read_text())


def children() -> list[int]:
    """Whom we have started, those that ended and were not waited for too."""
    return [child.pid for child in psutil.Process().children()]


async def test_what_it_said_on_stderr_is_in_the_error(tmp_path: Path) -> None:
    (tmp_path / "p.log").write_text("said long ago\n")
    launcher = SpoolerLauncher(tmp_path, python=interpreter(tmp_path, "echo no driver >&2; exit 2"))
    with pytest.raises(SpoolerLost, match="ended with code 2; it said: no driver") as lost:
        await launcher.launch("p")
    assert "long ago" not in str(lost.value)


async def test_spooler_that_never_answers_is_given_up(tmp_path: Path) -> None:
    launcher = SpoolerLauncher(tmp_path, python=interpreter(tmp_path, "exit 0"), launch_seconds=0.1)
    with pytest.raises(SpoolerLost, match=r"did not answer within 0\.1 s"):
        await launcher.launch("p")


async def test_own_spooler_is_ended_with_its_lifeline(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "trap '' TERM; cat >/dev/null; echo ended >&2")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True, launch_seconds=0.1)
    with pytest.raises(SpoolerLost):
        await launcher.launch("p")
    await launcher.close()
    await launcher.close()
    assert (tmp_path / "p.log").read_text() == "ended\n"


async def test_own_spooler_that_does_not_end_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.launcher.END_SECONDS", 0.05)
    python = interpreter(tmp_path, "exec sleep 60")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True, launch_seconds=0.1)
    with pytest.raises(SpoolerLost):
        await launcher.launch("p")
    await launcher.close()


async def test_interpreter_that_is_not_there_and_name_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SpoolerLost, match="cannot be started"):
        await SpoolerLauncher(tmp_path, python=str(tmp_path / "missing")).launch("p")
    with pytest.raises(InvalidMessage):
        await SpoolerLauncher(tmp_path).launch("../p")


async def test_large_log_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "p.log").write_bytes(b"x" * (LOG_BYTES + 1))
    launcher = SpoolerLauncher(tmp_path, python=interpreter(tmp_path, "echo fresh >&2; exit 2"))
    with pytest.raises(SpoolerLost, match="fresh"):
        await launcher.launch("p")
    assert (tmp_path / "p.log").read_text() == "fresh\n"


async def test_no_more_are_started_at_once_than_the_machine_can_take(tmp_path: Path) -> None:
    python = interpreter(tmp_path, f"echo + >>{tmp_path}/told; sleep 0.05; echo - >>{tmp_path}/told; exit 2")
    launcher = SpoolerLauncher(tmp_path, python=python, at_once=2, launch_seconds=30.0)
    ends = await asyncio.gather(*(launcher.launch(f"p{n}") for n in range(6)), return_exceptions=True)
    assert [type(end) for end in ends] == [SpoolerLost] * 6
    steps = [1 if line == "+" else -1 for line in (tmp_path / "told").read_text().split()]
    assert len(steps) == 12
    assert max(accumulate(steps)) <= 2


async def test_cancelled_launch_ends_what_it_started(tmp_path: Path) -> None:
    launcher = SpoolerLauncher(tmp_path, python=interpreter(tmp_path, _TELLS_PID + "exec sleep 60"), own=True)
    launching = asyncio.create_task(launcher.launch("p"))
    pid = await pid_told(tmp_path)
    launching.cancel()
    await asyncio.wait({launching})
    assert launching.cancelled()
    assert not psutil.pid_exists(pid)


async def test_cancelled_launch_kills_what_does_not_listen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.launcher.GIVEN_UP_SECONDS", 0.05)
    python = interpreter(tmp_path, "trap '' TERM; " + _TELLS_PID + "exec sleep 60")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True)
    launching = asyncio.create_task(launcher.launch("p"))
    pid = await pid_told(tmp_path)
    launching.cancel()
    await asyncio.wait({launching})
    assert not psutil.pid_exists(pid)


async def test_launch_that_is_cancelled_twice_leaves_the_rest_to_close(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.wire.launcher.END_SECONDS", 0.05)
    python = interpreter(tmp_path, "trap '' TERM; " + _TELLS_PID + "exec sleep 60")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True)
    launching = asyncio.create_task(launcher.launch("p"))
    pid = await pid_told(tmp_path)
    launching.cancel()
    await asyncio.sleep(0)
    launching.cancel()
    await asyncio.wait({launching})
    await launcher.close()
    # Cancelled while it was being started, asyncio has killed it, and waits for it by itself.
    await wait_until(lambda: not psutil.pid_exists(pid), what="the end of the child")


async def test_close_ends_a_launch_and_nothing_is_started_behind_it(tmp_path: Path) -> None:
    python = interpreter(tmp_path, _TELLS_PID + "exec sleep 60")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True, at_once=1)
    first, second = (asyncio.create_task(launcher.launch(name)) for name in ("p", "q"))
    pid = await pid_told(tmp_path)
    await launcher.close()
    assert not psutil.pid_exists(pid)
    for launching in (first, second, asyncio.create_task(launcher.launch("r"))):
        with pytest.raises(SpoolerLost, match="the service ends"):
            await launching
    assert not children()
    assert await asyncio.to_thread(lambda: [log.name for log in tmp_path.glob("*.log")]) == ["p.log"]


async def test_close_waits_for_what_is_just_being_started(tmp_path: Path) -> None:
    python = interpreter(tmp_path, "cat >/dev/null")
    launcher = SpoolerLauncher(tmp_path, python=python, own=True)
    launching = asyncio.create_task(launcher.launch("p"))
    while not children():  # noqa: ASYNC110 - until it was forked, and not until asyncio has told of it
        await asyncio.sleep(0)
    await launcher.close()
    assert not children()
    with pytest.raises(SpoolerLost, match="the service ends"):
        await launching
