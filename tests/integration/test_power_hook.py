"""The program that cuts a printer's power, really run: when nobody can turn a hot printer off, once, and never otherwise."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client
from hydrogen.errors import Conflict
from hydrogen.fleet.supervision import UNSAFE_SECONDS
from hydrogen.gcode.link.link_limits import LinkLimits
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
from tests.integration.test_supervision import SLACK_SECONDS, hot_house, is_off

StartPrinter = Callable[..., VirtualPrinter]

LOSS_SECONDS = 10.0
"""power.off_after_link_loss_seconds; the least that the configuration takes."""

SILENT_SECONDS = 5.0
"""heat.silent_seconds; likewise."""

UNANSWERED_SECONDS = LinkLimits().unanswered_most + 4.0
"""From the question that the heat guard asks a silent printer to the end of the link."""


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


def policies_of(relay: Relay, printer: str) -> dict[str, str]:
    return {
        f"printers.{printer}.power": relay.settings(printer),
        f"printers.{printer}.heat": f"idle_timeout_seconds = 0\nsilent_seconds = {SILENT_SECONDS}",
    }


async def power_was_cut(client: Client, seconds: float) -> Mapping[str, Any]:
    """The word of it that reaches a client."""
    return await frame_where(
        client,
        lambda frame: frame.get("type") == "printer.unsafe" and frame.get("power_off") == "done",
        seconds=seconds + SLACK_SECONDS,
    )


async def test_the_power_of_a_hot_printer_whose_spooler_and_port_are_gone_is_cut_once(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=1)
    relay = Relay(tmp_path)
    async with hot_house(tmp_path, printer, **policies_of(relay, "bench")) as (house, client):
        struck_at = time.time()
        spooler = house.spooler_pid()
        assert spooler is not None
        printer.pull_cable()
        os.kill(spooler, signal.SIGKILL)
        told = await power_was_cut(client, UNSAFE_SECONDS)
        assert "heaters were on" in told["reason"]
        (at,) = relay.times("bench")
        assert UNSAFE_SECONDS - 2.0 < at - struck_at < UNSAFE_SECONDS + SLACK_SECONDS
        printer.plug_in()  # what nobody watched goes off, and that is the end of the incident
        await until(lambda: is_off(printer), lambda: house.said)
        assert len(relay.times("bench")) == 1


@pytest.mark.timeout(180)
@pytest.mark.skipif(os.environ.get("HYDROGEN_REAL_TIME") is None, reason="takes 50 s: HYDROGEN_REAL_TIME=1 runs it")
async def test_the_power_of_a_hot_printer_whose_firmware_says_nothing_any_more_is_cut_once(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=1)
    relay = Relay(tmp_path)
    async with hot_house(tmp_path, printer, **policies_of(relay, "bench")) as (house, client):
        struck_at = time.time()
        printer.mute()
        told = await power_was_cut(client, SILENT_SECONDS + UNANSWERED_SECONDS + LOSS_SECONDS)
        assert "heaters were on" in told["reason"]
        (at,) = relay.times("bench")
        print(f"cut after {at - struck_at:.1f} s")
        least = LinkLimits().unanswered_most + LOSS_SECONDS
        assert least < at - struck_at < SILENT_SECONDS + UNANSWERED_SECONDS + LOSS_SECONDS + SLACK_SECONDS
        printer.unmute()
        await until(lambda: is_off(printer), lambda: house.said, seconds=40)
        assert len(relay.times("bench")) == 1


async def test_the_power_stays_on_in_a_print_in_a_pause_and_for_who_asks_meanwhile(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    relay = Relay(tmp_path)
    policies = {**policies_of(relay, "bench"), "printers.bench.heat": "idle_timeout_seconds = 1.0"}
    async with (
        running_house(tmp_path, {"bench": str(printer.link)}, **policies) as house,
        connected_idle(house) as client,
    ):
        await print_started(client, house, square_lines(600, feedrate=600))
        await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
        with pytest.raises(Conflict):
            await client.command("power.off", "bench")
        await client.command("job.pause", "bench")
        await await_status(client, "paused")
        readings = 0

        def counts(frame: Mapping[str, Any]) -> bool:
            nonlocal readings
            readings += frame.get("type") == "temperature.measured"
            return readings >= 6

        await frame_where(client, counts)  # three seconds of a hot pause: three times what idle heaters may have
        with pytest.raises(Conflict):
            await client.command("power.off", "bench")
        assert not is_off(printer)
        await client.command("job.resume", "bench")
        await await_status(client, "printing")
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=50)
        assert finished["outcome"] == "completed"
        assert relay.times("bench") == []
        assert (await client.command("power.off", "bench"))["power"] == "off"
        assert len(relay.times("bench")) == 1
