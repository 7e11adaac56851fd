"""A print whose board was reset is taken up again: what the bed, the queue, the history and the receipts say before, during and
after it, and when the service dies in the middle. Real processes."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.errors import Conflict
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, await_status, frame_where, running_house, until
from tests.integration.test_power_loss import part
from tests.integration.test_queue_life import receipt_of
from tests.support.waiting import wait_until_answered

StartPrinter = Callable[..., VirtualPrinter]

WAITING = ["G28", *(f"G1 X{n}.5 Y77 F6000" for n in range(1, 60))]
"""The print that waits; no move of it is one of the first print's."""


async def desk_of(client: Client) -> tuple[str, str | None, list[str]]:
    """The bed, its job, and the states of what waits."""
    listed = await client.command("queue.list")
    desk = listed["printers"]["bench"]
    return desk["bed"], desk["job"], [entry["state"] for entry in listed["entries"]]


async def is_refused(client: Client, operation: str) -> bool:
    try:
        await client.command(operation, "bench")
    except Conflict:
        return True
    return False


def ends_told(house: HouseProcess) -> Counter[str]:
    """`job.finished` in the record, by job."""
    with closing(sqlite3.connect(house.data_dir / "hydrogen.db")) as db:
        rows = db.execute("SELECT json_extract(body, '$.job') FROM facts WHERE type = 'job.finished'")
        return Counter(str(row[0]) for row in rows)


async def is_offered(house: HouseProcess) -> None:
    """Returns when the printer is free and its interrupted job may be taken up."""

    async def is_so() -> bool:
        async with connected(house.address) as client:
            state = (await snapshot_of(client))["printers"]["bench"]
        return state["status"] == "idle" and bool(state["recoverable"])

    await wait_until_answered(is_so, seconds=30)


async def started(client: Client) -> str:
    return str((await frame_where(client, lambda frame: frame.get("type") == "job.started"))["job"])


async def finished(client: Client, job: str) -> Mapping[str, Any]:
    return await frame_where(
        client, lambda frame: frame.get("type") == "job.finished" and frame.get("job") == job, seconds=60
    )


@pytest.mark.timeout(180)
async def test_a_recovered_print_keeps_its_bed_and_stands_beside_the_one_it_continues(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=30, prevent_cold_extrusion=False)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        for name, lines in (("part.gcode", part()), ("waiting.gcode", WAITING)):
            (house.files / name).write_text("\n".join(lines) + "\n")
        async with connected(house.address) as client:
            await await_status(client, "idle")
            for name in ("part.gcode", "waiting.gcode"):
                await client.command("queue.add", params={"file": name})
            await client.command("printer.clear_bed", "bench")
            first = await started(client)
            await frame_where(client, lambda f: f.get("type") == "job.progressed" and f["lines_done"] > 300)
            printer.reset()
            assert (await finished(client, first))["error_code"] in ("interrupted", "printer_reset")
            await is_offered(house)

            # Before: what lies on the bed is not known, and a queue that is let go on waits for a person's word.
            assert await desk_of(client) == ("unknown", first, ["queued"])
            await client.command("queue.release", "bench")
            plan = await client.command("job.recovery_plan", "bench", {"job": first})
            assert await desk_of(client) == ("unknown", first, ["queued"])

            printer.change_speed(5)
            approved = {"job": first, "plan_digest": plan["digest"]}
            second = str((await client.command("job.recover", "bench", approved))["job"])
            # During: the bed is taken from the answer on.
            assert await desk_of(client) == ("occupied", second, ["queued"])
            assert await is_refused(client, "printer.clear_bed")
            await frame_where(client, lambda f: f.get("type") == "job.progressed" and f["job"] == second)

        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        await house.start()
        async with connected(house.address) as client:
            async with connected(house.address) as other:
                job = (await snapshot_of(other))["printers"]["bench"]["job"]
            if job is None:
                await await_status(client, "printing")
            assert await desk_of(client) == ("occupied", second, ["queued"])
            assert await is_refused(client, "printer.clear_bed")
            [running] = [one for one in (await client.command("job.history"))["jobs"] if one["job"] == second]
            assert (running["state"], running["continues"]) == ("printing", first)
            printer.change_speed(None)
            ended = await finished(client, second)
            assert (ended["outcome"], ended["lines_done"]) == ("completed", ended["lines_total"])
            # After: it lies on its bed, and nothing is printed onto it.
            await until(lambda: ends_told(house) == {first: 1, second: 1})
            assert await desk_of(client) == ("occupied", second, ["queued"])
            assert not set(WAITING[1:]) & set(printer.ledger.moves)
            told = {one["job"]: one for one in (await client.command("job.history"))["jobs"]}
            assert set(told) == {first, second}
            assert (told[first]["outcome"], told[first]["continues"]) == ("failed", None)
            assert (told[second]["outcome"], told[second]["continues"]) == ("completed", first)
            receipts = [await receipt_of(client, job) for job in (first, second)]
            assert [receipt["continues"] for receipt in receipts] == [None, first]
            assert [receipt["outcome"] for receipt in receipts] == ["failed", "completed"]
            assert receipts[0]["source_sha256"] == receipts[1]["source_sha256"]
            await client.command("printer.clear_bed", "bench", {"job": second})
            third = await started(client)
            assert (await finished(client, third))["outcome"] == "completed"
        await until(lambda: ends_told(house) == {first: 1, second: 1, third: 1})
        assert await house.stop() == 0, house.said
    assert [move for move in printer.ledger.moves if move in WAITING] == WAITING[1:]
