"""The program that cuts a printer's power, really run: when nobody can turn a hot printer off, once, and never otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.errors import Conflict
from hydrogen.fleet.supervision import UNSAFE_SECONDS
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    await_status,
    connected_idle,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)
from tests.integration.test_supervision import SLACK_SECONDS, heat, is_off

StartPrinter = Callable[..., VirtualPrinter]

LOSS_SECONDS = 10.0
"""power.off_after_link_loss_seconds; the least that the configuration takes."""

MUTE_SECONDS = 20.0
"""Within so long the link has given a printer up that says nothing at all any more."""


class Relay:
    """A program that notes each time it is run, for which printer and when."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "relay.log"
        self._program = folder / "relay"
        self._program.write_text(f'#!/bin/sh\necho "$1 $(date +%s.%N)" >> {self._log}\n')
        self._program.chmod(0o755)

    def settings(self, printer: str) -> str:
        return f'off_command = ["{self._program}", "{printer}"]\noff_after_link_loss_seconds = {LOSS_SECONDS}'

    def times(self, printer: str) -> list[float]:
        """When it was run, by the wall clock."""
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [float(line.split()[1]) for line in lines if line.split()[0] == printer]


async def unsafe_frame(client: Client, printer: str, power_off: str) -> Mapping[str, Any]:
    return await frame_where(
        client,
        lambda frame: (
            frame.get("type") == "printer.unsafe"
            and frame.get("printer") == printer
            and frame.get("power_off") == power_off
        ),
        seconds=MUTE_SECONDS + LOSS_SECONDS + 2 * SLACK_SECONDS,
    )


@pytest.mark.timeout(180)
async def test_the_power_of_a_hot_printer_that_nobody_reaches_is_cut_once(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    """Two printers: the firmware of one says nothing any more; the other one's spooler is killed, and its port is gone."""
    printers = {name: start_virtual_printer(f"tty-{name}", speed=1) for name in ("mute", "gone")}
    relay = Relay(tmp_path)
    policies = {f"printers.{name}.power": relay.settings(name) for name in printers}
    async with running_house(tmp_path, {n: str(p.link) for n, p in printers.items()}, **policies) as house:
        for name, printer in printers.items():
            async with connected_idle(house, name) as client:
                await heat(client, printer, name)
        async with connected(house.address) as one, connected(house.address) as other:
            struck_at = time.time()
            printers["mute"].mute()
            spooler = house.spooler_pid("gone")
            assert spooler is not None
            printers["gone"].pull_cable()
            os.kill(spooler, signal.SIGKILL)
            mute, gone = await asyncio.gather(unsafe_frame(one, "mute", "done"), unsafe_frame(other, "gone", "done"))
        assert "heaters were on" in gone["reason"]
        assert "heaters were on" in mute["reason"]
        (gone_at,), (mute_at,) = relay.times("gone"), relay.times("mute")
        print({"gone": round(gone_at - struck_at, 2), "mute": round(mute_at - struck_at, 2)})
        assert UNSAFE_SECONDS - 2.0 < gone_at - struck_at < UNSAFE_SECONDS + SLACK_SECONDS
        assert LOSS_SECONDS < mute_at - struck_at < MUTE_SECONDS + LOSS_SECONDS + SLACK_SECONDS

        # The port comes back, the firmware speaks again: what nobody watched goes off, and that is the end of the incident.
        printers["gone"].plug_in()
        printers["mute"].unmute()
        for printer in printers.values():
            await until(lambda printer=printer: is_off(printer), lambda: house.said, seconds=60)  # type: ignore[misc]
        assert [len(relay.times(name)) for name in printers] == [1, 1]


async def test_the_power_stays_on_in_a_print_in_a_pause_and_for_who_asks_meanwhile(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    relay = Relay(tmp_path)
    policies = {
        "printers.bench.power": relay.settings("bench"),
        "printers.bench.heat": "idle_timeout_seconds = 1.0\nsilent_seconds = 5.0",
    }
    async with (
        running_house(tmp_path, {"bench": str(printer.link)}, **policies) as house,
        connected_idle(house) as client,
    ):
        await print_started(client, house, square_lines(600, feedrate=600))
        await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
        with pytest.raises(Conflict):
            await client.command("printer.power_off", "bench")
        await client.command("job.pause", "bench")
        await await_status(client, "paused")
        readings = 0

        def counts(frame: Mapping[str, Any]) -> bool:
            nonlocal readings
            readings += frame.get("type") == "temperature.measured"
            return readings >= 6

        await frame_where(client, counts)  # three seconds of a hot pause: three times what idle heaters may have
        with pytest.raises(Conflict):
            await client.command("printer.power_off", "bench")
        assert not is_off(printer)
        await client.command("job.resume", "bench")
        await await_status(client, "printing")
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=50)
        assert finished["outcome"] == "completed"
        assert relay.times("bench") == []
        assert (await client.command("printer.power_off", "bench"))["power_off"] == "done"
        assert len(relay.times("bench")) == 1
