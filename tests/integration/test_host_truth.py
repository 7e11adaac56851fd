"""A supply that gives in while a printer prints: told within seconds, stamped onto the job, named by the doctor."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.errors import NotFound
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, connected_idle, frame_where, print_started, square_lines
from tests.support.waiting import wait_until_answered

StartPrinter = Callable[..., VirtualPrinter]


class Firmware:
    """What stands for `vcgencmd`: it prints the bits that the test has written."""

    def __init__(self, folder: Path) -> None:
        self._bits = folder / "bits"
        self.say("0x50000")
        self.folder = folder / "bin"
        self.folder.mkdir()
        (self.folder / "vcgencmd").write_text(f"#!/bin/sh\necho throttled=$(cat {self._bits})\n")
        (self.folder / "vcgencmd").chmod(0o755)

    def say(self, bits: str) -> None:
        self._bits.write_text(bits)


@pytest.mark.timeout(180)
async def test_a_weak_supply_in_a_print_is_told_stamped_and_named(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    firmware = Firmware(tmp_path)
    house = HouseProcess(tmp_path, {"bench": str(printer.link)})
    house.environment = {"PATH": f"{firmware.folder}:{os.environ['PATH']}"}
    try:
        await house.start()
        async with connected_idle(house) as client:
            measured = await frame_where(client, lambda frame: frame.get("type") == "host.measured", seconds=60)
            assert measured["host"]["throttling"] == []  # what was so at the start is information
            assert set(measured["host"]["throttling_since_boot"]) == {"under_voltage", "throttled"}
            job = await print_started(client, house, square_lines(2000, feedrate=600))
            firmware.say("0x50005")
            told = await frame_where(
                client,
                lambda f: f.get("type") == "host.trouble_changed" and "under_voltage" in f["began"],
                seconds=60,
            )
            assert told["jobs"] == [job]
            async with connected(house.address) as late:
                assert (await snapshot_of(late))["host_trouble"] == told["trouble"]
            (diagnosis,) = (await client.command("system.diagnose", "bench"))["diagnoses"]
            causes = {one["cause"]: one["confidence"] for one in diagnosis["verdicts"]}
            assert causes["under_voltage"] == "medium"  # nothing has broken of it
            await client.command("job.cancel", "bench")
            finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
            assert "under_voltage" in finished["host_trouble"]

            async def is_on_the_receipt() -> bool:
                try:
                    receipt = (await client.command("job.receipt", "bench", {"job": job}))["receipt"]
                except NotFound:
                    return False  # it comes behind the end
                return {"under_voltage", "throttled"} <= set(receipt["host"]["throttling"])

            await wait_until_answered(is_on_the_receipt, 60)
    finally:
        await house.clean_up()
