"""A job outlives its link and its spooler: it waits, and goes on with the next line or with none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, HydrogenError, LinkLost, PortMissing, PrinterHalted, PrinterReset
from hydrogen.model.events import JobFinished, JobPaused
from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import Firmware, PrinterStatus
from hydrogen.spooler.job import job_desk
from hydrogen.spooler.request import CancelJob, EmergencyStop, PauseJob, ResumeJob
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedConnection
from tests.support.waiting import wait_until

LINES = 400
MOVES = [f"G1 X{number}" for number in range(LINES)]


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_desk, "RETURN_FIRST_SECONDS", 0.001)
    monkeypatch.setattr(job_desk, "RETURN_MOST_SECONDS", 0.002)
    monkeypatch.setattr(job_desk, "COOL_MOST_SECONDS", 0.002)


async def printing(bench: Bench, executed: int = 20) -> ScriptedConnection:
    """A job that has executed some moves and stands in the middle of one."""
    bench.driver.pace_seconds = 0.0005
    await bench.print(bench.file(LINES))
    await bench.until_executed(executed)
    return bench.driver.connection


def unplug(bench: Bench, error: HydrogenError | None = None) -> None:
    bench.driver.failure = PortMissing("no such port")
    bench.driver.connection.lose(error or LinkLost("the cable is out"))  # type: ignore[arg-type]


async def test_job_waits_for_a_lost_link_and_goes_on_with_the_next_line(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        assert bench.spooler.state.status is PrinterStatus.LINK_LOST
        assert bench.spooler.state.job is not None
        assert bench.spooler.state.job.status.value == "link_lost"
        attempts = bench.driver.attempts
        await wait_until(lambda: bench.driver.attempts > attempts + 3)
        assert not bench.all(JobFinished)
        point = bench.driver.resumes[-1]
        assert point is not None
        assert (point.baud, point.port_identity, point.receive_buffer) == (115200, "usb:0001:0002:S:00", (128, 4))
        bench.driver.failure = None
        finished = await bench.until_finished()
        assert (finished.outcome, finished.lines_done, finished.reason) == (JobOutcome.COMPLETED, LINES, "")
        assert bench.driver.moves == MOVES
        assert len(bench.all(JobFinished)) == 1


async def test_link_that_goes_again_and_again_loses_and_doubles_nothing(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        for executed in range(40, 360, 20):
            await bench.until_executed(executed)
            connections = len(bench.driver.connections)
            bench.driver.connection.lose()
            await wait_until(lambda before=connections: len(bench.driver.connections) > before)  # type: ignore[misc]
        assert (await bench.until_finished()).outcome is JobOutcome.COMPLETED
        assert bench.driver.moves == MOVES


async def test_printer_that_was_reset_meanwhile_gets_no_motion(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        moves = list(bench.driver.moves)
        bench.driver.last_number = 0
        bench.driver.failure = None
        finished = await bench.until_finished()
        assert (finished.outcome, finished.error_code) == (JobOutcome.FAILED, "interrupted")
        await wait_until(lambda: bench.driver.executed[-2:] == ["M104 S0", "M140 S0"])
        assert bench.driver.moves == moves
        assert bench.spooler.state.status is PrinterStatus.IDLE
        assert (tmp_path / "spool" / "j1.gcode").exists()


async def test_printer_that_restarts_in_mid_print_interrupts_the_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench, PrinterReset("the board restarted"))
        finished = await bench.until_finished()
        assert (finished.error_code, finished.reason) == ("interrupted", "the board restarted")
        bench.driver.failure = None
        await wait_until(lambda: bench.driver.executed[-2:] == ["M104 S0", "M140 S0"])


async def test_printer_that_turns_out_to_have_halted_ends_the_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        bench.driver.failure = PrinterHalted("the printer has halted itself")
        assert (await bench.until_finished()).error_code == "printer_halted"
        await bench.until_status("halted")


async def test_paused_job_comes_back_paused(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        unplug(bench)
        moves = list(bench.driver.moves)
        bench.driver.failure = None
        await bench.until_status("paused")
        assert bench.driver.moves == moves
        await bench.spooler.perform(ResumeJob())
        assert (await bench.until_finished()).outcome is JobOutcome.COMPLETED
        assert bench.driver.moves == MOVES


async def test_pause_that_is_asked_for_while_the_link_is_lost_holds_the_job_when_it_is_back(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        await bench.spooler.perform(PauseJob(actor="bo"))
        moves = list(bench.driver.moves)
        bench.driver.failure = None
        await bench.until_status("paused")
        assert bench.last(JobPaused).actor == "bo"
        assert bench.driver.moves == moves
        await bench.spooler.perform(ResumeJob())
        await bench.until_finished()
        assert bench.driver.moves == MOVES


async def test_job_that_is_cancelled_while_the_link_is_lost_is_over_and_the_heaters_go_off_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        moves = list(bench.driver.moves)
        await bench.spooler.perform(CancelJob(actor="bo"))
        finished = await bench.until_finished()
        assert (finished.outcome, finished.actor) == (JobOutcome.CANCELLED, "bo")
        bench.driver.failure = None
        await wait_until(lambda: bench.driver.executed[-2:] == ["M104 S0", "M140 S0"])
        assert bench.driver.moves == moves


async def test_emergency_stop_while_the_link_is_lost_keeps_the_job_from_going_on(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        moves = list(bench.driver.moves)
        with pytest.raises(Conflict, match="cut its power"):
            await bench.spooler.perform(EmergencyStop(actor="bo"))
        assert (await bench.until_finished()).error_code == "printer_halted"
        bench.driver.failure = None
        await bench.connect()
        assert bench.driver.moves == moves


async def test_firmware_that_checks_no_numbers_is_left_to_a_person(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:

        def unchecked(connection: ScriptedConnection) -> None:
            connection.firmware = Firmware(name="Klipper", guarantee="at_most_once")

        bench.driver.prepare = unchecked
        await printing(bench)
        bench.driver.connection.lose()
        await bench.until_status("paused")
        assert "no line numbers" in bench.last(JobPaused).reason
        await bench.spooler.perform(ResumeJob())
        await bench.until_finished()
        assert bench.driver.moves == MOVES


class Successor:
    """A second spooler in the same folder, speaking to the printer that the first one left: as after a kill -9."""

    def __init__(self, folder: Path, first: Bench) -> None:
        self.bench = Bench(folder, first.driver, instance="i2")
        self.bench.driver.failure = None


async def died(folder: Path, before: Callable[[Bench], object] = lambda bench: None, executed: int = 20) -> Bench:
    """A spooler that printed and is dead: nothing of it runs any more, nothing was told."""
    first = Bench(folder)
    first.spooler.start()
    await printing(first, executed)
    before(first)
    connection = first.driver.connection
    connection.listener = Deaf()  # type: ignore[assignment]
    connection._pump.cancel()
    first.journal.close()
    for task in tuple(first.spooler._errands._tasks):
        task.cancel()
    return first


class Deaf:
    def on_event(self, event: object) -> None: ...
    def on_action(self, action: str, text: str) -> None: ...
    def on_traffic(self, line: str) -> None: ...
    def on_lost(self, error: object) -> None: ...


@pytest.mark.parametrize("executed", [1, 2, 20, 399])
async def test_job_of_a_spooler_that_died_is_gone_on_with_by_the_next(tmp_path: Path, executed: int) -> None:
    first = await died(tmp_path, executed=executed)
    second = Successor(tmp_path, first).bench
    async with second:
        assert second.spooler.state.job is not None
        assert second.spooler.state.job.actor == "ada"
        finished = await second.until_finished()
        assert (finished.outcome, finished.lines_done, finished.lines_total) == (JobOutcome.COMPLETED, LINES, LINES)
        assert second.driver.moves == MOVES
    async with Bench(tmp_path, instance="i3") as third:
        assert third.spooler.state.job is None
        assert not third.all(JobFinished)


async def test_job_whose_spooler_died_before_its_first_line_begins_at_the_beginning(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    first.spooler.start()
    await first.connect()
    first.driver.connection.gate.clear()
    await first.print(first.file(LINES))
    await first.until_executed(1)
    first.driver.executed.clear()
    first.driver.last_number = 1000  # it has not arrived
    connection = first.driver.connection
    connection.listener = Deaf()  # type: ignore[assignment]
    connection._pump.cancel()
    first.journal.close()
    async with Successor(tmp_path, first).bench as second:
        await second.until_finished()
        assert second.driver.moves == MOVES
    for task in tuple(first.spooler._errands._tasks):
        task.cancel()


async def test_file_that_was_changed_is_not_gone_on_with(tmp_path: Path) -> None:
    first = await died(tmp_path)
    spooled = tmp_path / "spool" / "j1.gcode"
    spooled.write_bytes(spooled.read_bytes().replace(b"X399", b"X999"))
    moves = list(first.driver.moves)
    async with Successor(tmp_path, first).bench as second:
        finished = await second.until_finished()
        assert finished.error_code == "interrupted"
        assert "was changed" in finished.reason
        assert second.driver.moves == moves


async def test_job_that_was_paused_when_its_spooler_died_stays_paused(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    first.spooler.start()
    await printing(first)
    await first.spooler.perform(PauseJob())
    await first.until_status("paused")
    connection = first.driver.connection
    connection.listener = Deaf()  # type: ignore[assignment]
    connection._pump.cancel()
    first.journal.close()
    moves = list(first.driver.moves)
    async with Successor(tmp_path, first).bench as second:
        await second.until_status("paused")
        assert second.driver.moves == moves
        await second.spooler.perform(ResumeJob())
        await second.until_finished()
        assert second.driver.moves == MOVES
    for task in tuple(first.spooler._errands._tasks):
        task.cancel()


async def test_stop_of_the_process_while_the_link_is_lost_leaves_the_job_interrupted(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await printing(bench)
        unplug(bench)
        await bench.spooler.shut_down("the spooler was stopped")
        finished = bench.last(JobFinished)
        assert (finished.error_code, finished.reason) == ("interrupted", "the spooler was stopped")
