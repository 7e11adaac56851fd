"""Hot heaters and dying processes: all targets go to 0, or the print goes on, within the promised times. Real processes."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    connected_idle,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)

StartPrinter = Callable[..., VirtualPrinter]

USABLE_SECONDS = 10.0
"""The promise: within so long of a usable path."""

HUNG_SECONDS = 15.0
"""After which a spooler without a heartbeat is replaced."""

SLACK_SECONDS = 10.0
"""For a machine that is busy with other tests."""


def is_off(printer: VirtualPrinter) -> bool:
    return all(heater.target_celsius == 0 for heater in printer.printer.machine.heaters.values())


async def heat(client: Client, printer: VirtualPrinter, name: str = "bench") -> None:
    """A person preheats, and the house has seen it."""
    await client.command("printer.set_temperature", name, {"heater": "bed", "target_celsius": 60})
    await frame_where(
        client,
        lambda frame: (
            frame.get("type") == "temperature.measured"
            and frame.get("printer") == name
            and frame.get("heater") == "bed"
            and frame.get("target_celsius") == 60
        ),
    )
    assert not is_off(printer)


@asynccontextmanager
async def hot_house(
    folder: Path, printer: VirtualPrinter, **sections: str
) -> AsyncIterator[tuple[HouseProcess, Client]]:
    async with (
        running_house(folder, {"bench": str(printer.link)}, **sections) as house,
        connected_idle(house) as client,
    ):
        await heat(client, printer)
        yield house, client


def strike(house: HouseProcess, number: signal.Signals, printer: str = "bench") -> int:
    pid = house.spooler_pid(printer)
    assert pid is not None
    os.kill(pid, number)
    return pid


async def test_a_killed_spooler_is_replaced_and_the_heat_it_left_is_turned_off(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    async with hot_house(tmp_path, printer) as (house, client):
        pid = strike(house, signal.SIGKILL)
        lost = await frame_where(client, lambda frame: frame.get("type") == "error.raised", seconds=2.0 + SLACK_SECONDS)
        assert lost["error"]["code"] == "spooler_lost"
        await until(lambda: is_off(printer), lambda: house.said, seconds=USABLE_SECONDS + SLACK_SECONDS)
        await until(lambda: house.spooler_pid() not in (None, pid), lambda: house.said)


async def test_both_processes_killed_and_a_service_started_again_turn_the_heat_off(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    async with hot_house(tmp_path, printer) as (house, _client):
        strike(house, signal.SIGKILL)
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        assert not is_off(printer)
        await house.start()
        await until(lambda: is_off(printer), lambda: house.said, seconds=USABLE_SECONDS + SLACK_SECONDS)


async def test_a_cable_that_was_out_while_nothing_printed_leaves_nothing_hot(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    async with hot_house(tmp_path, printer) as (house, client):
        printer.pull_cable()
        await await_status(client, "link_lost")
        assert not is_off(printer)
        printer.plug_in()
        await until(lambda: is_off(printer), lambda: house.said, seconds=USABLE_SECONDS + SLACK_SECONDS)
        await frame_where(
            client, lambda f: f.get("type") == "error.raised" and f["error"]["code"] == "heater_unsupervised"
        )


async def test_a_stopped_service_is_no_reason_for_anything(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(600, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        await print_started(client, house, lines)
        await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
        pid = house.spooler_pid()
        assert house.process is not None
        house.process.send_signal(signal.SIGSTOP)
        try:
            executed = printer.ledger.move_count
            await until(lambda: printer.ledger.move_count > executed + 100, seconds=40)
        finally:
            house.process.send_signal(signal.SIGCONT)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        assert finished["outcome"] == "completed"
        assert house.spooler_pid() == pid
    assert printer.ledger.job_hash == job_hash(lines)


async def test_idle_heaters_time_out_within_five_seconds_of_the_limit(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    policy = {"printers.bench.heat": "idle_timeout_seconds = 2.0"}
    async with hot_house(tmp_path, printer, **policy) as (_house, client):
        await frame_where(client, lambda f: f.get("type") == "error.raised" and f["error"]["code"] == "heaters_idle")
        await until(lambda: is_off(printer), seconds=5.0 + SLACK_SECONDS)


async def test_a_target_set_at_the_printers_own_display_is_told_and_turned_off(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        printer.do(lambda board, now: board.machine.heaters["bed"].set_target(60.0, now))
        told = await frame_where(
            client, lambda f: f.get("type") == "error.raised" and f["error"]["code"] == "heater_unasked"
        )
        assert told["error"]["details"]["heater"] == "bed"
        await until(lambda: is_off(printer), lambda: house.said)


def has_another_spooler(house: HouseProcess, name: str, pid: int) -> bool:
    return house.spooler_pid(name) not in (None, pid)


@pytest.mark.timeout(180)
async def test_a_spooler_that_hangs_is_told_then_killed_and_its_work_is_taken_over(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    """The one test in real time: two printers, one that is hot and one that prints, both spoolers stopped."""
    hot = start_virtual_printer("ttyHOT", speed=1)
    busy = start_virtual_printer("ttyBUSY", speed=10)
    lines = square_lines(600, feedrate=600)
    loop = asyncio.get_running_loop()
    async with running_house(tmp_path, {"hot": str(hot.link), "busy": str(busy.link)}) as house:
        async with connected(house.address) as client:
            await await_status(client, "idle", "hot")
        async with connected(house.address) as client:
            await await_status(client, "idle", "busy")
        async with connected(house.address) as client:
            await heat(client, hot, "hot")
            (house.files / "job.gcode").write_text("\n".join(lines) + "\n")
            await client.command("job.start", "busy", {"file": "job.gcode"})
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
            stopped = {name: strike(house, signal.SIGSTOP, name) for name in ("hot", "busy")}
            began = loop.time()
            late = set[str]()
            while late != {"hot", "busy"}:
                late.add((await frame_where(client, lambda f: f.get("type") == "printer.heartbeat_missed"))["printer"])
            assert not is_off(hot)
            await until(lambda: is_off(hot), lambda: house.said, seconds=HUNG_SECONDS + USABLE_SECONDS + SLACK_SECONDS)
            assert loop.time() - began > HUNG_SECONDS - 2.0
            for name, pid in stopped.items():
                await until(partial(has_another_spooler, house, name, pid), lambda: house.said)
            finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=90)
            assert finished["outcome"] == "completed", finished
    assert busy.ledger.job_hash == job_hash(lines)
