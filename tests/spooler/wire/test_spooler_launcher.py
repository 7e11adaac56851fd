"""Launching; what a launched process does is tested in tests/roof/test_roof_spooler_process.py."""

from __future__ import annotations

import asyncio
import stat
from itertools import accumulate
from pathlib import Path

import pytest

from hydrogen.errors import InvalidMessage, SpoolerLost
from hydrogen.spooler.wire.launcher import LOG_BYTES, SpoolerLauncher


def interpreter(folder: Path, script: str) -> str:
    """Something that is started instead of Python."""
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


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
    python = interpreter(tmp_path, "cat >/dev/null; echo ended >&2")
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
