"""Fans, speed and flow as every client sees them: whoever sent the line, whoever dies, and when the board forgets."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.cli.snapshot import snapshot_of
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, await_status, frame_where, print_started, running_house
from tests.integration.test_recovered_life import is_offered

StartPrinter = Callable[..., VirtualPrinter]


def turned(fans: Mapping[str, float], speed: float, flow: float) -> dict[str, Any]:
    return {"fans_percent": fans, "speed_percent": speed, "flow_percent": {"tool0": flow}}


def printed_lines() -> list[str]:
    lines = ["M104 S60", "G28", "G90", "M83", "M106 P1 S255", "M220 S80", "M221 S95", "M107"]
    return [*lines, *(f"G1 X{20 + n % 60}.{n % 10} Y{10 + n // 60} F1200" for n in range(600)), "M104 S0"]


async def told(client: Client, tuning: Mapping[str, Any]) -> None:
    def fits(frame: Mapping[str, Any]) -> bool:
        if frame.get("type") == "printer.attached":
            return bool(frame["state"]["tuning"] == tuning)
        return bool(frame.get("type") == "printer.tuning_changed" and frame["tuning"] == tuning)

    await frame_where(client, fits)


async def tuning_in_snapshot(house: HouseProcess) -> Any:
    async with connected(house.address) as client:
        return (await snapshot_of(client))["printers"]["bench"]["tuning"]


@pytest.mark.timeout(120)
@pytest.mark.parametrize("tells_fans", [True, False])
async def test_lines_of_a_file_and_of_people_count_over_the_death_of_a_spooler(
    tmp_path: Path, start_virtual_printer: StartPrinter, *, tells_fans: bool
) -> None:
    silent = {} if tells_fans else {"persona": "prusa-mk3"}
    printer = start_virtual_printer(speed=20, prevent_cold_extrusion=False, **silent)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        await print_started(client, house, printed_lines())
        of_file = {"1": 100.0, "0": 0.0}
        await told(client, turned(of_file, 80.0, 95.0))
        await client.command("printer.send_gcode", "bench", {"lines": ["M220 S150", "M106 S51"]})
        await told(client, turned({**of_file, "0": 20.0}, 150.0, 95.0))
        await client.command("printer.set_flow", "bench", {"percent": 105})
        by_hand = turned({**of_file, "0": 20.0}, 150.0, 105.0)
        await told(client, by_hand)
        assert await tuning_in_snapshot(house) == by_hand
        spooler = house.spooler_pid()
        assert spooler is not None
        os.kill(spooler, signal.SIGKILL)
        await await_status(client, "link_lost")
        await told(client, by_hand)
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        assert finished["outcome"] == "completed", finished
        assert await tuning_in_snapshot(house) == by_hand


@pytest.mark.timeout(120)
async def test_a_board_that_was_reset_has_what_it_starts_with(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20, prevent_cold_extrusion=False)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        await print_started(client, house, printed_lines())
        await told(client, turned({"1": 100.0, "0": 0.0}, 80.0, 95.0))
        printer.reset()
        await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        await is_offered(house)
        assert await tuning_in_snapshot(house) == turned({"0": 0.0}, 100.0, 100.0)
