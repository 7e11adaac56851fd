"""A printer behind a TCP bridge, with real processes: it prints, outlives its spooler's death, and obeys the last word."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    connected_idle,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)

StartPrinter = Callable[..., VirtualPrinter]


@pytest.mark.timeout(150)
async def test_print_over_tcp_goes_on_behind_a_killed_spooler_and_is_the_file(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(None, tcp=("127.0.0.1", 0), speed=20)
    lines = square_lines(120)
    async with (
        running_house(tmp_path, {"bench": f"tcp://{printer.name}"}) as house,
        connected_idle(house) as client,
    ):
        async with connected(house.address) as onlooker:
            seen = await frame_where(onlooker, lambda frame: frame.get("type") == "snapshot")
            assert seen["state"]["printers"]["bench"]["simulated"] is True
        job = await print_started(client, house, lines)
        await until(lambda: len(printer.ledger.moves) > 10, seconds=50)
        spooler = house.spooler_pid()
        assert spooler is not None
        os.kill(spooler, signal.SIGKILL)
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=90)
        assert (finished["job"], finished["outcome"]) == (job, "completed"), finished
    assert printer.ledger.job_hash == job_hash(lines)


@pytest.mark.timeout(150)
async def test_last_word_reaches_a_printer_over_tcp_past_a_spooler_that_hangs(
    tmp_path: Path, start_virtual_printer: StartPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDROGEN_API_KEY", "integration-key-0123")
    printer = start_virtual_printer(None, tcp=("127.0.0.1", 0), speed=10)
    async with running_house(tmp_path, {"bench": f"tcp://{printer.name}"}) as house:
        async with connected_idle(house):
            spooler = house.spooler_pid()
            assert spooler is not None and house.process is not None
            house.process.kill()
            await house.process.wait()
        os.kill(spooler, signal.SIGSTOP)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "hydrogen", "emergency", "bench", "--runtime-dir", str(house.runtime_dir)),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        shown, _ = await process.communicate()
        assert process.returncode == 0, shown.decode()
        assert f"M112 was written to tcp://{printer.name} (process {spooler}" in shown.decode()
        await until(lambda: printer.printer.is_halted, seconds=30)
