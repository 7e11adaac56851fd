"""Service and spooler stopped together (SIGSTOP), with hot heaters and in a print. Real processes, in real time.

Each house has two printers, one that was preheated and one that prints. What is told is the printers' own word: their heaters'
targets, their ledgers, and who had their ports open.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from hydrogen_simulators.service_process import processes
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    frame_where,
    running_house,
    square_lines,
    until,
)
from tests.integration.test_supervision import HUNG_SECONDS, SLACK_SECONDS, USABLE_SECONDS, heat, hot_house, is_off

StartPrinter = Callable[..., VirtualPrinter]

STANDSTILL_SECONDS = HUNG_SECONDS + 1.5
"""Longer than anybody's patience; all houses stand still at the same time, so that it is waited for once."""

LOOK_SECONDS = 0.02

LINES = square_lines(500, feedrate=600)


@dataclass(slots=True)
class Scene:
    """A house, its two printers, and who was ever seen at a port that somebody else had open as well."""

    house: HouseProcess
    printers: Mapping[str, VirtualPrinter]
    together: list[str] = field(default_factory=list)

    def signal_service(self, number: signal.Signals) -> None:
        assert self.house.process is not None
        self.house.process.send_signal(number)

    def signal_spoolers(self, number: signal.Signals) -> None:
        for name in self.printers:
            pid = self.house.spooler_pid(name)
            assert pid is not None
            os.kill(pid, number)

    async def stands_still(self, seconds: float) -> None:
        """Nobody watches for so long; the printers are on their own."""
        self.signal_service(signal.SIGSTOP)
        self.signal_spoolers(signal.SIGSTOP)
        await asyncio.sleep(seconds)
        assert not is_off(self.printers["hot"])
        assert self.printers["busy"].ledger.move_count < len(LINES) - 60

    async def watch_ports(self, ports: Mapping[Path, str]) -> None:
        """Until cancelled. ports: device file to the printer's name. Who was there before is not looked at again and again."""
        service = self.house.service
        strangers = set(processes()) - set(service.spooler_pids())
        while True:
            holders = [name for pid in service.spooler_pids(strangers) for name in held_by(pid, ports)]
            self.together += [name for name in self.printers if holders.count(name) > 1]
            await asyncio.sleep(LOOK_SECONDS)

    async def is_safe_within(self, seconds: float) -> float:
        """The preheated printer is off by then: how long it took. The other one comes to its end, and that is its file."""
        began = time.monotonic()
        await until(lambda: is_off(self.printers["hot"]), lambda: self.house.said, seconds=seconds + SLACK_SECONDS)
        took = time.monotonic() - began
        busy = self.printers["busy"]
        busy.change_speed(None)
        moves = sum(line.startswith("G1") for line in LINES)
        await until(lambda: busy.ledger.move_count >= moves, lambda: self.house.said, seconds=seconds + SLACK_SECONDS)
        await until(lambda: is_off(busy), lambda: self.house.said)  # the file's last lines
        assert busy.ledger.job_hash == job_hash(LINES)
        assert self.together == []
        return took


def held_by(pid: int, ports: Mapping[Path, str]) -> set[str]:
    """The printers whose ports this process has open."""
    found = set[str]()
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                found.add(ports.get(descriptor.readlink(), ""))
    return found - {""}


@asynccontextmanager
async def scene(folder: Path, start_printer: StartPrinter, name: str) -> AsyncIterator[Scene]:
    """Its hot printer is preheated and its busy one prints."""
    await asyncio.to_thread(folder.mkdir)
    hot = start_printer(f"ttyHOT-{name}", speed=1)
    busy = start_printer(f"ttyBUSY-{name}", speed=10)
    printers = {"hot": str(hot.link), "busy": str(busy.link)}
    async with running_house(folder, printers) as house:
        for printer in ("hot", "busy"):
            async with connected(house.address) as client:
                await await_status(client, "idle", printer)
        async with connected(house.address) as client:
            await heat(client, hot, "hot")
            (house.files / "job.gcode").write_text("\n".join(LINES) + "\n")
            await client.command("job.start", "busy", {"file": "job.gcode"})
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
        busy.change_speed(1)
        watched = Scene(house, {"hot": hot, "busy": busy})
        watch = asyncio.create_task(watched.watch_ports({hot.link.resolve(): "hot", busy.link.resolve(): "busy"}))
        try:
            yield watched
        finally:
            watch.cancel()
            await asyncio.wait({watch})
            assert watch.cancelled()  # it watched to the end


async def spoolers_wake_first(scene: Scene) -> float:
    await scene.stands_still(STANDSTILL_SECONDS)
    scene.signal_spoolers(signal.SIGCONT)
    took = await scene.is_safe_within(USABLE_SECONDS)
    scene.signal_service(signal.SIGCONT)
    return took


async def service_wakes_first(scene: Scene) -> float:
    await scene.stands_still(STANDSTILL_SECONDS)
    scene.signal_service(signal.SIGCONT)
    await asyncio.sleep(0.3)  # the order of waking is what is tested: the service has a moment to act alone
    scene.signal_spoolers(signal.SIGCONT)
    return await scene.is_safe_within(USABLE_SECONDS)


async def service_wakes_alone(scene: Scene) -> float:
    await scene.stands_still(1.0)
    scene.signal_service(signal.SIGCONT)
    return await scene.is_safe_within(HUNG_SECONDS + USABLE_SECONDS)


async def both_are_killed(scene: Scene) -> float:
    pids = {scene.house.spooler_pid(name) for name in scene.printers}
    await scene.stands_still(STANDSTILL_SECONDS)
    scene.signal_service(signal.SIGKILL)
    scene.signal_spoolers(signal.SIGKILL)
    assert scene.house.process is not None
    await scene.house.process.wait()
    await scene.house.start()
    took = await scene.is_safe_within(USABLE_SECONDS)
    assert not {scene.house.spooler_pid(name) for name in scene.printers} & pids
    return took


ENDS = (spoolers_wake_first, service_wakes_first, service_wakes_alone, both_are_killed)


@pytest.mark.timeout(240)
async def test_what_stood_still_together_leaves_no_heat_and_a_whole_print(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    """The other test in real time: as long as a spooler is waited for, once for all four ends of it."""
    async with AsyncExitStack() as stack:
        scenes = await asyncio.gather(
            *(
                stack.enter_async_context(scene(tmp_path / end.__name__, start_virtual_printer, end.__name__))
                for end in ENDS
            )
        )
        took = await asyncio.gather(*(end(one) for end, one in zip(ENDS, scenes, strict=True)))
    print({end.__name__: round(seconds, 2) for end, seconds in zip(ENDS, took, strict=True)})


async def test_the_heat_guard_needs_no_service(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(speed=5)
    policy = {"printers.bench.heat": "idle_timeout_seconds = 3.0"}
    async with hot_house(tmp_path, printer, **policy) as (house, _client):
        assert house.process is not None
        house.process.send_signal(signal.SIGSTOP)
        try:
            await until(lambda: is_off(printer), lambda: house.said, seconds=8.0 + SLACK_SECONDS)
        finally:
            house.process.send_signal(signal.SIGCONT)
