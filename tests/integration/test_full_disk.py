"""Every write fails from the hundredth line on: the print completes, people are told, nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.chaos.small_disk import SmallDisk, disk_over
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    frame_where,
    print_started,
    square_lines,
    until,
)
from tests.support.waiting import wait_until_answered

StartPrinter = Callable[..., VirtualPrinter]


def is_told(frames: Sequence[Mapping[str, Any]]) -> bool:
    """That the job has ended, and that there is no room; which of them comes first depends on what is written when. A write may
    still find its place in pages that a file has already: then only the watch over the disk tells."""
    codes = {frame["error"]["code"] for frame in frames if frame.get("type") == "error.raised"}
    return bool(codes & {"disk_full", "disk_low"}) and any(frame.get("type") == "job.finished" for frame in frames)


async def is_analysed(client: Client) -> bool:
    return bool((await client.command("file.info", "bench", {"file": "job.gcode"}))["state"] != "pending")


async def test_a_print_completes_on_a_full_disk_and_its_end_is_recorded_once_there_is_room(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=6)
    lines = square_lines(900, feedrate=600)
    folder = tmp_path / "house"
    folder.mkdir()
    house = HouseProcess(folder, {"bench": str(printer.link)})
    with disk_over(folder, lambda: [house.process.pid] if house.process else []) as disk:
        if not isinstance(disk, SmallDisk):
            pytest.skip("no mount namespace for a disk that can be full")
        configuration = house.config.read_text()
        house.prefix, house.seen = disk.prefix, disk.seen
        house.log = tmp_path / "service.log"
        disk.seen(house.config).write_text(configuration)
        try:
            await house.start()
            async with connected(house.address) as client:
                await await_status(client, "idle")
                job = await print_started(client, house, lines)
                await until(lambda: printer.ledger.move_count >= 100)
                await wait_until_answered(
                    lambda: is_analysed(client), 60.0
                )  # what an analysis lets go would be room again
                disk.fill()
                printer.change_speed(None)
                frames: list[Mapping[str, Any]] = []
                await frame_where(client, lambda frame: frames.append(frame) or is_told(frames))
                finished = next(frame for frame in frames if frame.get("type") == "job.finished")
                assert (finished["job"], finished["outcome"]) == (job, "completed"), finished
                disk.free()
                await _until_recorded(client, job)
            assert await house.stop() == 0, house.said
            await house.start()
            async with connected(house.address) as client:
                await await_status(client, "idle")
                await _until_recorded(client, job)
            assert await house.stop() == 0, house.said
        finally:
            await house.clean_up()
    assert printer.ledger.job_hash == job_hash(lines)


async def _until_recorded(client: Client, job: str) -> None:
    """The job stands in the history, once, with its outcome."""
    found: list[str] = []
    async with asyncio.timeout(30):
        while found != ["completed"]:
            jobs = (await client.command("job.history"))["jobs"]
            found = [str(entry["outcome"]) for entry in jobs if entry["job"] == job]
            await asyncio.sleep(0.05)
