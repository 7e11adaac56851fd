"""A printer behind a bridge on the network: the same guarantees as on a cable."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hydrogen.errors import PrinterHalted
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver, limits_over_network
from hydrogen_drivers.transports import rfc2217_port
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.connection_listener import RememberingJournal, RememberingListener
from tests.support.link_bench import moves
from tests.support.mortal_bench import FileSource
from tests.support.mortal_host import go_on
from tests.support.network_bridge import Manners, NetworkBridge
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]

QUICK = {"speed": 1, "instant_motion": True}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers may be slow on a busy machine."""
    monkeypatch.setattr(rfc2217_port, "NEGOTIATION_SECONDS", 20.0)


def settings(url: str, **more: Any) -> dict[str, Any]:
    common = {"baud": "auto", "connect_timeout_seconds": 15.0, "temperature_interval_seconds": 1}
    return {"port": url, **common, **more}


async def connected(url: str, listener: RememberingListener | None = None, **more: Any) -> MarlinConnection:
    return await MarlinDriver(settings(url, **more)).connect(listener or RememberingListener(), RememberingJournal())


async def printed(connection: MarlinConnection, lines: list[bytes]) -> None:
    source = FileSource(lines)
    connection.stream(source)
    await wait_until(lambda: source.is_exhausted, within_seconds=50)
    await connection.finish()


@pytest.mark.parametrize("manners", list(Manners))
async def test_file_is_executed_through_every_kind_of_bridge(
    start_virtual_printer: StartPrinter, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    if manners is Manners.IGNORES:
        monkeypatch.setattr(rfc2217_port, "NEGOTIATION_SECONDS", 0.3)
    printer, lines = start_virtual_printer(**QUICK), moves(100)
    async with NetworkBridge(str(printer.link), manners) as bridge:
        connection = await connected(f"{'tcp' if manners is Manners.RAW else 'rfc2217'}://127.0.0.1:{bridge.port}")
        assert connection.port_identity == ""
        assert not connection.is_simulated  # what is connected to is the bridge
        is_told = manners in (Manners.AGREES, Manners.LIMITED)
        assert connection.baud == (115200 if is_told else None)
        await printed(connection, lines)
        assert [line.encode() for line in printer.ledger.moves] == lines
        await connection.close()


async def test_virtual_printer_on_the_network_is_known_for_one(start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(None, tcp=("127.0.0.1", 0), **QUICK)
    connection = await connected(f"tcp://{printer.name}")
    assert connection.is_simulated
    await connection.close()


async def test_cuts_in_the_middle_of_lines_over_a_bad_network_lose_and_double_nothing(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer, lines = start_virtual_printer(**QUICK), moves(160)
    journal, chance = HotJournal(tmp_path / "p.journal"), random.Random(20)
    async with NetworkBridge(str(printer.link), Manners.AGREES, jitter_seconds=0.005, loss=0.02) as bridge:
        for _ in range(3):
            connection, source = await go_on(bridge.url, journal, lines)
            assert source is not None
            until = len(printer.ledger.moves) + chance.randrange(10, 40)
            await wait_until(lambda until=until: len(printer.ledger.moves) >= until, within_seconds=50)  # type: ignore[misc]
            bridge.cut()
            await wait_until(lambda lost=connection: lost._error is not None, within_seconds=20)  # type: ignore[misc]
            await connection.close()
        connection, source = await go_on(bridge.url, journal, lines)
        assert connection.resumed_from is not None
        assert source is not None
        await wait_until(lambda: source.is_exhausted, within_seconds=50)
        await connection.finish()
        assert [line.encode() for line in printer.ledger.moves] == lines
        await connection.close()


async def test_board_that_was_reset_behind_the_bridge_gets_no_line_of_the_job(
    start_virtual_printer: StartPrinter, tmp_path: Path
) -> None:
    printer, journal = start_virtual_printer(**QUICK), HotJournal(tmp_path / "p.journal")
    async with NetworkBridge(str(printer.link)) as bridge:
        connection, _ = await go_on(bridge.url, journal, moves(4000))
        await wait_until(lambda: len(printer.ledger.moves) > 20, within_seconds=20)
        bridge.cut()
        await connection.close()
        printer.reset()
        await wait_until(lambda: printer.ledger.counts["resets"] == 1, within_seconds=20)
        moved = len(printer.ledger.moves)
        connection, source = await go_on(bridge.url, journal, moves(4000))
        assert connection.resumed_from is None
        assert source is None
        assert len(printer.ledger.moves) == moved
        await connection.close()


async def test_window_opens_over_a_slow_network_where_the_ring_is_known_and_never_beyond_it(
    start_virtual_printer: StartPrinter, monkeypatch: pytest.MonkeyPatch
) -> None:
    printer = start_virtual_printer(**QUICK, ring_size=128)
    most = [0, 0]
    async with NetworkBridge(str(printer.link), jitter_seconds=0.004) as bridge:
        connection = await connected(bridge.url, receive_buffer_bytes=128)
        ledger, fetch = connection._link.ledger, connection._fetch

        def watched(*arguments: Any) -> bytes:
            data = fetch(*arguments)
            most[0] = max(most[0], ledger.in_flight_bytes)
            most[1] = max(most[1], ledger.front - ledger.acknowledged)
            return data

        monkeypatch.setattr(connection, "_fetch", watched)
        lines = moves(320)
        await printed(connection, lines)
        assert [line.encode() for line in printer.ledger.moves] == lines
        await connection.close()
    assert most[1] > 1, "it never opened"
    assert most[0] <= 128 - 1 - 40
    assert printer.ledger.counts["rx_overflow_bytes"] == 0


async def test_ring_is_not_measured_over_a_network(start_virtual_printer: StartPrinter) -> None:
    printer = start_virtual_printer(**QUICK)
    async with NetworkBridge(str(printer.link)) as bridge:
        connection = await connected(bridge.url)
        await printed(connection, moves(30))
        assert connection.receive_buffer == ()
        assert not [line for line in printer.ledger.lines if line.startswith("G4")]
        await connection.close()


@pytest.mark.parametrize("manners", [Manners.RAW, Manners.AGREES])
async def test_emergency_stop_halts_the_printer_beyond_the_bridge(
    start_virtual_printer: StartPrinter, manners: Manners
) -> None:
    printer, listener = start_virtual_printer(**QUICK), RememberingListener()
    async with NetworkBridge(str(printer.link), manners) as bridge:
        connection = await connected(bridge.url, listener)
        connection.stream(FileSource(moves(5000)))
        await wait_until(lambda: len(printer.ledger.moves) > 5, within_seconds=20)
        connection.emergency_stop()
        await wait_until(lambda: listener.losses, within_seconds=20)
        assert isinstance(listener.losses[0], PrinterHalted)
        moved = len(printer.ledger.moves)
        await connection.close()
        assert len(printer.ledger.moves) == moved


def test_network_makes_the_link_more_patient_and_nothing_else() -> None:
    plain, patient = LinkLimits(receive_buffer_bytes=128), limits_over_network(LinkLimits(receive_buffer_bytes=128))
    for name in ("quiet", "drain_most", "silence_least", "probe_answer", "barrier_again", "answer_slack"):
        assert getattr(patient, name) > getattr(plain, name)
    assert patient.receive_buffer_bytes == plain.receive_buffer_bytes
    assert patient.unanswered_most == plain.unanswered_most
