"""The power goes: every process is dead, the runtime folder is gone, the board is cold. What was on disk brings the print back,
after somebody has approved it, and not one motion before."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.snapshot import snapshot_of
from hydrogen.spooler.recovery.interrupted import find_interrupted
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    connected,
    frame_where,
    print_started,
    running_house,
    until,
)

StartPrinter = Callable[..., VirtualPrinter]

LAYERS, MOVES = 10, 150


def part() -> list[str]:
    lines = ["M104 S60", "M140 S40", "G28", "G90", "M83", "G92 E0", "M106 S100"]
    for layer in range(1, LAYERS + 1):
        lines += [";LAYER_CHANGE", f"G1 Z{layer * 0.2:.1f} F600"]
        lines += [f"G1 X{20 + n % 50}.{n % 10} Y{layer}.{n:03} E.01 F1200" for n in range(MOVES)]
    return [*lines, "M107", "M104 S0", "M140 S0"]


async def cut_power(house: HouseProcess, printer: VirtualPrinter) -> None:
    spooler = house.spooler_pid()
    assert spooler is not None
    assert house.process is not None
    house.process.kill()
    os.kill(spooler, signal.SIGKILL)
    await house.process.wait()
    await until(
        lambda: not Path(f"/proc/{spooler}").exists(), lambda: f"process {spooler} does not die: its disk hangs?"
    )
    printer.wait_until_closed()
    printer.reset()
    await asyncio.to_thread(shutil.rmtree, house.runtime_dir)


async def hydrogen(house: HouseProcess, *arguments: str) -> str:
    """A command of the command line; its output."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hydrogen", *arguments, "--config", str(house.config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        stdin=asyncio.subprocess.DEVNULL,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return out.decode()


@pytest.mark.timeout(120)
async def test_print_is_taken_up_after_the_power_was_gone(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=60, prevent_cold_extrusion=False)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected(house.address) as client:
            await await_status(client, "idle")
            job = await print_started(client, house, part())
            await until(lambda: _layer_on_disk(house) >= 3, lambda: house.said)
        await cut_power(house, printer)
        executed = list(printer.ledger.moves)
        await house.start()
        async with connected(house.address) as client:
            await await_status(client, "idle")
            async with connected(house.address) as other:
                state = (await snapshot_of(other))["printers"]["bench"]
            assert state["recoverable"]["job"] == job
            [told] = [one for one in (await client.command("job.history"))["jobs"] if one["job"] == job]
            assert (told["outcome"], told["error_code"]) == ("failed", "interrupted")
            plan = json.loads(await hydrogen(house, "recover", "--json"))
            _check_bracket(plan, executed)
            assert printer.ledger.moves == executed, "no motion before approval"
            await hydrogen(house, "recover", "--yes", plan["digest"])
            finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
            assert (finished["outcome"], finished["lines_done"]) == ("completed", finished["lines_total"])
    opening = [step["gcode"] for step in plan["steps"] if step["gcode"].startswith("G1")]
    rest = [line for line in part()[plan["line"] - 1 :] if line.startswith("G1")]
    assert printer.ledger.moves[len(executed) :] == opening + rest


def _layer_on_disk(house: HouseProcess) -> int:
    jobs = find_interrupted(house.data_dir / "spool", "bench")
    return max((job.record.progress.layer for job in jobs if job.record is not None), default=0)


def _check_bracket(plan: Any, executed: list[str]) -> None:
    numbers = [number for number, line in enumerate(part(), start=1) if line.startswith("G1")]
    line = numbers[len(executed) - 1]
    assert plan["doubt"]["first_line"] <= line <= plan["doubt"]["last_line"]
