"""Pause, resume, cancel and the printer's questions, end to end over a pty."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.errors import Conflict
from hydrogen.model.events import JobPaused, PrinterPromptShown
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.policy import ParkPolicy, SpoolerPolicy
from hydrogen.spooler.request import AnswerPrompt, CancelJob, CoolDown, Extrude, Jog, PauseJob, ResumeJob, SendGcode
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.rest_bench import RestBench, StartPrinter, moves_of

HEAD = ["M104 S211", "G28", "G1 Z0.3 F601"]


def absolute(count: int) -> list[str]:
    """A job with an absolute extruder whose lines are told from all others."""
    moves = [f"G1 X{20 + n % 50}.25 Y{30 + n % 40}.75 E{n * 0.03125:.5f} F3000" for n in range(1, count)]
    return [*HEAD, "M82", "G92 E0", *moves]


def relative_extruder(count: int) -> list[str]:
    return [*HEAD, "M83", *(f"G1 X{20 + n % 50}.25 Y{30 + n % 40}.{n:03} E0.03125 F3000" for n in range(1, count))]


def relative_everything(count: int) -> list[str]:
    start = [*HEAD, "G1 X60 Y60 F3000", "G91"]
    return [*start, *(f"G1 X{(-1) ** n * 5}.{n:03} Y{(-1) ** n * 3}.{n:03} E0.03125 F3001" for n in range(1, count))]


@pytest.fixture
def quick(start_virtual_printer: StartPrinter) -> Callable[..., VirtualPrinter]:
    def start(**options: object) -> VirtualPrinter:
        return start_virtual_printer(**{"speed": 20, "instant_heating": True, **options})

    return start


@pytest.mark.parametrize("make", [absolute, relative_extruder, relative_everything])
@pytest.mark.parametrize("is_disturbed", [False, True], ids=["untouched", "disturbed"])
async def test_paused_job_goes_on_exactly_where_it_stopped(
    tmp_path: Path,
    start_virtual_printer: StartPrinter,
    quick: Callable[..., VirtualPrinter],
    make: Callable[[int], list[str]],
    is_disturbed: bool,
) -> None:
    job = make(300)
    undisturbed = start_virtual_printer("ttyPLAIN", speed=None, instant_motion=True, instant_heating=True)
    (tmp_path / "plain").mkdir()
    async with RestBench(tmp_path / "plain", undisturbed) as plain:
        await plain.print(job)
        await plain.finished()
        end = plain.place
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until_hot()
        await bench.until(lambda: bench.printer.ledger.move_count > 60, "the middle of the job")
        await bench.ask(PauseJob(actor="ada"))
        await bench.until_status("paused")
        done = bench.ran_of(job)
        paused = next(event for event in bench.events if isinstance(event, JobPaused))
        assert paused.reason == ""
        assert (bench.place.x, bench.place.z) == (0.0, 5.3)
        assert bench.target("E0") == 211
        if is_disturbed:
            await bench.ask(Jog(x_mm=40.0, z_mm=-5.0))
            await bench.ask(Extrude(length_mm=20.0))
            await bench.ask(SendGcode(lines=("G91", "M83", "G1 X3 F123")))
        assert bench.ran_of(job) == done, "no line of the job moves a paused printer"
        await bench.ask(ResumeJob(actor="bo"))
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        for axis, (here, there) in enumerate(zip(bench.place, end, strict=True)):
            assert abs(here - there) < 0.01, f"{'XYZE'[axis]} {here} instead of {there}"


async def test_a_pause_longer_than_the_firmware_powers_idle_motors_leaves_them_on(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(200)
    async with RestBench(tmp_path, quick(motor_timeout_seconds=600.0)) as bench:
        motion = bench.printer.printer.machine.motion
        await bench.print(job)
        await bench.until_hot()
        await bench.until(lambda: bench.printer.ledger.move_count > 30, "the middle of the job")
        await bench.ask(PauseJob())
        await bench.until_status("paused")
        bench.printer.change_speed(600)
        paused_at: list[float] = []
        bench.printer.do(lambda _, now: paused_at.append(now))

        def rested_seconds() -> float:
            bench.printer.do(lambda _, now: paused_at.append(now))
            return paused_at[-1] - paused_at[0]

        await bench.until(lambda: rested_seconds() > 1000.0, "a long pause, by the printer's clock")
        bench.printer.change_speed(10)
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        assert (motion.times_let_go, motion.motor_timeout_seconds) == (0, 120.0)


async def test_paused_job_that_was_cooled_down_heats_up_before_it_goes_on(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(200)
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until(lambda: bench.printer.ledger.move_count > 30, "the middle of the job")
        await bench.ask(PauseJob())
        await bench.until_status("paused")
        await bench.ask(CoolDown())
        await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        heated = bench.ran.index("M109 S211")
        assert all(line not in bench.ran[:heated] for line in job[-20:])


async def test_unhomed_printer_is_paused_where_it_stands_and_says_why(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = [f"G1 X{n}.5 F3000" for n in range(1, 150)]
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until(lambda: bench.printer.ledger.move_count > 10, "the middle of the job")
        await bench.ask(PauseJob())
        await bench.until_status("paused")
        assert "not homed" in next(event.reason for event in bench.events if isinstance(event, JobPaused))
        assert f"G1 X{bench.place.x:g} F3000" == bench.ran_of(job)[-1]
        await bench.ask(ResumeJob())
        await bench.finished()
        assert bench.ran_of(job) == moves_of(job)


async def test_head_stays_where_the_owner_wants_it_to(tmp_path: Path, quick: Callable[..., VirtualPrinter]) -> None:
    job = absolute(200)
    policy = SpoolerPolicy(park=ParkPolicy(enabled=False))
    async with RestBench(tmp_path, quick(), policy=policy) as bench:
        await bench.print(job)
        await bench.until(lambda: bench.printer.ledger.move_count > 30, "the middle of the job")
        await bench.ask(PauseJob())
        await bench.until_status("paused")
        assert bench.place.z == 0.3
        await bench.ask(ResumeJob())
        await bench.finished()
        assert bench.ran_of(job) == moves_of(job)


async def test_action_of_the_printer_pauses_before_another_line_leaves(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(200)
    job.insert(60, "M118 A1 action:pause filament_runout T0")
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until_status("paused")
        ran = bench.ran_of(job)
        assert ran == moves_of(job)[: len(ran)]
        assert len(ran) == len(moves_of(job[:60])), "no line left behind the one that asked"
        paused = next(event for event in bench.events if isinstance(event, JobPaused))
        assert (paused.reason, paused.actor) == ("the printer is out of filament (T0)", "printer")
        assert bench.place.z == 5.3
        bench.printer.say("//action:resume")
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)


@pytest.mark.parametrize("when", ["parked", "going aside", "coming back"])
async def test_cable_that_is_pulled_while_the_head_is_aside_changes_nothing(
    tmp_path: Path, quick: Callable[..., VirtualPrinter], when: str
) -> None:
    job = absolute(200)
    async with RestBench(tmp_path, quick(speed=5)) as bench:
        await bench.print(job)
        await bench.until_hot()
        await bench.until(lambda: bench.printer.ledger.move_count > 30, "the middle of the job")
        await bench.ask(PauseJob())
        if when == "going aside":
            await bench.until_ran("G1 Z5.3 F600")
        else:
            await bench.until_status("paused")
        if when == "coming back":
            await bench.ask(ResumeJob())
        bench.printer.pull_cable()
        await bench.until_status("link_lost")
        bench.printer.plug_in()
        await bench.until(lambda: bench.status in ("paused", "printing"), "the printer again")
        if bench.status == "paused":
            assert (bench.place.x, bench.place.z) == (0.0, 5.3)
            await bench.ask(ResumeJob())
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        last = moves_of(job)[-1]
        assert f"X{bench.place.x:.2f} Y{bench.place.y:.2f} E{bench.place.e:.5f}" in last
        assert bench.place.z == 0.3


# ------------------------------------------------------------------------------------------------------------- cancel


async def test_cancel_retracts_lifts_and_parks_before_the_heat_goes_off(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(400)
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until_hot()
        await bench.until(lambda: bench.printer.ledger.move_count > 60, "the middle of the job")
        await bench.ask(CancelJob(actor="bo"))
        finished = await bench.finished()
        assert (finished.outcome.value, finished.reason, finished.actor) == ("cancelled", "cancelled", "bo")
        ran = bench.ran_of(job)
        assert ran == moves_of(job)[: len(ran)]
        last = max(index for index, line in enumerate(bench.ran) if line in moves_of(job))
        steps = bench.ran[last + 1 :]
        order = [steps.index(line) for line in ("G1 E-1 F2100", "G1 Z5.3 F600", "M104 S0", "M140 S0", "M400")]
        assert order == sorted(order)
        assert (bench.place.x, bench.place.z) == (0.0, 5.3)
        assert (bench.target("E0"), bench.target("bed")) == (0, 0)
        assert bench.status == "idle"


async def test_pause_in_a_heat_up_says_what_it_waits_for_and_cancel_ends_it_at_once(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    limits = RunnerLimits(notice_seconds=0.05)
    printer = start_virtual_printer(speed=5)
    async with RestBench(tmp_path, printer, limits=limits) as bench:
        await bench.print(["M190 S110", "G1 X5", "G1 X6"])
        await bench.until(lambda: bench.target("bed") == 110, "the heat-up")
        await bench.until(
            lambda: bench.spooler.state.heaters["bed"].target_celsius == 110, "the host's knowledge of it"
        )
        await bench.ask(PauseJob())
        await bench.until(
            lambda: any(reason.startswith("waiting for the bed: ") for reason in bench.reasons), "a notice"
        )
        assert bench.reasons[-1].endswith("of 110 °C")
        assert bench.status == "pausing"
        await bench.ask(CancelJob())
        finished = await bench.finished()
        assert finished.outcome.value == "cancelled"
        assert bench.target("bed") == 0
        assert bench.ran_of(["G1 X5", "G1 X6"]) == []


async def test_cancel_of_a_heat_up_that_the_firmware_cannot_cut_short_says_so_and_ends(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    limits = RunnerLimits(settle_seconds=0.3, notice_seconds=0.05)
    printer = start_virtual_printer(speed=20, persona="prusa-mk3")
    async with RestBench(tmp_path, printer, limits=limits) as bench:
        await bench.print(["M190 S60", "G1 X5"])
        await bench.until(lambda: bench.target("bed") == 60, "the heat-up")
        await bench.ask(CancelJob())
        finished = await bench.finished()
        assert finished.outcome.value == "cancelled"
        assert "waiting for the bed" in finished.reason
        assert any("no heat-up be cut short" in reason for reason in bench.reasons)
        await bench.until(lambda: bench.target("bed") == 0, "heaters off, when the printer listens")
        assert bench.ran_of(["G1 X5"]) == []


# ------------------------------------------------------------------------------------------------------------ prompts


@pytest.mark.parametrize("host_prompts", [True, False], ids=["prompts", "no prompts"])
async def test_stop_in_a_job_is_a_prompt_and_the_answer_lets_it_go_on(
    tmp_path: Path, quick: Callable[..., VirtualPrinter], host_prompts: bool
) -> None:
    job = ["G1 X5 F3000", "M0 Change the plate", "G1 X6"]
    async with RestBench(tmp_path, quick(host_prompts=host_prompts)) as bench:
        await bench.print(job)
        await bench.until_asked("Change the plate [Continue]")
        assert bench.spooler.state.prompt_buttons == ("Continue",)
        assert bench.status == "printing"
        await bench.until(lambda: "waiting for a person: Change the plate [Continue]" in bench.reasons, "a reason")
        assert bench.ran_of(job) == moves_of(job[:1])
        answer = await bench.ask(AnswerPrompt())
        assert isinstance(answer, dict)
        assert answer["emergency"][0]["line"] == ("M876 S0" if host_prompts else "M108")
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        assert bench.spooler.state.prompt is None


async def test_firmware_that_hears_no_answer_says_where_the_button_is_and_lets_itself_be_cancelled(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    limits = RunnerLimits(settle_seconds=0.3, notice_seconds=0.05)
    async with RestBench(tmp_path, quick(persona="prusa-mk3", host_prompts=False), limits=limits) as bench:
        await bench.print(["G1 X5 F3000", "M0 Change the plate", "G1 X6"])
        await bench.until_asked("Change the plate [Continue]")
        with pytest.raises(Conflict, match="at the printer"):
            await bench.ask(AnswerPrompt())
        assert bench.spooler.state.prompt == "Change the plate [Continue]"
        await bench.ask(CancelJob())
        finished = await bench.finished()
        assert finished.outcome.value == "cancelled"
        assert "waiting for a person: Change the plate" in finished.reason


async def test_answer_is_heard_when_read_where_there_is_no_emergency_parser(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = ["G1 X5 F3000", "M0 Change the plate", "G1 X6"]
    async with RestBench(tmp_path, quick(emergency_parser=False)) as bench:
        await bench.print(job)
        await bench.until_asked("Change the plate [Continue]")
        answer = await bench.ask(AnswerPrompt())
        assert isinstance(answer, dict)
        assert answer["emergency"][0]["line"] == "M108"
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)


async def test_stop_that_ends_by_itself_closes_its_prompt(tmp_path: Path, quick: Callable[..., VirtualPrinter]) -> None:
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(["M1 S10", "G4 S20", "G1 X5 F3000"])
        await bench.until_asked("M1 Stop [Continue]")
        await bench.until(lambda: bench.spooler.state.prompt is None, "the end of the prompt")
        assert (await bench.finished()).outcome.value == "completed"


async def test_stop_typed_into_the_terminal_is_a_prompt_too(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    async with RestBench(tmp_path, quick()) as bench:
        typing = asyncio.ensure_future(bench.ask(SendGcode(lines=("M0 Look here",))))
        await bench.until_asked("Look here [Continue]")
        await bench.ask(AnswerPrompt(button="continue"))
        await typing
        await bench.until(lambda: bench.spooler.state.prompt is None, "the end of the prompt")


async def test_filament_change_is_the_printers_own_pause_and_is_walked_through(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(200)
    job.insert(80, "M600")
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until_asked("Nozzle Parked [Continue]")
        assert bench.status == "paused"
        paused = next(event for event in bench.events if isinstance(event, JobPaused))
        assert (paused.reason, paused.actor) == ("the printer has paused by itself", "printer")
        await bench.ask(AnswerPrompt())
        await bench.until_asked("Paused [PurgeMore] [Continue]")
        await bench.ask(AnswerPrompt(button="PurgeMore"))
        asked = lambda: [e.message for e in bench.events if isinstance(e, PrinterPromptShown)]  # noqa: E731
        await bench.until(lambda: asked().count("Paused [PurgeMore] [Continue]") == 2, "the same question again")
        await bench.ask(AnswerPrompt(button="1"))
        assert (await bench.finished()).outcome.value == "completed"
        assert bench.ran_of(job) == moves_of(job)
        assert not any(line.startswith("G1 E-1") for line in bench.ran), "nobody parked it twice"
        await bench.until(lambda: bench.spooler.state.prompt is None, "the last dialog, which nobody closes")


async def test_cancel_in_a_filament_change_answers_for_whoever_has_gone(
    tmp_path: Path, quick: Callable[..., VirtualPrinter]
) -> None:
    job = absolute(200)
    job.insert(80, "M600")
    async with RestBench(tmp_path, quick()) as bench:
        await bench.print(job)
        await bench.until_asked("Nozzle Parked [Continue]")
        await bench.ask(CancelJob())
        finished = await bench.finished()
        assert (finished.outcome.value, finished.reason) == ("cancelled", "cancelled")
        assert bench.target("E0") == 0
        assert len([event for event in bench.events if isinstance(event, PrinterPromptShown)]) >= 3
        assert bench.ran_of(job) == moves_of(job[:80])
