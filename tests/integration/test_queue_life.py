"""The queue with real processes: it outlives its service, waits for the bed, and every job has its receipt."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.errors import NotFound
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import await_status, frame_where, running_house, square_lines, until

PATIENCE_SECONDS = 80.0
"""For each step: two services, a spooler and a printer share the machine with whatever else runs."""

StartPrinter = Callable[..., VirtualPrinter]


async def receipt_of(client: Client, job: str) -> Mapping[str, Any]:
    """Asked again until it is stored: it follows the job's end as a fact of its own."""
    while True:
        with suppress(NotFound):
            return dict((await client.command("job.receipt", params={"job": job}))["receipt"])
        await frame_where(client, lambda frame: frame.get("type") == "status")


@pytest.mark.timeout(180)
async def test_a_queued_print_outlives_its_service_and_the_next_one_waits_for_the_bed(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=60)
    lines = square_lines(100, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        (house.files / "job.gcode").write_text("\n".join(lines) + "\n")
        async with connected(house.address) as client:
            await await_status(client, "idle")
            await client.command("queue.add", params={"file": "job.gcode", "copies": 2})
            assert (await client.command("queue.list"))["printers"]["bench"]["bed"] == "unknown"
            await client.command("printer.clear_bed", "bench")
            started = await frame_where(client, lambda frame: frame.get("type") == "job.started", PATIENCE_SECONDS)
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        moves = sum(line.startswith("G1") for line in lines)
        await until(lambda: printer.ledger.move_count == moves, seconds=PATIENCE_SECONDS)
        await house.start()
        async with connected(house.address) as client:

            def is_one_done(frame: Mapping[str, Any]) -> bool:
                entry = frame.get("entry")
                return isinstance(entry, Mapping) and entry["copies_done"] == 1

            listed = await client.command("queue.list")
            if listed["entries"][0]["copies_done"] == 0:
                await frame_where(client, is_one_done, PATIENCE_SECONDS)
                listed = await client.command("queue.list")
            (entry,) = listed["entries"]
            assert (entry["state"], entry["copies_done"]) == ("queued", 1)
            assert listed["printers"]["bench"] == {"bed": "occupied", "job": started["job"], "held": ""}
            assert printer.ledger.move_count == moves, "nothing starts onto a full bed"

            receipt = await receipt_of(client, started["job"])
            assert receipt["executed_sha256"] == receipt["file_sha256"] is not None
            assert (receipt["outcome"], receipt["lines_done"]) == ("completed", receipt["lines_total"])
            file = house.data_dir / "receipts" / f"{started['job']}.json"
            await until(file.exists)  # it is written behind the record
            assert json.loads(file.read_text()) == receipt

            await client.command("printer.clear_bed", "bench", {"job": started["job"]})
            again = await frame_where(client, lambda frame: frame.get("type") == "job.started", PATIENCE_SECONDS)
            assert again["job"] != started["job"]
            progress = await frame_where(client, lambda frame: frame.get("remaining_source"), PATIENCE_SECONDS)
            assert progress["remaining_source"] in ("history", "pace")
            finished = await frame_where(
                client, lambda frame: frame.get("type") == "job.finished", seconds=PATIENCE_SECONDS
            )
            assert finished["outcome"] == "completed"
        assert await house.stop() == 0, house.said
    assert printer.ledger.move_count == 2 * moves
