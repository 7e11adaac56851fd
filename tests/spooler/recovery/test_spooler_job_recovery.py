"""From the power cut to the finished part: what is offered, what is shown, what is done after approval, and nothing before."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hydrogen.core.clock import SystemClock
from hydrogen.errors import Conflict, FileRejected, FileUnreadable, InvalidMessage, LinkLost, NotFound, PortMissing
from hydrogen.model.codec import plain
from hydrogen.model.events import ErrorRaised, JobFinished, JobReceiptIssued, JobRecoveryChanged, JobStarted
from hydrogen.spooler import spooler as spooler_module
from hydrogen.spooler.journal import cold_journal
from hydrogen.spooler.journal.cold_record import (
    _HEADER_MAGIC,
    _RECORD_MAGIC,
    BLOCK_BYTES,
    HEADER_BYTES,
    _encode,
    header_places,
    read_header,
    read_records,
    record_place,
)
from hydrogen.spooler.recovery.interrupted import find_interrupted
from hydrogen.spooler.recovery.job_recovery import POWER_LOST
from hydrogen.spooler.recovery.recovery_plan import StartAt
from hydrogen.spooler.request import CancelJob, DiscardRecovery, PlanRecovery, RecoverJob, SendGcode
from tests.spooler.bench import Bench
from tests.support.waiting import wait_until

LAYERS, MOVES = 12, 40

HEAD = ["M104 S210", "M140 S60", "G28", "G90", "M83", "G92 E0", "M106 S100"]


def part() -> list[str]:
    lines = list(HEAD)
    for layer in range(1, LAYERS + 1):
        lines += [";LAYER_CHANGE", f"G1 Z{layer * 0.2:.1f} F600"]
        lines += [f"G1 X{20 + n * 0.1:.1f} Y{layer}.{n:02} E.01 F6000" for n in range(MOVES)]
    return [*lines, "M107"]


class HurriedClock(SystemClock):
    """A thousand times as fast, so that records are due in time for a test."""

    def monotonic(self) -> float:
        return super().monotonic() * 1000


async def printing(folder: Path, moves: int, *, beyond: int = 7, end: Sequence[str] = ()) -> Bench:
    """A print of which about so many moves are on disk, and some more are executed. The caller ends the bench."""
    bench = Bench(folder, clock=HurriedClock())
    bench.spooler.start()
    await bench.connect()
    connection = bench.driver.connection
    bench.driver.pace_seconds = 0.001
    await bench.print(bench.file([*part(), *end]))
    await bench.until_executed(moves)
    connection.gate.clear()
    await until_recorded(folder, "j1")
    connection.gate.set()
    await bench.until_executed(moves + beyond)
    return bench


async def until_recorded(folder: Path, job: str) -> None:
    """Until what is acknowledged now is on disk."""
    seen: list[int] = []

    def is_there() -> bool:
        for one in find_interrupted(folder / "spool", "bench"):
            if one.job == job and one.record is not None and one.record.sequence not in seen:
                seen.append(one.record.sequence)
        return len(seen) > 2

    await wait_until(is_there, what=f"records of {job}")


@pytest.fixture(autouse=True)
def _quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spooler_module, "PULSE_SECONDS", 0.01)
    monkeypatch.setattr(spooler_module, "IDLE_PULSE_SECONDS", 0.01)


async def end(bench: Bench) -> None:
    for connection in bench.driver.connections:
        connection.gate.set()
    await bench.spooler.shut_down()
    bench.journal.close()


async def cut_power(bench: Bench, folder: Path) -> int:
    """What is on disk now becomes the disk of another life, without anything that lay in memory. Returns the line (from 1)
    that was executed last."""
    executed = len(bench.driver.moves)
    shutil.copytree(bench.folder / "spool", folder / "spool")
    await end(bench)
    numbers = [number for number, line in enumerate(part(), start=1) if line.startswith("G1")]
    return numbers[executed - 1] if executed else 0


async def plan_of(bench: Bench, **choice: Any) -> Mapping[str, Any]:
    return await bench.spooler.perform(PlanRecovery(job="j1", **choice))


async def recover(bench: Bench, plan: Mapping[str, Any], **choice: Any) -> Mapping[str, Any]:
    return await bench.spooler.perform(
        RecoverJob(job="j1", new_job="j2", plan_digest=plan["digest"], actor="bo", **choice)
    )


async def heat_up(bench: Bench, before_the_end: Callable[[], object] = lambda: None) -> None:
    """Bed and nozzle come to their targets, one after the other."""
    for command in ("M190", "M109"):
        await wait_until(
            lambda: bench.driver.connection.is_waiting_for_heat and bench.driver.executed[-1].startswith(command),  # noqa: B023
            what=command,
        )
        if command == "M109":
            before_the_end()
        bench.driver.connection.heat()


@pytest.fixture
def lives(tmp_path: Path) -> tuple[Path, Path]:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    return first, second


@pytest.mark.parametrize("seed", range(4))
async def test_print_is_taken_up_after_a_power_cut_and_not_before_somebody_approves(
    lives: tuple[Path, Path], seed: int
) -> None:
    random = Random(seed)
    first = await printing(lives[0], random.randrange(30, LAYERS * MOVES - 60), beyond=random.randrange(30))
    line = await cut_power(first, lives[1])
    async with Bench(lives[1]) as bench:
        assert bench.spooler.state.recoverable is not None
        assert bench.spooler.state.recoverable.job == "j1"
        [finished] = bench.all(JobFinished)
        assert (finished.job, finished.outcome.value, finished.error_code) == ("j1", "failed", "interrupted")
        assert finished.reason == POWER_LOST
        await bench.connect()
        plan = await plan_of(bench)
        assert plan["doubt"]["first_line"] <= line <= plan["doubt"]["last_line"]
        assert plan["warnings"]
        assert bench.driver.moves == []
        assert not [command for command in bench.driver.executed if command.startswith("G")]

        answer = await recover(bench, plan)
        assert (answer["job"], answer["continues"]) == ("j2", "j1")
        await heat_up(bench)
        done = await bench.until_finished("j2")
        opening = [step["gcode"] for step in plan["steps"]]
        rest = [text for text in part()[plan["line"] - 1 :] if not text.startswith(";")]
        sent = bench.driver.executed
        assert sent[sent.index(opening[0]) :] == [*opening, *rest, "M400"]
        assert (done.outcome.value, done.lines_done, done.lines_total) == (
            "completed",
            done.lines_total,
            done.lines_total,
        )
        assert bench.last(JobStarted).continues == "j1"
        await wait_until(lambda: any(one.job == "j2" for one in bench.all(JobReceiptIssued)), what="the receipt")
        assert bench.last(JobReceiptIssued).receipt.continues == "j1"
        assert bench.spooler.state.recoverable is None
        await wait_until(lambda: not list((lives[1] / "spool").iterdir()), what="an empty spool folder")


async def test_what_people_turned_while_it_was_printed_holds_when_it_is_taken_up(lives: tuple[Path, Path]) -> None:
    first = await printing(lives[0], 50, end=["M84"])
    await first.spooler.perform(SendGcode(lines=("M220 S130", "M106 S200", "M221 T0 S97")))
    await until_recorded(lives[0], "j1")
    await cut_power(first, lives[1])
    async with Bench(lives[1]) as bench:
        why = why_of(await plan_of(bench))
        assert why["M220 S130"] == "the speed as it was when the print stopped, whoever had set it"
        assert why["M221 T0 S97"] == "the flow of tool0 as it was when the print stopped, whoever had set it"
        assert why["M106 S200"] == "fan 0 as it was when the print stopped, whoever had set it"
        assert "M106 S100" not in why
        layer = why_of(await plan_of(bench, start=StartAt.LAYER))
        assert {"M220 S130", "M106 S200"} <= layer.keys()
        end_of_file = why_of(await plan_of(bench, start=StartAt.LINE, line=len(part()) + 1))
        assert end_of_file["M106 S0"] == "fan 0 as the file has it here", "M107 comes before that line"


async def test_what_nobody_turned_is_the_files(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 50), lives[1])
    async with Bench(lives[1]) as bench:
        why = why_of(await plan_of(bench))
        assert why["M106 S100"] == "fan 0 as the file has it here"
        assert not any(line.startswith(("M220", "M221")) for line in why)


async def test_a_journal_that_knows_nothing_of_fans_and_speed_leaves_them_to_the_file(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 50), lives[1])
    path = lives[1] / "spool" / "j1.journal"
    path.write_bytes(as_written_before(path.read_bytes()))
    [old] = find_interrupted(lives[1] / "spool", "bench")
    assert old.header.tuning is None and old.record is not None and old.record.progress.tuning is None
    async with Bench(lives[1]) as bench:
        assert why_of(await plan_of(bench))["M106 S100"] == "fan 0 as the file has it here"


def why_of(plan: Mapping[str, Any]) -> Mapping[str, str]:
    return {step["gcode"]: step["why"] for step in plan["steps"]}


def as_written_before(image: bytes) -> bytes:
    """The journal without the fields that say something of fans, speed and flow."""
    fresh, found = bytearray(len(image)), read_header(image)
    assert found is not None
    header, generation = found
    blocks = [(at, _HEADER_MAGIC, generation, header, HEADER_BYTES) for at in header_places()]
    blocks += [
        (record_place(one.sequence), _RECORD_MAGIC, one.sequence, one, BLOCK_BYTES)
        for one in read_records(image, header.job)
    ]
    for at, magic, count, value, size in blocks:
        fields = dict(plain(value))
        part_of = fields.get("progress", fields)
        for name in ("tuning", "tuning_offset"):
            assert name in part_of
            part_of.pop(name)
        block = _encode(magic, count, fields, size)
        fresh[at : at + size] = block
    return bytes(fresh)


async def test_end_of_a_lost_job_is_told_once(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 50), lives[1])
    async with Bench(lives[1]) as bench:
        assert len(bench.all(JobFinished)) == 1
    async with Bench(lives[1], instance="i2") as again:
        assert again.all(JobFinished) == []
        assert again.spooler.state.recoverable is not None


async def test_second_power_cut_in_the_recovered_job_can_be_recovered_too(
    lives: tuple[Path, Path], tmp_path: Path
) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    bench = Bench(lives[1], clock=HurriedClock())
    bench.spooler.start()
    await bench.connect()
    bench.driver.pace_seconds = 0.001
    await recover(bench, await plan_of(bench))
    await heat_up(bench)
    before = len(bench.driver.moves)
    await bench.until_executed(before + 60)
    bench.driver.connection.gate.clear()
    await until_recorded(lives[1], "j2")
    assert [job.job for job in find_interrupted(lives[1] / "spool", "bench")] == ["j2"], "nothing of the first"
    third = tmp_path / "third"
    third.mkdir()
    shutil.copytree(lives[1] / "spool", third / "spool")
    await end(bench)
    async with Bench(third, instance="i3") as last:
        assert last.spooler.state.recoverable is not None
        assert last.spooler.state.recoverable.job == "j2"
        [told] = last.all(JobFinished)
        assert told.job == "j2"
        plan = await last.spooler.perform(PlanRecovery(job="j2", z_mm=1.0))
        assert plan["line"] > len(HEAD)


async def test_power_cut_while_it_was_being_taken_up_needs_a_measured_height(
    lives: tuple[Path, Path], tmp_path: Path
) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    bench = Bench(lives[1], clock=HurriedClock())
    bench.spooler.start()
    await bench.connect()
    before = await plan_of(bench)
    await recover(bench, before)
    await wait_until(lambda: bench.driver.connection.is_waiting_for_heat)
    await until_recorded(lives[1], "j2")
    third = tmp_path / "third"
    third.mkdir()
    shutil.copytree(lives[1] / "spool", third / "spool")
    await bench.spooler.perform(CancelJob())
    await end(bench)
    async with Bench(third, instance="i3") as last:
        with pytest.raises(Conflict, match="measure"):
            await last.spooler.perform(PlanRecovery(job="j2"))
        plan = await last.spooler.perform(PlanRecovery(job="j2", z_mm=3.0))
        assert plan["line"] == before["line"]


async def test_stopped_job_is_offered_where_it_stopped(tmp_path: Path) -> None:
    bench = await printing(tmp_path, 90)
    await end(bench)
    executed = len(bench.driver.moves)
    assert bench.spooler.state.recoverable is not None
    async with Bench(tmp_path, instance="i2") as again:
        assert again.all(JobFinished) == [], "the first spooler told it"
        plan = await plan_of(again)
        numbers = [number for number, line in enumerate(part(), start=1) if line.startswith("G1")]
        assert plan["line"] == numbers[executed - 1] + 1
        assert plan["doubt"]["last_line"] == numbers[executed - 1]


async def test_finished_and_cancelled_jobs_leave_nothing(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.print(bench.file(part()))
        await bench.until_finished()
        await bench.print(bench.file(part()), job="j2")
        await bench.spooler.perform(CancelJob())
        await bench.until_finished("j2")
        await wait_until(lambda: not list((tmp_path / "spool").iterdir()))
        assert bench.all(JobRecoveryChanged) == []


async def test_what_changed_refuses_the_plan_and_sends_nothing(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    async with Bench(lives[1]) as bench:
        offline = await plan_of(bench)
        await bench.connect()
        with pytest.raises(Conflict, match="something changed") as refused:
            await recover(bench, offline)
        plan = await plan_of(bench)
        assert refused.value.details["plan_digest"] == plan["digest"]
        with pytest.raises(Conflict, match="something changed"):
            await recover(bench, plan, z_mm=2.0)
        file = lives[1] / "spool" / "j1.gcode"
        whole = file.read_text()
        file.write_text(whole.replace("E.01", "E.02", 1))
        with pytest.raises(FileRejected, match="changed"):
            await recover(bench, plan)
        file.unlink()
        with pytest.raises(FileUnreadable):
            await plan_of(bench)
        assert bench.driver.moves == []
        assert bench.spooler.state.status.value == "idle"


async def test_places_that_may_be_chosen(lives: tuple[Path, Path]) -> None:
    line = await cut_power(await printing(lives[0], 200), lives[1])
    text = part()
    async with Bench(lives[1]) as bench:
        plan = await plan_of(bench)
        layer = next(option for option in plan["options"] if option["start"] == "layer")
        by_layer = await plan_of(bench, start=StartAt.LAYER)
        assert text[by_layer["line"] - 1].startswith("G1 X20.0 Y"), "the first plastic of the layer"
        assert by_layer["z_mm"] == plan["z_mm"]
        assert layer["line"] == by_layer["line"] <= plan["line"] <= line + 1
        assert (await plan_of(bench, start=StartAt.LINE, line=line))["line"] == line
        by_height = await plan_of(bench, start=StartAt.HEIGHT, height_mm=0.6)
        assert text[by_height["line"] - 1].startswith("G1 X20.0 Y3")
        for choice in (
            {"start": StartAt.LINE},
            {"start": StartAt.LINE, "line": 0},
            {"start": StartAt.LINE, "line": 10_000},
            {"start": StartAt.HEIGHT},
            {"start": StartAt.HEIGHT, "height_mm": 99.0},
        ):
            with pytest.raises(InvalidMessage):
                await plan_of(bench, **choice)
        with pytest.raises(Conflict, match="cannot be told"):
            await plan_of(bench, start=StartAt.LINE, line=2)
        with pytest.raises(NotFound):
            await bench.spooler.perform(PlanRecovery(job="other"))


async def test_discarded_job_is_gone(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    async with Bench(lives[1]) as bench:
        await bench.spooler.perform(DiscardRecovery(job="j1"))
        assert bench.spooler.state.recoverable is None
        assert bench.last(JobRecoveryChanged).recoverable is None
        assert not list((lives[1] / "spool").iterdir())
        with pytest.raises(NotFound):
            await bench.spooler.perform(DiscardRecovery(job="j1"))


async def test_nothing_is_recovered_over_a_job_that_runs(lives: tuple[Path, Path]) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    async with Bench(lives[1]) as bench:
        await bench.connect()
        plan = await plan_of(bench)
        bench.driver.connection.gate.clear()
        await bench.print(bench.file(5, name="other.gcode"), job="j9")
        assert bench.spooler.state.recoverable is None, "not while something prints"
        with pytest.raises(Conflict):
            await recover(bench, plan)
        bench.driver.connection.gate.set()
        await bench.until_finished("j9")
        await wait_until(lambda: bench.spooler.state.recoverable)


async def test_disk_that_takes_no_records_is_told_and_the_print_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cold_journal.os, "fsync", full)
    async with Bench(tmp_path, clock=HurriedClock()) as bench:
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(part()))
        assert (await bench.until_finished()).outcome.value == "completed"
        assert [event.error.code for event in bench.all(ErrorRaised)] == ["disk_full"]


async def test_printer_that_was_reset_while_its_cable_was_out_is_offered_where_it_stopped(tmp_path: Path) -> None:
    async with Bench(tmp_path, clock=HurriedClock()) as bench:
        await bench.connect()
        bench.driver.pace_seconds = 0.0005
        await bench.print(bench.file(part()))
        await bench.until_executed(150)
        bench.driver.failure = PortMissing("no such port")
        bench.driver.connection.lose(LinkLost("the cable is out"))
        numbers = [number for number, line in enumerate(part(), start=1) if line.startswith("G1")]
        line = numbers[len(bench.driver.moves) - 1]
        moves = list(bench.driver.moves)
        bench.driver.last_number = 0
        bench.driver.failure = None
        await bench.until_finished()
        await wait_until(lambda: bench.spooler.state.recoverable)
        plan = await plan_of(bench)
        assert plan["doubt"]["first_line"] <= line <= plan["doubt"]["last_line"] <= plan["line"] + 1
        assert bench.driver.moves == moves


async def test_spooler_that_dies_in_the_middle_of_the_commands_is_replaced_and_the_rest_of_them_follow(
    lives: tuple[Path, Path],
) -> None:
    await cut_power(await printing(lives[0], 100), lives[1])
    bench = Bench(lives[1])
    bench.spooler.start()
    await bench.connect()
    plan = await plan_of(bench)
    await recover(bench, plan)
    await heat_up(bench, before_the_end=lambda: setattr(bench.driver, "pace_seconds", 0.05))
    await wait_until(lambda: "G92 Z" in bench.driver.executed[-1])
    connection = bench.driver.connection
    connection.listener = Deaf()  # type: ignore[assignment]
    connection._pump.cancel()
    bench.journal.close()
    for task in tuple(bench.spooler._errands._tasks):
        task.cancel()
    successor = Bench(lives[1], bench.driver, instance="i2")
    bench.driver.pace_seconds = 0.0
    async with successor:
        done = await successor.until_finished("j2")
        opening = [step["gcode"] for step in plan["steps"]]
        rest = [text for text in part()[plan["line"] - 1 :] if not text.startswith(";")]
        sent = successor.driver.executed
        assert sent[sent.index(opening[0]) :] == [*opening, *rest, "M400"]
        assert (done.outcome.value, done.lines_done) == ("completed", done.lines_total)


class Deaf:
    def on_event(self, event: object) -> None: ...
    def on_action(self, action: str, text: str) -> None: ...
    def on_traffic(self, line: str) -> None: ...
    def on_lost(self, error: object) -> None: ...
