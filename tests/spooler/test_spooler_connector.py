"""What is particular to the port's life; the rest is tested through the spooler (test_spooler_spooler.py)."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.errors import LinkLost, PrinterSilent
from hydrogen.model.events import PrinterConnected, PrinterDisconnected, TemperatureMeasured
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.request import DisconnectPrinter
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedConnection, ScriptedDriver
from tests.support.waiting import wait_until


async def test_driver_that_hangs_is_given_up_at_the_deadline(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.gate = asyncio.Event()
    async with Bench(tmp_path, driver) as bench:
        bench.spooler._connector._connect_deadline_seconds = 0.02
        with pytest.raises(PrinterSilent, match="handshake"):
            await bench.connect()
        assert bench.spooler.state.status is PrinterStatus.ERROR


async def test_connection_lost_before_connect_returns_counts_as_a_failed_connect(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    driver.prepare = lambda connection: connection.lose(LinkLost("gone at once"))
    async with Bench(tmp_path, driver) as bench:
        with pytest.raises(LinkLost):
            await bench.connect()
        assert bench.spooler.state.status is PrinterStatus.ERROR
        assert not bench.all(PrinterConnected)
        await wait_until(lambda: driver.connection.is_closed)


async def test_old_connection_is_not_listened_to(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        old = bench.driver.connection
        await bench.spooler.perform(DisconnectPrinter())
        await bench.connect()
        old.measure("tool0", 99.0)
        old.listener.on_action("cancel", "")
        old.listener.on_traffic("< ok")
        old.listener.on_lost(LinkLost("late"))
        assert not bench.all(TemperatureMeasured)
        assert bench.spooler.state.status is PrinterStatus.IDLE


async def test_port_that_does_not_acknowledge_heaters_off_is_closed_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.connector.COOL_DEADLINE_SECONDS", 0.02)
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        await bench.spooler.perform(DisconnectPrinter())
        assert bench.driver.connection.is_closed
        assert "heaters-off was not acknowledged" in bench.log.events("warning")
        assert bench.spooler.state.status is PrinterStatus.OFFLINE


async def test_port_that_does_not_close_is_left_after_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.spooler.connector.CLOSE_DEADLINE_SECONDS", 0.02)

    async def hang() -> None:
        await asyncio.Event().wait()

    async with Bench(tmp_path) as bench:
        await bench.connect()
        connection: ScriptedConnection = bench.driver.connection
        close = connection.close
        connection.close = hang  # type: ignore[method-assign]
        await bench.spooler.perform(DisconnectPrinter())
        assert "the port did not close" in bench.log.events("error")
        await close()


async def test_connection_that_dies_while_cooling_down_is_lost_once(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        bench.driver.connection.gate.clear()
        leaving = asyncio.create_task(bench.spooler.perform(DisconnectPrinter()))
        await wait_until(lambda: bench.driver.executed)
        bench.driver.connection.lose()
        await leaving
        assert len(bench.all(PrinterDisconnected)) == 1
        assert bench.spooler.state.status is PrinterStatus.LINK_LOST
