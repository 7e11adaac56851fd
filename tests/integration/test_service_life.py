"""The life of a service beside its spoolers: ends, restarts, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.cli.client import connected
from hydrogen.errors import Conflict, ServiceUnreachable
from hydrogen_simulators.ledger import job_hash
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import (
    await_outcome,
    await_status,
    frame_where,
    print_started,
    running_house,
    square_lines,
    until,
)

StartPrinter = Callable[..., VirtualPrinter]


def targets_of(printer: VirtualPrinter) -> list[float]:
    return [reading.target_celsius for reading in printer.printer.temperatures.values()]


async def test_a_print_outlives_its_service_and_the_next_one_sees_it_finish(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(600, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected(house.address) as client, connected(house.address) as other:
            await await_status(client, "idle")
            job = await print_started(client, house, lines)
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 20)
            spooler = house.spooler_pid()
            assert await house.stop() == 0, house.said
            for bystander in (client, other):
                with pytest.raises(ServiceUnreachable) as caught:
                    await frame_where(bystander, lambda _frame: False)
                assert caught.value.details["close_code"] == 1001
        assert spooler is not None
        assert house.spooler_pid() == spooler
        assert house.record is None
        executed = printer.ledger.move_count
        await until(lambda: printer.ledger.move_count > executed + 20)
        await house.start()
        async with connected(house.address) as client:
            snapshot = await frame_where(
                client, lambda frame: frame.get("type") in ("snapshot", "printer.attached") and "job" in str(frame)
            )
            assert job in str(snapshot) or job in str(await frame_where(client, lambda f: job in str(f)))
            await await_outcome(client, job)
            history = await client.command("job.history")
            assert history["jobs"][0]["outcome"] == "completed"
        assert house.spooler_pid() == spooler
        assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)
    assert printer.ledger.job_hash == job_hash(lines)


async def test_a_command_that_is_repeated_to_the_next_service_is_carried_out_once(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(300, feedrate=600)
    key = "start-it-once-0123"
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        (house.files / "job.gcode").write_text("\n".join(lines) + "\n")
        async with connected(house.address) as client:
            await await_status(client, "idle")
            first = await client.command("job.start", "bench", {"file": "job.gcode"}, idempotency_key=key)
        assert await house.stop() == 0, house.said
        await house.start()
        async with connected(house.address) as client:
            await frame_where(client, lambda frame: first["job"] in str(frame))
            again = await client.command("job.start", "bench", {"file": "job.gcode"}, idempotency_key=key)
            assert again == first
            with pytest.raises(Conflict):
                await client.command("job.start", "bench", {"file": "other.gcode"}, idempotency_key=key)
            await await_outcome(client, str(first["job"]))
        assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)  # and with it what the spooler remembers
        await house.start()
        async with connected(house.address) as client:
            await await_status(client, "idle")
            assert await client.command("job.start", "bench", {"file": "job.gcode"}, idempotency_key=key) == first
            assert len((await client.command("job.history"))["jobs"]) == 1
        assert await house.stop() == 0, house.said
    assert printer.ledger.job_hash == job_hash(lines)


async def test_a_fact_that_happens_without_a_service_is_not_lost(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=60)
    lines = square_lines(400, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        async with connected(house.address) as client:
            await await_status(client, "idle")
            job = await print_started(client, house, lines)
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed")
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        moves = sum(line.startswith("G1") for line in lines)
        await until(lambda: printer.ledger.move_count == moves, seconds=40)
        await house.start()
        async with connected(house.address) as client:
            await await_outcome(client, job)


async def test_own_spoolers_end_with_the_service_and_the_heaters_are_off(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=20)
    async with running_house(tmp_path, {"bench": str(printer.link)}, "--own-spoolers") as house:
        async with connected(house.address) as client:
            await await_status(client, "idle")
            await print_started(client, house, square_lines(1000, feedrate=600))
            await frame_where(client, lambda frame: frame.get("type") == "job.progressed" and frame["lines_done"] > 10)
            assert any(targets_of(printer))
            assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)
        await asyncio.to_thread(printer.wait_until_closed)
        assert not any(targets_of(printer))


async def test_sighup_restarts_in_place_again_and_again(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        assert house.process is not None
        epochs: set[str] = set()

        for _ in range(3):
            record = house.record
            assert record is not None
            assert record.pid == house.process.pid
            epochs.add(record.epoch)
            house.process.send_signal(signal.SIGHUP)
            await house.await_record(lambda record: record.epoch not in epochs)
        assert len(epochs) == 3
        assert await house.stop(signal.SIGINT) == 0, house.said


@pytest.mark.parametrize("is_printing", [False, True])
async def test_sighup_leaves_the_spooler_alone_and_takes_the_new_configuration(
    tmp_path: Path, start_virtual_printer: StartPrinter, is_printing: bool
) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(300, feedrate=600)
    async with running_house(tmp_path, {"bench": str(printer.link)}) as house:
        job = None
        async with connected(house.address) as client:
            await await_status(client, "idle")
            if is_printing:
                job = await print_started(client, house, lines)
        before, spooler = house.record, house.spooler_pid()
        assert before is not None and spooler is not None and house.process is not None
        house.config.write_text(
            house.config.read_text().replace("[websocket]\n", "[websocket]\nmax_message_bytes = 2048\n")
        )
        house.process.send_signal(signal.SIGHUP)
        await until(lambda: house.record not in (None, before), lambda: house.said)
        assert house.record is not None and house.record.pid == before.pid
        async with connected(house.address) as client:
            assert (await client.status())["services"]["websocket"]["max_message_size"] == 2048
            if job is not None:
                await await_outcome(client, job)
            else:
                await await_status(client, "idle")
        assert house.spooler_pid() == spooler
        assert await house.stop() == 0, house.said
        await until(lambda: house.spooler_pid() is None)
    if is_printing:
        assert printer.ledger.job_hash == job_hash(lines)


async def test_sighup_with_a_broken_configuration_changes_nothing(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        before = house.record
        house.config.write_text("[websocket]\nport = true\n")
        assert house.process is not None
        house.process.send_signal(signal.SIGHUP)
        await until(lambda: "restart refused" in house.said)
        assert house.record == before
        async with connected(house.address):
            pass
        assert await house.stop() == 0


async def test_several_signals_are_one_shutdown(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        assert house.process is not None
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            house.process.send_signal(number)
        assert await house.ended() == 0, house.said
        assert house.said.count("shutdown complete") == 1


async def test_a_second_service_in_the_same_folder_says_so_and_does_no_harm(tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        first = house.process
        await house.start(is_expected_up=False)
        assert await house.ended() == 6
        assert "another Hydrogen service already uses" in house.said
        house.process = first
        async with connected(house.address):
            pass
        assert await house.stop() == 0


async def test_spooler_of_a_printer_that_has_another_name_now_lets_go_of_its_port(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    async with running_house(tmp_path, {"old": str(printer.link)}) as house:
        async with connected(house.address) as client:
            await await_status(client, "idle", "old")
        before, spooler = house.record, house.spooler_pid("old")
        assert spooler is not None and house.process is not None
        house.config.write_text(house.config.read_text().replace("[printers.old", "[printers.new"))
        house.process.send_signal(signal.SIGHUP)
        await until(lambda: house.record not in (None, before), lambda: house.said)
        async with connected(house.address) as client:
            await await_status(client, "idle", "new")
        assert house.spooler_pid("old") is None
        assert "spooler of no configured printer ended" in house.said
        assert await house.stop() == 0, house.said


async def test_print_of_a_printer_that_was_taken_out_goes_on_and_is_told_of(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=30)
    lines = square_lines(300, feedrate=600)
    async with running_house(tmp_path, {"old": str(printer.link)}) as house:
        async with connected(house.address) as client:
            await await_status(client, "idle", "old")
            await print_started(client, house, lines, printer="old")
        spooler = house.spooler_pid("old")
        assert spooler is not None
        assert await house.stop() == 0, house.said
        configuration = house.config.read_text()
        house.config.write_text(
            configuration.replace("[printers.old", "[printers.new").replace(str(printer.link), "/no")
        )
        await house.start()
        await until(lambda: "printer not configured, but printing" in house.said, lambda: house.said)
        assert house.spooler_pid("old") == spooler
        assert await house.stop() == 0, house.said
        house.config.write_text(configuration)
        await house.start()
        async with connected(house.address) as client:
            await await_status(client, "idle", "old")
        assert await house.stop() == 0, house.said
    assert printer.ledger.job_hash == job_hash(lines)


async def test_an_idle_spooler_with_former_settings_is_replaced_at_the_restart(
    tmp_path: Path, start_virtual_printer: StartPrinter
) -> None:
    printer = start_virtual_printer(speed=None)
    async with running_house(tmp_path, {"bench": str(tmp_path / "ttyELSEWHERE")}) as house:
        assert house.process is not None
        await until(lambda: house.spooler_pid() is not None)
        former = house.spooler_pid()
        house.process.kill()  # so that the spooler stays
        await house.process.wait()
        house.config.write_text(house.config.read_text().replace("ttyELSEWHERE", printer.link.name))
        await house.start()
        async with connected(house.address) as client:
            await await_status(client, "idle")
        await until(lambda: house.spooler_pid() not in (None, former), lambda: house.said)
        assert await house.stop() == 0
