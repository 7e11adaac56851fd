"""An object that was left out stays out: whoever dies meanwhile, and whatever the board forgets. Real processes."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import Client, connected
from hydrogen.cli.snapshot import snapshot_of
from hydrogen.spooler.recovery.interrupted import find_interrupted
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import HouseProcess, await_status, frame_where, running_house, until
from tests.integration.test_recovered_life import is_offered

StartPrinter = Callable[..., VirtualPrinter]

LAYERS, MOVES = 30, 12
OTHER, UNWANTED = "0", "1"


def two_objects() -> list[str]:
    """A print of two objects, in layers; every move of the second one goes to an X above 100."""
    lines = ["M104 S60", "M140 S40", "G28", "G90", "M83", "G92 E0", "M486 T2"]
    for layer in range(1, LAYERS + 1):
        lines += [";LAYER_CHANGE", "M486 S-1", f"G1 Z{layer * 0.2:.1f} F600"]
        for number, left in ((OTHER, 20), (UNWANTED, 120)):
            lines += [f"M486 S{number}", f'M486 A"thing {number}"']
            lines += [f"G1 X{left + n}.{layer:02} Y{layer + 10} E.01 F1200" for n in range(MOVES)]
    return [*lines, "M486 S-1", "M104 S0", "M140 S0"]


def is_unwanted(move: str) -> bool:
    return move.startswith("G1 X1") and len(move.split()[1]) > len("X99.99")


async def with_one_left_out(
    client: Client, house: HouseProcess, printer: VirtualPrinter, *, is_typed: bool = False
) -> tuple[str, int]:
    """The job, and how many moves were executed when the firmware had been told."""
    (house.files / "job.gcode").write_text("\n".join(two_objects()) + "\n")
    await frame_where(client, lambda frame: frame.get("type") == "file.analysed")
    job = str((await client.command("job.start", "bench", {"file": "job.gcode"}))["job"])
    printer.wait_until(lambda: any(is_unwanted(move) for move in printer.ledger.moves))
    if is_typed:
        await client.command("printer.send_gcode", "bench", {"lines": [f"M486 P{UNWANTED}"]})
        await frame_where(
            client, lambda frame: frame.get("type") == "job.object_excluded" and frame["object"] == UNWANTED
        )
    else:
        told = await client.command("job.exclude_object", "bench", {"object": UNWANTED})
        assert told == {"object": UNWANTED, "name": "thing 1"}
    printer.wait_until(lambda: "M486 P1" in printer.ledger.lines)
    return job, len(printer.ledger.moves)


async def job_of(house: HouseProcess) -> Any:
    async with connected(house.address) as client:
        return (await snapshot_of(client))["printers"]["bench"]["job"]


def rest_without_it(line: int = 1) -> list[str]:
    """The moves of the other object and between, from this line of the file on."""
    moves = [text for text in two_objects()[line - 1 :] if text.startswith("G1")]
    return [move for move in moves if not is_unwanted(move)]


@pytest.mark.parametrize("is_typed", [False, True], ids=["asked for", "typed"])
@pytest.mark.timeout(120)
async def test_a_spooler_that_takes_over_goes_on_leaving_it_out(
    tmp_path: Path, start_virtual_printer: StartPrinter, is_typed: bool
) -> None:
    printer = start_virtual_printer(speed=20, prevent_cold_extrusion=False)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        job, told_at = await with_one_left_out(client, house, printer, is_typed=is_typed)
        spooler = house.spooler_pid()
        assert spooler is not None
        os.kill(spooler, signal.SIGKILL)
        await await_status(client, "link_lost")
        await await_status(client, "printing")
        found = await job_of(house)
        assert (found["id"], found["excluded_objects"]) == (job, [UNWANTED])
        assert await client.command("job.exclude_object", "bench", {"object": UNWANTED})
        printer.wait_until(lambda: printer.ledger.lines.count("M486 P1") == 2)
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        assert finished["outcome"] == "completed", finished
    assert not [move for move in printer.ledger.moves[told_at:] if is_unwanted(move)]
    assert [move for move in printer.ledger.moves if not is_unwanted(move)] == rest_without_it()
    assert printer.ledger.lines.count("M486 P1") == 2, "the firmware is told again once, by the one who takes over"


@pytest.mark.parametrize("is_typed", [False, True], ids=["asked for", "typed"])
@pytest.mark.timeout(120)
async def test_a_print_that_is_taken_up_on_a_board_that_was_reset_still_leaves_it_out(
    tmp_path: Path, start_virtual_printer: StartPrinter, is_typed: bool
) -> None:
    printer = start_virtual_printer(speed=20, prevent_cold_extrusion=False)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house, connected(house.address) as client:
        await await_status(client, "idle")
        job, told_at = await with_one_left_out(client, house, printer, is_typed=is_typed)
        await until(lambda: [one.object for one in _on_disk(house)] == [UNWANTED], lambda: house.said)
        printer.reset()
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        assert finished["error_code"] == "interrupted", finished
        await is_offered(house)
        plan = await client.command("job.recovery_plan", "bench", {"job": job})
        steps = [step["gcode"] for step in plan["steps"]]
        assert "M486 P1" in steps
        assert steps.index("M486 S-1") < steps.index("G28 X Y")
        interrupted_at = len(printer.ledger.moves)
        assert not [move for move in printer.ledger.moves[told_at:] if is_unwanted(move)]
        await client.command("job.recover", "bench", {"job": job, "plan_digest": plan["digest"]})
        started = await frame_where(client, lambda frame: frame.get("type") == "job.started")
        assert (started["continues"], started["excluded_objects"]) == (job, [UNWANTED])
        assert (await job_of(house))["excluded_objects"] == [UNWANTED]
        printer.change_speed(None)
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", seconds=60)
        assert finished["outcome"] == "completed", finished
    opening = [step for step in steps if step.startswith("G1")]
    assert printer.ledger.moves[interrupted_at:] == opening + rest_without_it(plan["line"])


def _on_disk(house: HouseProcess) -> Any:
    return [one for job in find_interrupted(house.data_dir / "spool", "bench") for one in job.header.excluded]
