"""What a print outlives, with real processes; the table in tests/README.md says which of the ten tests each one is."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import sysconfig
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.errors import HydrogenError
from hydrogen_simulators.ledger import is_move, job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.chaos.proof import commands_of
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

ROOT = Path(__file__).resolve().parents[2]
OTHER_VERSION = "0.0.9"
"""Of the copy: service and spooler are of different versions afterwards."""

ATTACHED_SECONDS = 10.0
"""From the start of a service to its spooler's state; it takes as long as the start itself."""

OURS = (ROOT / "hydrogen", ROOT / "drivers" / "hydrogen_drivers")


async def outcome_of(client: Client, job: str) -> str:
    """How it ended, once it has."""
    finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=50)
    assert finished["job"] == job
    return str(finished["outcome"])


async def recorded(client: Client, job: str) -> list[str]:
    """The outcomes under which the job stands in the history."""
    return [entry["outcome"] for entry in (await client.command("job.history"))["jobs"] if entry["job"] == job]


# ------------------------------------------------------------------------------------------------------------- 1


@pytest.mark.parametrize("line", ["G21", "M83"])
async def test_a_spooler_killed_in_the_first_lines_of_a_job_has_a_successor_that_goes_on(
    tmp_path: Path, start_virtual_printer: StartPrinter, line: str
) -> None:
    printer = start_virtual_printer(speed=20)
    lines = square_lines(120)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        spooler = house.spooler_pid()
        assert spooler is not None
        started = asyncio.create_task(print_started(client, house, lines))
        while line not in printer.ledger.lines[-8:]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        os.kill(spooler, signal.SIGKILL)
        printer.change_speed(None)
        with suppress(HydrogenError):
            await started
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=50)
        assert finished["outcome"] == "completed", finished
    assert printer.ledger.job_hash == job_hash(lines)


# ------------------------------------------------------------------------------------------------------------- 4


async def test_a_spooler_whose_packages_are_gone_pauses_resumes_and_finishes_under_an_upgraded_service(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    lines = square_lines(900, feedrate=600)
    site = installed_copy(tmp_path / "site")
    house = HouseProcess(tmp_path, {"bench": str(printer.link)})
    house.python, house.environment = sys._base_executable, {"PYTHONPATH": str(site)}  # type: ignore[attr-defined]
    try:
        await house.start()
        assert house.record is not None
        assert house.record.version == OTHER_VERSION, "it must run from the copy"
        async with connected_idle(house) as client:
            job = await print_started(client, house, lines)
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
        spooler = house.spooler_pid()
        assert spooler is not None
        assert str(site) in environment_of(spooler)
        assert await house.stop() == 0, house.said
        shutil.rmtree(site)
        house.python, house.environment = sys.executable, {}
        began = time.monotonic()
        await house.start()
        async with connected(house.address) as client:
            await await_status(client, "printing")
            assert time.monotonic() - began < ATTACHED_SECONDS
            await client.command("job.pause", "bench")
            await await_status(client, "paused")
            await client.command("job.resume", "bench")
            await await_status(client, "printing")
            printer.change_speed(None)
            assert await outcome_of(client, job) == "completed"
        assert house.spooler_pid() == spooler
        assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)
    finally:
        await house.clean_up()
    moves = [command for command in commands_of(lines) if is_move(command)]
    assert [move for move in printer.ledger.moves if move in moves] == moves  # the pause's own moves are not the file's


def environment_of(pid: int) -> str:
    return Path(f"/proc/{pid}/environ").read_text()


def installed_copy(site: Path) -> Path:
    """A folder of packages for an interpreter without any: ours copied, those of others linked."""
    site.mkdir()
    for package in OURS:
        shutil.copytree(package, site / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    for other in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if not other.name.startswith("__") and other.suffix not in (".pth",) and not (site / other.name).exists():
            (site / other.name).symlink_to(other)
    package = site / "hydrogen" / "__init__.py"
    package.write_text(f'{package.read_text()}\n__version__ = "{OTHER_VERSION}"\n')
    return site


# ------------------------------------------------------------------------------------------------------------- 5


@pytest.mark.parametrize("seed", range(2))
async def test_a_service_killed_around_the_end_of_a_job_records_it_once(
    tmp_path: Path, start_virtual_printer: StartPrinter, seed: int
) -> None:
    printer = start_virtual_printer(speed=None)
    random = Random(seed)
    lines = square_lines(40 + seed)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected_idle(house) as client:
            job = await print_started(client, house, lines)
            if seed % 2:  # as near as a client can be to the moment between the event and its record
                assert await outcome_of(client, job) == "completed"
            else:
                await until(lambda: printer.ledger.move_count >= random.randint(1, len(lines) - 9))
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        await house.start()
        async with connected_idle(house) as client, asyncio.timeout(30):
            while await recorded(client, job) != ["completed"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    assert printer.ledger.job_hash == job_hash(lines)


# ------------------------------------------------------------------------------------------------------------- 7


async def test_a_spooler_that_stands_still_for_five_seconds_is_told_of_and_prints_on(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    lines = square_lines(300, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        job = await print_started(client, house, lines)
        await until(lambda: printer.ledger.move_count > 30)
        spooler = house.spooler_pid()
        assert spooler is not None
        os.kill(spooler, signal.SIGSTOP)
        try:
            await until(lambda: "heartbeat late" in house.said, seconds=30)
            # Five seconds in all: what is tested is that standing still for so long is survived.
            await asyncio.sleep(1.5)
        finally:
            os.kill(spooler, signal.SIGCONT)
        printer.change_speed(None)
        assert await outcome_of(client, job) == "completed"
        assert house.spooler_pid() == spooler
        assert house.said.count("heartbeat late") == 1
    assert printer.ledger.job_hash == job_hash(lines)


async def test_a_stopped_service_costs_its_spooler_no_memory_however_many_events_rise(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=5)
    lines = square_lines(600, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected_idle(house) as client:
        job = await print_started(client, house, lines)
        await until(lambda: printer.ledger.move_count > 30)
        assert house.process is not None
        spooler = house.spooler_pid()
        assert spooler is not None
        tell_temperatures(printer, 300)
        before = private_kib(spooler)
        house.process.send_signal(signal.SIGSTOP)
        try:
            tell_temperatures(printer, 2500)
            moves = printer.ledger.move_count
            await until(lambda: printer.ledger.move_count > moves + 20)
            after = private_kib(spooler)
        finally:
            house.process.send_signal(signal.SIGCONT)
        assert after - before < 2048, f"the spooler grew by {after - before} KiB"
        printer.change_speed(None)
        assert await outcome_of(client, job) == "completed"
    assert printer.ledger.job_hash == job_hash(lines)


def tell_temperatures(printer: VirtualPrinter, count: int) -> None:
    """Reports that no two are alike, about a thousand a second."""
    ends_at = time.monotonic()
    for number in range(count):
        printer.say(
            f" T:{190 + number % 200 / 10:.2f} /200.00 B:{59 + number % 7 / 10:.2f} /60.00 @:{number % 127} B@:0"
        )
        ends_at += 0.001
        time.sleep(max(0.0, ends_at - time.monotonic()))


def private_kib(pid: int) -> int:
    """Memory that nobody shares with the process."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Private_"))


# ------------------------------------------------------------------------------------------------------------ 10


async def test_an_emergency_stop_overtakes_a_heat_up_a_full_queue_and_fifty_clients(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=1)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, AsyncExitStack() as stack:
        client = await stack.enter_async_context(connected_idle(house))
        for _ in range(50):
            await stack.enter_async_context(connected(house.address))
        job = await print_started(client, house, ["M109 S250", *square_lines(50)])
        await until(lambda: printer.printer.temperatures["E0"].target_celsius == 250)
        async with connected(house.address) as other:
            waiting = [asyncio.create_task(other.command("printer.send_gcode", "bench", {"lines": ["M105"] * 50}))]
            asked_at = time.monotonic()
            await client.command("printer.emergency_stop", "bench")
            await until(lambda: printer.printer.is_halted, seconds=30)
            took = time.monotonic() - asked_at
            await asyncio.gather(*waiting, return_exceptions=True)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        assert (finished["job"], finished["error_code"]) == (job, "printer_halted")
        assert took < 2.0
    assert printer.ledger.move_count == 0
