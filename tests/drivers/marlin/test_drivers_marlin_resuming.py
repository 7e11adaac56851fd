"""Going on over a real pty with a printer that was left in the middle of a job."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from hydrogen.devices.driver import ResumePoint
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen_drivers.marlin.driver import NUMBER_BASES, MarlinDriver
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.link_bench import moves
from tests.support.mortal_host import FIRMWARE, go_on
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]

PACED = {"speed": 1, "instant_motion": True, "command_latency_seconds": 0.002}


async def test_hosts_are_killed_and_the_last_one_ends_the_job_exactly(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer = start_virtual_printer(**PACED)
    lines = moves(1500)
    arguments = [str(printer.link), str(tmp_path / "p.journal"), str(len(lines))]
    for killed_at in (2, 300, 700):
        host = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.support.mortal_host", *arguments)
        try:
            await wait_until(lambda at=killed_at: len(printer.ledger.moves) >= at, within_seconds=30)  # type: ignore[misc]
        finally:
            host.kill()
            await host.wait()
    connection, source = await go_on(str(printer.link), HotJournal(tmp_path / "p.journal"), lines)
    assert connection.resumed_from is not None
    assert source is not None
    await wait_until(lambda: source.is_exhausted, within_seconds=60)
    await connection.finish()
    assert [line.encode() for line in printer.ledger.moves] == lines
    await connection.close()


async def test_board_that_was_reset_meanwhile_gets_no_line_of_the_job(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer = start_virtual_printer(**PACED)
    journal = HotJournal(tmp_path / "p.journal")
    connection, source = await go_on(str(printer.link), journal, moves(400))
    assert source is not None
    await wait_until(lambda: len(printer.ledger.moves) > 100)
    await connection.close()
    printer.reset()
    await wait_until(lambda: printer.ledger.counts["resets"] == 1)
    moved = len(printer.ledger.moves)
    connection, source = await go_on(str(printer.link), journal, moves(400))
    assert connection.resumed_from is None
    assert source is None
    assert connection.firmware.name.startswith("Marlin")
    await asyncio.wait_for(connection.send_gcode(["M105"]), 10)
    assert len(printer.ledger.moves) == moved
    await connection.close()


async def test_identity_is_taken_over_and_temperatures_flow(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer = start_virtual_printer(**PACED)
    journal = HotJournal(tmp_path / "p.journal")
    connection, _ = await go_on(str(printer.link), journal, moves(4000))
    await wait_until(lambda: len(printer.ledger.moves) > 20)
    await connection.close()
    asked = printer.ledger.lines.count("M115")
    found = journal.resumption()
    assert found is not None
    past = found.numbering
    settings = {
        "port": str(printer.link),
        "baud": "auto",
        "connect_timeout_seconds": 2.0,
        "temperature_interval_seconds": 1,
        "reset_on_connect": True,
    }
    listener = RememberingListener()
    point = ResumePoint.of(past, baud=115200, firmware=FIRMWARE)
    connection = await MarlinDriver(settings).connect(listener, journal, point)
    assert connection.resumed_from is not None
    assert connection.baud == 115200
    assert connection.firmware.dialect == "marlin"
    assert connection.firmware.guarantee == "exactly_once"
    await wait_until(lambda: len(listener.temperatures("tool0")) >= 3, within_seconds=10)
    assert printer.ledger.lines.count("M115") == asked
    assert "G4 P0" not in printer.ledger.lines[-20:]
    await connection.close()


async def test_receive_buffer_is_measured_once_and_known_to_whoever_goes_on(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer = start_virtual_printer(speed=1, instant_motion=True)
    journal, listener = HotJournal(tmp_path / "p.journal"), RememberingListener()
    settings = {
        "port": str(printer.link),
        "baud": 250000,
        "connect_timeout_seconds": 2.0,
        "temperature_interval_seconds": 1,
    }
    connection = await MarlinDriver(settings).connect(listener, journal)
    await wait_until(lambda: connection.receive_buffer, within_seconds=20)
    known = connection.receive_buffer
    await wait_until(lambda: "G4 P0" in printer.ledger.lines[-1:], within_seconds=20)
    await connection.close()
    past = journal.resumption()
    assert past is not None
    point = ResumePoint.of(past.numbering, baud=250000, firmware=FIRMWARE, receive_buffer=known)
    again = await MarlinDriver(settings).connect(listener, journal, point)
    assert again.resumed_from is not None
    assert again.receive_buffer == known
    await again.close()


def test_numbering_of_its_own_never_begins_where_the_old_one_may_be() -> None:
    settings = {"port": "/dev/null", "baud": 115200, "connect_timeout_seconds": 2.0, "temperature_interval_seconds": 1}
    driver = MarlinDriver(settings)
    point = ResumePoint(number_base=900, acknowledged=1000, last_given=8997)
    assert driver._new_base(point) in (8998, 8999)
    point = ResumePoint(number_base=0, acknowledged=0, last_given=100_000)
    assert driver._new_base(point) in NUMBER_BASES
    assert RememberingJournal().announced == []
