"""The stories that users tell of printer hosts, each against a real service: what a good host makes of it.

The stories are the simulator's (`hydrogen-sim scenarios`), with the thread that each was taken from. A handful at a time
share one service, as several printers would.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen_simulators.ledger import is_move
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from hydrogen_simulators.scenario import scenario_names
from tests.chaos.proof import HOUSEKEEPING, commands_of
from tests.integration.house_process import (
    HouseProcess,
    await_status,
    frame_where,
    print_started,
    running_house,
    until,
)

MOVES = 120
"""Long enough for every step of a story, short enough for all of them."""


@dataclass(frozen=True, kw_only=True)
class Bench:
    """One printer of the house, and a client that hears of nothing else."""

    name: str
    printer: VirtualPrinter
    house: HouseProcess
    client: Client

    async def start(self, lines: list[str]) -> None:
        await await_status(self.client, "idle", self.name)
        await print_started(_At(self.client, self.name), self.house, lines, f"{self.name}.gcode")

    async def finished(self) -> Mapping[str, Any]:
        return await frame_where(self.client, lambda frame: frame.get("type") == "job.finished", seconds=50)

    def executed(self) -> list[str]:
        return self.printer.ledger.moves

    def executed_of(self, lines: list[str]) -> list[str]:
        """Without the moves that park the head and bring it back; no move of a job is like another or like those."""
        moves = frozenset(moves_of(lines))
        return [move for move in self.executed() if move in moves]


class _At:
    """A client whose commands go to one printer, whatever they say."""

    def __init__(self, client: Client, printer: str) -> None:
        self._client, self._printer = client, printer

    async def command(self, operation: str, _printer: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._client.command(operation, self._printer, params)


def job(*, with_line: str = "") -> list[str]:
    """No two moves alike, and none like what parks a head: those have no zeros at the end."""
    moves = [f"G1 X{10 + number % 97}.{number % 10}00 Y{10 + number // 97}.000 F6000" for number in range(MOVES)]
    moves[MOVES // 2 : MOVES // 2] = [with_line] if with_line else []
    return ["G21", "G90", "M83", "M109 S200", "G28", *moves, "M104 S0"]


def moves_of(lines: list[str]) -> list[str]:
    return [command for command in commands_of(lines) if is_move(command)]


def story_was_told(bench: Bench) -> None:
    story = bench.printer.story
    assert story is not None
    assert story.is_over, f"only {story.done} steps of {story.scenario.name} came about"
    assert story.complaint == ""


async def is_printed(bench: Bench) -> None:
    lines = job()
    await bench.start(lines)
    finished = await bench.finished()
    assert finished["outcome"] == "completed", finished
    assert bench.executed() == moves_of(lines)
    story_was_told(bench)


async def is_printed_with_a_filament_change(bench: Bench) -> None:
    lines = job(with_line="M600")
    await bench.start(lines)
    await await_status(bench.client, "paused", bench.name)
    finished = await bench.finished()
    assert finished["outcome"] == "completed", finished
    assert bench.executed() == moves_of(lines)
    story_was_told(bench)


async def is_paused_and_printed(bench: Bench) -> None:
    lines = job()
    await bench.start(lines)
    await await_status(bench.client, "paused", bench.name)
    finished = await bench.finished()
    assert finished["outcome"] == "completed", finished
    assert bench.executed_of(lines) == moves_of(lines)
    story_was_told(bench)


async def is_interrupted(bench: Bench) -> None:
    lines = job()
    await bench.start(lines)
    finished = await bench.finished()
    assert (finished["outcome"], bool(finished["reason"])) == ("failed", True), finished
    await frame_where(bench.client, lambda frame: frame.get("type") == "job.recovery_changed")
    executed = bench.executed()
    assert executed == moves_of(lines)[: len(executed)]
    assert len(executed) < MOVES
    story_was_told(bench)


async def has_failed(bench: Bench) -> None:
    lines = job()
    await bench.start(lines)
    finished = await bench.finished()
    assert finished["outcome"] == "failed", finished
    assert finished["reason"]
    story_was_told(bench)


async def is_stopped_at_once(bench: Bench) -> None:
    await bench.start(["M109 S200", *job()])
    await until(lambda: bench.printer.story and bench.printer.story.is_over)
    await bench.client.command("printer.emergency_stop", bench.name)
    finished = await bench.finished()
    assert finished["outcome"] == "failed", finished
    await until(lambda: bench.printer.printer.is_halted)  # it has the word as soon as its thread reads
    assert bench.executed() == []


async def is_cancelled_at_once(bench: Bench) -> None:
    await bench.start(["M190 S60", *job()])
    await until(lambda: bench.printer.story and bench.printer.story.is_over)
    await bench.client.command("job.cancel", bench.name)
    finished = await bench.finished()
    assert finished["outcome"] == "cancelled", finished
    await await_status(bench.client, "idle", bench.name)
    await until(lambda: all(h.target_celsius == 0 for h in bench.printer.printer.temperatures.values()))
    assert bench.executed() == []


async def is_left_alone(bench: Bench) -> None:
    ledger = bench.printer.ledger
    await until(lambda: "M105" in ledger.host_lines or ledger.counts["resends_requested"])
    await until(lambda: ledger.move_count == 5 and not bench.printer.printer.is_printing_card)
    moves = [line for line in ledger.host_lines if not HOUSEKEEPING.fullmatch(line)]
    assert moves == [], "the host sent more than questions"


async def is_cooled(bench: Bench) -> None:
    def is_hot(target: float) -> Callable[[Mapping[str, Any]], object]:
        return lambda frame: frame.get("heater") == "tool0" and frame.get("target_celsius") == target

    await frame_where(bench.client, is_hot(210.0), seconds=30)
    await frame_where(bench.client, lambda frame: frame.get("type") == "error.raised", seconds=30)
    await until(lambda: bench.printer.printer.temperatures["E0"].target_celsius == 0)


async def is_known_to_be_silent(bench: Bench) -> None:
    """Told within seconds; that the link is given up takes 30 s, and is waited for where there is time."""
    await bench.start(job())
    await frame_where(bench.client, lambda frame: bool(dict(frame.get("statistics") or {}).get("stalls")), seconds=30)
    if os.environ.get("HYDROGEN_LONG_STORIES"):
        await await_status(bench.client, "link_lost", bench.name)
    story_was_told(bench)


Ending = Callable[[Bench], Awaitable[None]]

ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "board-falls-silent": is_known_to_be_silent,
        "board-resets": is_interrupted,
        "cable-comes-off": is_printed,
        "cable-comes-off-and-board-resets": is_interrupted,
        "cancel-in-a-heat-up": is_cancelled_at_once,
        "dies-and-says-ok": has_failed,
        "filament-change": is_printed_with_a_filament_change,
        "filament-runs-out": is_paused_and_printed,
        "heat-up-that-never-ends": is_stopped_at_once,
        "heater-breaks": has_failed,
        "heater-nobody-asked-for": is_cooled,
        "long-silence": is_printed,
        "lost-oks": is_printed,
        "negative-resend": is_printed,
        "no-greeting": is_printed,
        "noisy-wire": is_printed,
        "pause-at-the-printer": is_paused_and_printed,
        "prints-from-its-card": is_left_alone,
        "resend-loses-a-digit": is_printed,
        "small-ring": is_printed,
        "strange-words": is_printed,
    }
)

AT_A_TIME = 3
"""Spoolers that start at the same moment: each takes a third of a second of a core."""

BATCHES = [list(ENDINGS)[start : start + AT_A_TIME] for start in range(0, len(ENDINGS), AT_A_TIME)]


def test_every_story_has_an_ending() -> None:
    assert sorted(ENDINGS) == scenario_names()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("names", BATCHES, ids=lambda names: f"{names[0]} to {names[-1]}")
async def test_a_story_ends_well(
    tmp_path: Path,
    start_virtual_printer: Callable[..., VirtualPrinter],
    subtests: pytest.Subtests,
    names: list[str],
) -> None:
    printers = {name: start_virtual_printer(f"tty-{name}", scenario=name, seed=3) for name in names}
    sections = {f"printers.{name}": _section(name, printer) for name, printer in printers.items()}
    async with running_house(tmp_path, {}, **sections) as house:
        endings = await asyncio.gather(
            *(_play(name, printer, house) for name, printer in printers.items()), return_exceptions=True
        )
    for name, ending in zip(names, endings, strict=True):
        with subtests.test(msg=name):
            if ending is not None:
                raise ending


def _section(name: str, printer: VirtualPrinter) -> str:
    """The receive buffer is measured only where the story is about it: that takes a second of each printer."""
    known = "" if name == "small-ring" else "receive_buffer_bytes = 128\n"
    return f'driver = "marlin"\nport = "{printer.link}"\n{known}meatpack = false\n'


async def _play(name: str, printer: VirtualPrinter, house: HouseProcess) -> None:
    async with connected(house.address) as client:
        await client.subscribe(printers=[name])
        await ENDINGS[name](Bench(name=name, printer=printer, house=house, client=client))
