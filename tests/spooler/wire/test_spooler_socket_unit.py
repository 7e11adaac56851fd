"""Waiting for a spooler that somebody else starts. A whole one behind a socket: tests/integration/test_socket_units.py."""

from __future__ import annotations

import asyncio
import fcntl
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hydrogen.errors import SpoolerLost
from hydrogen.spooler.wire.socket_unit import CALLS, SocketUnits

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def listening(folder: Path, talk: Talk) -> asyncio.Server:
    return await asyncio.start_unix_server(talk, folder / "p.sock")


async def test_rousing_waits_for_the_first_word(tmp_path: Path) -> None:
    asked, may_speak = asyncio.Event(), asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await may_speak.wait()
        writer.write(b"hello")
        writer.close()

    async with await listening(tmp_path, talk):
        rousing = asyncio.create_task(SocketUnits(tmp_path).rouse("p"))
        await asked.wait()
        assert not rousing.done()
        may_speak.set()
        await rousing


async def test_a_spooler_that_ends_before_it_speaks_is_lost(tmp_path: Path) -> None:
    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await listening(tmp_path, talk):
        with pytest.raises(SpoolerLost, match=r"ended before it answered.*journalctl -u hydrogen-spooler@p"):
            await SocketUnits(tmp_path).rouse("p")


async def test_who_called_while_a_former_spooler_ended_calls_once_more(tmp_path: Path) -> None:
    calls = 0

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal calls
        calls += 1
        if calls == CALLS:
            writer.write(b"hello")
        writer.close()

    async with await listening(tmp_path, talk):
        await SocketUnits(tmp_path).rouse("p")
    assert calls == CALLS


async def test_a_spooler_that_says_nothing_is_given_up(tmp_path: Path) -> None:
    over = asyncio.Event()

    async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    async with await listening(tmp_path, talk):
        with pytest.raises(SpoolerLost, match=r"did not answer within 0\.05 s"):
            await SocketUnits(tmp_path, rouse_seconds=0.05).rouse("p")
        over.set()


async def test_whoever_holds_the_lock_is_awake(tmp_path: Path) -> None:
    with (tmp_path / "p.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        await SocketUnits(tmp_path).rouse("p")


async def test_where_nobody_listens_it_is_said_what_to_start(tmp_path: Path) -> None:
    units = SocketUnits(tmp_path)
    await units.rouse("p")
    with pytest.raises(SpoolerLost, match=r"systemctl start hydrogen-spooler@p\.socket"):
        await units.launch("p")
    await units.close()
