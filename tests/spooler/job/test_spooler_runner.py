"""The life of a job: pause, resume, cancel, fail; one terminal event whatever happens."""

from __future__ import annotations

import asyncio
import itertools
import random
from dataclasses import replace
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, HydrogenError, LinkLost
from hydrogen.model.events import JobFinished, JobPaused, JobProgressed, JobResumed, PrinterStateChanged
from hydrogen.model.job import JOB_TRANSITIONS, JobStatus
from hydrogen.spooler.job.patience import PATIENCE, RunnerLimits
from hydrogen.spooler.policy import ParkPolicy, SpoolerPolicy
from hydrogen.spooler.request import CancelJob, EmergencyStop, PauseJob, Request, ResumeJob, SendGcode
from tests.spooler.bench import Bench
from tests.support.waiting import wait_until


async def test_paused_job_gives_no_line_until_it_is_resumed(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(200))
        await bench.until_executed(20)
        await bench.spooler.perform(PauseJob(actor="ada"))
        moves_at_request = len(bench.driver.moves)
        await bench.until_status("paused")
        assert bench.last(JobPaused).actor == "ada"
        assert len(bench.driver.moves) <= moves_at_request + 1
        assert bench.driver.executed[-4:] == ["M400", "M114", "PARK", "M400"]
        await asyncio.sleep(0.02)
        moves = len(bench.driver.moves)
        await bench.spooler.perform(ResumeJob(actor="bo"))
        finished = await bench.until_finished()
        assert bench.last(JobResumed).actor == "bo"
        assert moves < 200
        assert bench.driver.moves == [f"G1 X{n}" for n in range(200)]
        assert (finished.outcome.value, finished.actor) == ("completed", "ada")


async def test_pause_after_the_last_line_can_be_resumed_to_the_end(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(1))
        await bench.until_executed(1)
        await bench.spooler.perform(PauseJob())
        bench.driver.connection.gate.set()
        await bench.until_status("paused")
        await bench.spooler.perform(ResumeJob())
        assert (await bench.until_finished()).outcome.value == "completed"


async def test_pause_during_a_heat_up_waits_for_the_heat_and_says_so(tmp_path: Path) -> None:
    limits = RunnerLimits(notice_seconds=0.01)
    async with Bench(tmp_path, limits=limits) as bench:
        await bench.print(bench.file(["M109 S200", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.perform(PauseJob())
        bench.driver.connection.measure("tool0", 43.4, 200.0)
        await wait_until(lambda: bench.last(PrinterStateChanged).reason == "waiting for the tool0: 43 of 200 °C")
        assert bench.spooler.state.status.value == "pausing"
        assert bench.driver.connection.breaks == 0
        bench.driver.connection.heat()
        await bench.until_status("paused")
        assert bench.driver.moves == []


async def test_resume_while_still_pausing_goes_on(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(["M109 S200", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.perform(PauseJob())
        await bench.spooler.perform(ResumeJob())
        await bench.until_status("printing")
        bench.driver.connection.heat()
        await bench.until_finished()
        assert not bench.all(JobPaused)
        assert bench.driver.moves == ["G1 X1"]


async def test_cancel_is_heard_after_pause_and_resume_in_one_breath(tmp_path: Path) -> None:
    limits = RunnerLimits(settle_seconds=0.05, cool_seconds=0.05)
    async with Bench(tmp_path, limits=limits) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(10))
        await bench.until_executed(1)
        await bench.spooler.perform(PauseJob())
        await asyncio.sleep(0.01)
        for wish in (ResumeJob(), PauseJob()):
            await bench.spooler.perform(wish)
        await asyncio.sleep(0.01)
        await bench.spooler.perform(CancelJob())
        assert (await bench.until_finished()).outcome.value == "cancelled"


async def test_defect_in_the_jobs_task_fails_the_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()

        async def broken() -> None:
            raise ZeroDivisionError("a defect")

        bench.driver.connection.finish = broken  # type: ignore[method-assign]
        await bench.print(bench.file(3))
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.error_code) == ("failed", "server_error")
        await wait_until(lambda: bench.driver.executed[-1] == "M140 S0")


async def test_cancel_breaks_a_heat_up_and_turns_the_heaters_off(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(["M190 S60", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.perform(CancelJob(actor="bo", reason="wrong filament"))
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.reason, finished.actor) == ("cancelled", "wrong filament", "bo")
        assert finished.error_code is None
        assert bench.driver.executed == ["M190 S60", "M114", "PARK", "M104 S0", "M140 S0", "M400"]
        assert bench.spooler.state.status.value == "idle"


async def test_cancel_of_a_printer_that_does_not_settle_ends_with_that_as_its_reason(tmp_path: Path) -> None:
    limits = RunnerLimits(settle_seconds=0.05, cool_seconds=0.05, notice_seconds=0.01)
    async with Bench(tmp_path, limits=limits) as bench:
        await bench.connect()
        bench.driver.connection.can_break = False
        await bench.print(bench.file(["M190 S60", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.perform(CancelJob())
        finished = await bench.until_finished()
        assert finished.outcome.value == "cancelled"
        assert "still busy" in finished.reason
        assert any("lets no heat-up be cut short" in event.reason for event in bench.all(PrinterStateChanged))
        assert bench.driver.executed == ["M190 S60"]
        bench.driver.connection.heat()
        await wait_until(lambda: bench.driver.executed[1:] == ["M104 S0", "M140 S0"])


async def test_head_that_does_not_come_back_keeps_the_job_paused_and_says_why(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        await bench.until_executed(10)
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        moves = len(bench.driver.moves)
        bench.driver.connection.head.is_lost = "the printer was homed during the pause"
        await bench.spooler.perform(ResumeJob())
        await wait_until(lambda: len(bench.all(JobPaused)) == 2)
        assert bench.last(JobPaused).reason == "the printer was homed during the pause"
        assert (bench.spooler.state.status.value, len(bench.driver.moves)) == ("paused", moves)
        bench.driver.connection.head.is_lost = ""
        await bench.spooler.perform(ResumeJob())
        assert (await bench.until_finished()).outcome.value == "completed"
        assert bench.driver.moves == [f"G1 X{n}" for n in range(100)]


async def test_printer_that_never_comes_to_rest_is_paused_at_the_deadline(tmp_path: Path) -> None:
    limits = RunnerLimits(notice_seconds=0.01, patience=HASTY)
    async with Bench(tmp_path, limits=limits) as bench:
        await bench.print(bench.file(["M190 S60", "G1 X1"]))
        await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        assert "still busy" in bench.last(JobPaused).reason
        await bench.spooler.perform(CancelJob())
        assert (await bench.until_finished()).outcome.value == "cancelled"
        assert bench.driver.moves == []


async def test_file_whose_last_lines_never_end_fails_at_the_deadline(tmp_path: Path) -> None:
    hasty = {JobStatus.FINISHING: replace(PATIENCE[JobStatus.FINISHING], deadline_seconds=0.05)}
    async with Bench(tmp_path, limits=RunnerLimits(patience=hasty)) as bench:
        await bench.connect()
        bench.driver.connection.finish = asyncio.Event().wait  # type: ignore[method-assign,assignment]
        await bench.print(bench.file(3))
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.error_code) == ("failed", "printer_busy")


async def test_head_goes_aside_only_where_the_owner_wants_it(tmp_path: Path) -> None:
    policy = SpoolerPolicy(park=ParkPolicy(enabled=False))
    async with Bench(tmp_path, policy=policy) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        await bench.spooler.perform(CancelJob())
        await bench.until_finished()
        assert "PARK" not in bench.driver.executed


async def test_cancel_while_paused_and_while_finishing(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        await bench.spooler.perform(CancelJob())
        assert (await bench.until_finished()).outcome.value == "cancelled"

        await bench.print(bench.file(1), job="j2")
        await bench.until_status("finishing")
        bench.driver.connection.gate.clear()
        await bench.spooler.perform(CancelJob())
        with pytest.raises(Conflict):
            await bench.spooler.perform(CancelJob())
        bench.driver.connection.gate.set()
        assert (await bench.until_finished("j2")).outcome.value == "cancelled"


async def test_wishes_that_do_not_fit_are_conflicts_and_change_nothing(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        for wish in (PauseJob(), ResumeJob(), CancelJob()):
            with pytest.raises(Conflict, match="no job"):
                await bench.spooler.perform(wish)
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        with pytest.raises(Conflict, match="cannot resume"):
            await bench.spooler.perform(ResumeJob())
        await bench.spooler.perform(PauseJob())
        with pytest.raises(Conflict, match="cannot pause"):
            await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")


async def test_printer_that_asks_for_a_pause_gets_no_further_line(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        await bench.until_executed(10)
        before = len(bench.driver.moves)
        bench.driver.connection.listener.on_action("paused", "")
        await bench.until_status("paused")
        assert len(bench.driver.moves) == before
        assert bench.last(JobPaused).actor == "printer"
        bench.driver.connection.listener.on_action("paused", "")
        bench.driver.connection.listener.on_action("resumed", "")
        await bench.until_finished()
        assert bench.driver.moves == [f"G1 X{n}" for n in range(100)]


async def test_printer_that_cancels_ends_the_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(100))
        bench.driver.connection.listener.on_action("cancel", "")
        bench.driver.connection.listener.on_action("cancel", "")
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.actor) == ("cancelled", "printer")


async def test_link_lost_while_cancelling_fails_the_job_and_says_both(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(10))
        await bench.until_executed(1)
        await bench.spooler.perform(CancelJob())
        await asyncio.sleep(0)
        bench.driver.connection.lose(LinkLost("the cable is out"))
        finished = await bench.until_finished()
        assert finished.outcome.value == "failed"
        assert "while the job was being cancelled" in finished.reason
        assert len(bench.all(JobFinished)) == 1


async def test_spool_file_that_goes_bad_on_the_way_fails_the_job_with_heaters_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.job.job_source.BLOCK_BYTES", 1024)
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        path = bench.file(100_000)
        await bench.print(path)
        with path.open("r+b") as file:
            file.seek(1_048_576)
            file.write(b"\nG1 X" + b"9" * 500 + b"\n")
        bench.driver.connection.gate.set()
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.error_code) == ("failed", "line_refused")
        await wait_until(lambda: bench.driver.executed[-1] == "M140 S0")
        assert bench.spooler.state.status.value == "idle"


async def test_progress_is_told_only_when_it_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.spooler.PULSE_SECONDS", 0.002)
    monkeypatch.setattr("hydrogen.spooler.spooler.IDLE_PULSE_SECONDS", 0.002)
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(10))
        await asyncio.sleep(0.03)
        assert len(bench.all(JobProgressed)) <= 1
        bench.driver.connection.gate.set()
        await bench.until_finished()
        samples = [event.lines_done for event in bench.all(JobProgressed)]
        assert samples == sorted(set(samples))


async def test_figures_of_the_link_in_the_result_are_those_of_this_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.resends = 7
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(10))
        bench.driver.connection.resends = 9
        bench.driver.connection.gate.set()
        assert (await bench.until_finished()).resends == 2


HASTY = {
    status: replace(patience, deadline_seconds=0.3 if status is JobStatus.CANCELLING else 0.03)
    for status, patience in PATIENCE.items()
    if status is not JobStatus.FINISHING
}
"""So short that the deadlines come into play."""


@pytest.mark.parametrize("seed", range(12))
async def test_any_order_of_wishes_and_faults_leaves_one_terminal_event_and_no_illegal_step(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    limits = RunnerLimits(
        settle_seconds=0.05,
        park_seconds=0.05,
        unpark_seconds=0.02,
        cool_seconds=0.05,
        notice_seconds=0.01,
        patience=HASTY,
    )
    wishes: list[Request] = [PauseJob(), ResumeJob(), CancelJob(), SendGcode(lines=("M105",)), EmergencyStop()]
    async with Bench(tmp_path, limits=limits) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.0005
        connection = bench.driver.connection
        await bench.print(bench.file(60))
        asking: list[asyncio.Task[object]] = []
        for _ in range(30):
            await asyncio.sleep(chance.random() * 0.003)
            dice = chance.random()
            if dice < 0.03:
                connection.lose()
            elif dice < 0.06:
                connection.listener.on_action(chance.choice(("pause", "paused", "resumed", "cancel")), "")
            elif dice < 0.12:
                connection.head.trouble = chance.choice(("", "", "it is clamped"))
                connection.head.is_lost = chance.choice(("", "", "", "it is somewhere else"))
            elif dice < 0.4:
                chance.choice((connection.gate.clear, connection.gate.set))()
            else:
                wish = chance.choices(wishes, (6, 8, 2, 4, 1))[0]
                asking.append(asyncio.create_task(_tolerant(bench, wish)))
        connection.gate.set()
        if not bench.all(JobFinished):
            await _tolerant(bench, CancelJob())
        await bench.until_finished()
        connection.gate.set()
        await asyncio.gather(*asking)
        assert len(bench.all(JobFinished)) == 1
        assert bench.driver.moves == [f"G1 X{n}" for n in range(len(bench.driver.moves))]
        _check_head(bench.driver.executed)
        _check_steps([event.status.value for event in bench.all(PrinterStateChanged)])
        assert [entry for entry in bench.log.entries if entry.level == "error"] == []


async def _tolerant(bench: Bench, wish: Request) -> None:
    try:
        await bench.spooler.perform(wish)
    except HydrogenError:
        pass


def _check_head(executed: list[str]) -> None:
    """No line of the job runs while the head stands aside."""
    is_aside = False
    for line in executed:
        is_aside = line == "PARK" or (is_aside and line != "UNPARK")
        assert not (is_aside and line.startswith("G1")), executed


def _check_steps(statuses: list[str]) -> None:
    """A job that was being cancelled when the link went is over: then `link_lost` is the printer's word, not the job's."""
    names = {status.value for status in JobStatus}
    for before, after in itertools.pairwise(statuses):
        if before in names and after in names and before != after and (before, after) != ("cancelling", "link_lost"):
            assert JobStatus(after) in JOB_TRANSITIONS[JobStatus(before)], f"{before} -> {after}"
