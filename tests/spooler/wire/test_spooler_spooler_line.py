"""One connection to a spooler: what it does when the other end says too little, or the wrong things."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from hydrogen.core.clock import SystemClock
from hydrogen.errors import SpoolerLost
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.wire.heart import HeartLimits
from hydrogen.spooler.wire.spooler_line import SpoolerLine
from tests.spooler.bench import RecordingListener
from tests.spooler.socket_bench import SocketBench
from tests.support.waiting import wait_until

BRISK = HeartLimits(look_seconds=0.01, late_seconds=0.1, gone_seconds=0.3)


async def test_a_spooler_that_never_says_hello_is_ended_by_force(tmp_path: Path) -> None:
    path, forced = tmp_path / "s", asyncio.Event()

    def end(_pid: int | None) -> None:
        forced.set()

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(path))
        silent.listen()
        listener = RecordingListener()
        line = SpoolerLine("bench", listener, SystemClock(), _is_welcome, end, BRISK)
        await asyncio.get_running_loop().create_unix_connection(lambda: line, str(path))
        async with asyncio.timeout(20):
            await line.ended
        assert forced.is_set()
        assert isinstance(line.attached.exception(), SpoolerLost)
        assert len(listener.late) == 1
        assert listener.detached == []


async def test_a_line_that_we_close_watches_no_heart_any_more(tmp_path: Path) -> None:
    ends: list[int | None] = []
    async with SocketBench(tmp_path) as bench:
        listener = RecordingListener()
        line = SpoolerLine("bench", listener, SystemClock(), _is_welcome, ends.append, BRISK)
        await asyncio.get_running_loop().create_unix_connection(lambda: line, str(bench.files.socket))
        await line.close()
        await line.close()
        await wait_until(lambda: line.ended.done())
    assert ends == []
    assert listener.detached == []


def _is_welcome(_version: str, _state: PrinterState) -> bool:
    return False
