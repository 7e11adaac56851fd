"""From a service without a printer to one that prints, and back, from afar alone."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.errors import Conflict, InvalidMessage
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    KEY,
    HouseProcess,
    await_outcome,
    await_status,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)
from tests.operations.test_operations_result import validator_of


@asynccontextmanager
async def next_life(house: HouseProcess, former: str) -> AsyncIterator[Client]:
    """A client of the service that came after the one of this epoch."""
    await house.await_record(lambda record: record.epoch != former)
    async with connected(house.address) as client:
        yield client


def epoch_of(house: HouseProcess) -> str:
    assert house.record is not None, house.said
    return house.record.epoch


async def hydrogen(house: HouseProcess, *words: str) -> str:
    """What the command line says."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "hydrogen", *words, "--runtime-dir", str(house.runtime_dir)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "HYDROGEN_API_KEY": KEY},
    )
    said, _ = await process.communicate()
    return said.decode()


async def printers_of(client: Client) -> Mapping[str, Any]:
    state: Mapping[str, Any] = (await frame_where(client, lambda frame: frame.get("type") == "snapshot"))["state"]
    printers: Mapping[str, Any] = state["printers"]
    return printers


async def test_a_service_without_a_printer_gets_one_prints_and_loses_it_again(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        first = epoch_of(house)
        async with connected(house.address) as client:
            assert await printers_of(client) == {}
            wish = {"name": "bench", "port": "virtual:speed=max", "size_mm": [220, 220, 250]}
            validator_of("printer.add").validate(await client.command("printer.add", None, wish))
            with pytest.raises(Conflict, match="another name"):
                await client.command("printer.add", None, {"name": "bench", "port": "virtual:"})
        async with next_life(house, first) as client:
            second = epoch_of(house)
            await await_status(client, "idle")
            profile = await client.command("printer.profile", "bench")
            assert profile["high_mm"] == {"x": 220.0, "y": 220.0, "z": 250.0}
            await print_started(client, house, square_lines(40))
            finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished")
            assert finished["outcome"] == "completed"
            pid = house.spooler_pid()
            assert pid is not None
            validator_of("printer.remove").validate(await client.command("printer.remove", None, {"name": "bench"}))
        async with next_life(house, second) as client:
            assert await printers_of(client) == {}
            assert (await client.command("printer.added"))["printers"] == []
            await until(lambda: pid not in house.service.spooler_pids())
        third = epoch_of(house)
        assert "bench was added" in await hydrogen(
            house, "printers", "add", "bench", "virtual:", "--size", "200,200,180"
        )
        async with next_life(house, third) as client:
            fourth = epoch_of(house)
            await await_status(client, "idle")
        assert "another name" in await hydrogen(house, "printers", "add", "bench", "virtual:")
        assert "bench was removed" in await hydrogen(house, "printers", "remove", "bench")
        async with next_life(house, fourth) as client:
            assert await printers_of(client) == {}
        assert await house.stop() == 0, house.said


async def test_a_print_does_not_notice_that_another_printer_is_added(
    tmp_path: Path, start_virtual_printer: Callable[..., VirtualPrinter]
) -> None:
    printer = start_virtual_printer(speed=8)
    lines = square_lines(300, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        former = epoch_of(house)
        async with connected(house.address) as client:
            await await_status(client, "idle")
            job = await print_started(client, house, lines)
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed")
            with pytest.raises(InvalidMessage, match=r"printers\.bench has this one"):
                await client.command("printer.add", None, {"name": "second", "port": str(printer.link)})
            await client.command("printer.add", None, {"name": "second", "port": "virtual:"})
        async with next_life(house, former) as client:
            await await_outcome(client, job)
        async with connected(house.address) as client:
            await await_status(client, "idle", "second")
            with pytest.raises(Conflict, match="own file"):
                await client.command("printer.remove", None, {"name": "bench"})
        assert await house.stop() == 0, house.said
    assert printer.ledger.job_hash == job_hash(lines)


async def test_a_virtual_printer_with_a_job_is_not_removed(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        first = epoch_of(house)
        async with connected(house.address) as client:
            await client.command("printer.add", None, {"name": "bench", "port": "virtual:speed=20"})
        async with next_life(house, first) as client:
            await await_status(client, "idle")
            await print_started(client, house, square_lines(400, feedrate=600))
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed")
            with pytest.raises(Conflict, match="cancel it first"):
                await client.command("printer.remove", None, {"name": "bench"})
            await client.command("job.cancel", "bench")
            await frame_where(client, lambda frame: frame.get("type") == "job.finished")
        assert await house.stop() == 0, house.said
