"""A head that stands aside comes back exactly, even if the process that parked it is no more."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import await_status, connected_idle, frame_where, print_started, running_house
from tests.integration.rest_bench import moves_of

StartPrinter = Callable[..., VirtualPrinter]

JOB = [
    *("M104 S211", "G28", "G1 Z0.3 F601", "M82", "G92 E0"),
    *(f"G1 X{20 + n % 50}.25 Y{30 + n % 40}.75 E{n * 0.03125:.5f} F3000" for n in range(1, 400)),
]


async def test_parked_job_goes_on_exactly_after_its_spooler_was_killed(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20, instant_heating=True)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        await print_started(client, house, JOB)
        await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 40)
        await client.command("job.pause")
        await await_status(client, "paused")
        assert printer.printer.position.z == 5.3
        pid = house.spooler_pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        await await_status(client, "link_lost")
        await await_status(client, "paused")
        assert printer.printer.position.z == 5.3, "nothing moves unasked"
        await client.command("job.resume")
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        assert finished["outcome"] == "completed", finished
    own = set(moves_of(JOB))
    assert [line for line in printer.ledger.lines if line in own] == moves_of(JOB)
    place = printer.printer.position
    assert f"X{place.x:.2f} Y{place.y:.2f} E{place.e:.5f}" in JOB[-1]
    assert place.z == 0.3
