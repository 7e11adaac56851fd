"""A print that rests in the middle of an object that the firmware leaves out: there Marlin makes no move, ours included."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.spooler.policy import ParkPolicy, SpoolerPolicy
from hydrogen.spooler.request import CancelJob, CoolDown, ExcludeObject, Extrude, Jog, MoveTo, ResumeJob, SendGcode
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.rest_bench import RestBench, StartPrinter

ASK_FOR_PAUSE = "M118 A1 action:pause"

OTHER = [f"G1 X{20 + n}.25 Y30.75 E{n * 0.03125:.5f} F3000" for n in range(1, 31)]
UNWANTED = [f"G1 X{120 + n}.25 Y60.75 E{1 + n * 0.03125:.5f} F3000" for n in range(1, 41)]
LAST = [f"G1 X{30 + n}.25 Y90.75 E{3 + n * 0.03125:.5f} F3000" for n in range(1, 31)]

JOB = [
    *("M104 S211", "G28", "G1 Z0.3 F601", "M82", "G92 E0", ASK_FOR_PAUSE, "M486 S0", *OTHER),
    *("M486 S1", *UNWANTED[:20], ASK_FOR_PAUSE, *UNWANTED[20:], "M486 S2", *LAST, "M486 S-1"),
]
"""The printer asks for a pause before the objects, and in the middle of the second one."""


@pytest.fixture
def printer(start_virtual_printer: StartPrinter) -> VirtualPrinter:
    return start_virtual_printer(speed=20, instant_heating=True)


async def rest_in_object(bench: RestBench) -> None:
    """Until the job is paused in the middle of what is left out."""
    await bench.print(JOB)
    await bench.until_hot()
    await bench.until_status("paused")
    await bench.ask(ExcludeObject(job="j1", object="1", kind="m486"))
    await bench.ask(ResumeJob())
    await bench.until_ran(OTHER[-1])
    await bench.until_status("paused")
    assert bench.ran.count(ASK_FOR_PAUSE) == 2


def place_of(bench: RestBench) -> tuple[float, float, float]:
    here = bench.place
    return (round(here.x, 2), round(here.y, 2), round(here.z, 2))


async def test_the_head_steps_aside_and_what_is_left_out_stays_out(tmp_path: Path, printer: VirtualPrinter) -> None:
    async with RestBench(tmp_path, printer) as bench:
        await rest_in_object(bench)
        assert place_of(bench) == (0.0, 30.75, 5.3), "aside, from where the last object was left"
        assert bench.reasons[-1] == "the printer asked for a pause", "and nothing went wrong"
        await bench.ask(Jog(x_mm=40.0))
        await bench.ask(Extrude(length_mm=20.0))
        await bench.ask(SendGcode(lines=("G1 Z15.3 F600",)))
        assert place_of(bench) == (40.0, 30.75, 15.3), "a person's moves are carried out"
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(JOB) == ["G1 Z0.3 F601", *OTHER, *LAST]
        assert place_of(bench) == (60.25, 90.75, 0.3)


async def test_a_nozzle_that_is_heated_again_does_not_bring_it_back(tmp_path: Path, printer: VirtualPrinter) -> None:
    """Marlin takes M109 for the beginning of a print and leaves nothing out any more (``startOrResumeJob``)."""
    async with RestBench(tmp_path, printer) as bench:
        await rest_in_object(bench)
        await bench.ask(CoolDown())
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert "M109 S211" in bench.ran
        assert bench.ran_of(JOB) == ["G1 Z0.3 F601", *OTHER, *LAST]


@pytest.mark.parametrize("is_jogged", [False, True])
async def test_a_cable_that_is_pulled_while_it_rests_changes_nothing(
    tmp_path: Path, printer: VirtualPrinter, is_jogged: bool
) -> None:
    async with RestBench(tmp_path, printer) as bench:
        await rest_in_object(bench)
        bench.printer.pull_cable()
        await bench.until_status("link_lost")
        bench.printer.plug_in()
        await bench.until_status("paused")
        if is_jogged:
            await bench.ask(Jog(x_mm=40.0))
            await bench.ask(SendGcode(lines=("G1 Z15.3 F600",)))
            assert place_of(bench) == (40.0, 30.75, 15.3)
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(JOB) == ["G1 Z0.3 F601", *OTHER, *LAST]


async def test_a_head_that_stays_can_be_moved_all_the_same(tmp_path: Path, printer: VirtualPrinter) -> None:
    async with RestBench(tmp_path, printer, policy=SpoolerPolicy(park=ParkPolicy(enabled=False))) as bench:
        await rest_in_object(bench)
        assert place_of(bench) == (50.25, 30.75, 0.3)
        await bench.ask(Jog(z_mm=40.0))
        assert place_of(bench) == (50.25, 30.75, 40.3)
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(JOB) == ["G1 Z0.3 F601", *OTHER, *LAST]


async def test_a_job_that_is_cancelled_in_there_leaves_a_printer_that_moves(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    job = [line for line in JOB if line != ASK_FOR_PAUSE]
    job.insert(job.index(UNWANTED[20]), "G4 P600000")
    async with RestBench(tmp_path, start_virtual_printer(speed=600, instant_heating=True)) as bench:
        await bench.print([*job[:3], "M486 P1", *job[3:]])
        await bench.until_hot()
        await bench.until_ran(OTHER[-1])
        await bench.ask(CancelJob())
        assert (await bench.finished()).reason == "cancelled"
        assert place_of(bench) == (0.0, 30.75, 5.3)
        await bench.ask(Jog(x_mm=40.0))
        assert place_of(bench)[0] == 40.0


@pytest.mark.parametrize("ask", [Jog(x_mm=-7.0), MoveTo(x_mm=43.25), Extrude(length_mm=2.0)])
async def test_a_button_moves_a_printer_whose_job_ended_in_there(
    tmp_path: Path, printer: VirtualPrinter, ask: Jog | MoveTo | Extrude
) -> None:
    job = [*JOB[:5], "M486 P1", "M486 S0", *OTHER, "M486 S1", *UNWANTED]
    async with RestBench(tmp_path, printer) as bench:
        await bench.print(job)
        await bench.until_hot()
        assert (await bench.finished()).outcome.value == "completed"
        before, count = bench.place, bench.printer.ledger.move_count
        await bench.ask(ask)
        moved = [round(b - a, 3) for a, b in zip(before, bench.place, strict=True)]
        assert moved in ([-7.0, 0, 0, 0], [0, 0, 0, 2.0])
        assert bench.printer.ledger.move_count == count + 1


async def test_the_next_job_is_not_taken_for_a_part_of_what_was_left_out(
    tmp_path: Path, printer: VirtualPrinter
) -> None:
    async with RestBench(tmp_path, printer) as bench:
        await bench.print([*JOB[:5], "M486 P1", "M486 S1", *UNWANTED])
        await bench.finished()
        await bench.until(lambda: bench.status == "idle", "the end")
        await bench.print(OTHER, job="j2")
        await bench.until(lambda: len(bench.terminal) == 2, "the end of the second")
        assert bench.ran_of(OTHER) == OTHER


async def test_what_the_file_itself_leaves_out_and_takes_back_is_known(tmp_path: Path, printer: VirtualPrinter) -> None:
    job = [*JOB[:5], "M486 P1", "M486 P2", "M486 S2", "M486 C", ASK_FOR_PAUSE, "M486 U2", ASK_FOR_PAUSE, *OTHER]
    async with RestBench(tmp_path, printer) as bench:
        await bench.print(job)
        await bench.until_status("paused")
        await bench.until(lambda: left_out(bench) == ("1", "2"), "both")
        await bench.ask(ResumeJob())
        await bench.until(lambda: left_out(bench) == ("1",), "one")
        await bench.until_status("paused")
        await bench.ask(SendGcode(lines=("M486 P5",)))
        assert left_out(bench) == ("1", "5")


async def test_a_file_that_waits_for_heat_once_more_does_not_bring_it_back(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    job = [
        *JOB[:5],
        "M486 S-1",
        ASK_FOR_PAUSE,
        "M109 S205",
        *OTHER,
        "M486 S1",
        "G4 P60000",
        "M486 S1",
        *UNWANTED,
        "M486 S-1",
    ]
    async with RestBench(tmp_path, start_virtual_printer(speed=20, instant_heating=True)) as bench:
        await bench.print(job)
        await bench.until_status("paused")
        await bench.ask(ExcludeObject(job="j1", object="1", kind="m486"))
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        ran = bench.ran
        assert ran.index("M109 S205") < len(ran) - 1 - ran[::-1].index("M486 P1")
        assert bench.ran_of(job) == ["G1 Z0.3 F601", *OTHER]


def left_out(bench: RestBench) -> tuple[str, ...]:
    job = bench.spooler.state.job
    return () if job is None else job.excluded_objects
