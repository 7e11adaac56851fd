"""One print, end to end: a real service, a real spooler, a virtual printer on a real pty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import await_status, frame_where, print_started, running_house, square_lines

StartPrinter = Callable[..., VirtualPrinter]


async def test_a_file_is_printed_exactly_as_it_stands_and_clients_see_it_happen(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    lines = square_lines(800)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        job = await print_started(client, house, lines)
        seen: dict[str, int] = {}

        def count(frame: object) -> bool:
            assert isinstance(frame, dict)
            kind = str(frame.get("type"))
            seen[kind] = seen.get(kind, 0) + 1
            return kind == "job.finished"

        finished = await frame_where(client, count)
        assert (finished["job"], finished["outcome"]) == (job, "completed"), finished
        assert finished["lines_done"] == finished["lines_total"]
        assert {"job.started", "job.progressed", "temperature.measured", "printer.state_changed"} <= seen.keys()
        assert seen["job.finished"] == 1
        history = await client.command("job.history")
        assert history["jobs"][0]["job"] == job
        assert history["jobs"][0]["outcome"] == "completed"
        assert await house.stop() == 0, house.said
    assert printer.ledger.job_hash == job_hash(lines)


@pytest.mark.parametrize(
    "faults",
    [FaultPlan(drop_ok_every=150), FaultPlan(corrupt_every=100), FaultPlan(resend_every=80)],
    ids=["lost ok", "damaged line", "resend out of the blue"],
)
async def test_bad_weather_changes_nothing_in_what_is_executed(
    tmp_path: Path, start_virtual_printer: StartPrinter, faults: FaultPlan
) -> None:
    printer = start_virtual_printer(speed=None, faults=faults)
    lines = square_lines(400)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        await print_started(client, house, lines)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        assert finished["outcome"] == "completed", finished
    assert printer.ledger.job_hash == job_hash(lines)
