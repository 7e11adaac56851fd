"""The virtual printer beside a service."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.cli.simulation import SimulatedPrinter
from hydrogen.errors import HostError
from tests.support.recording_log import RecordingLog


async def test_the_port_is_there_when_the_start_returns_and_gone_after_the_release(tmp_path: Path) -> None:
    link = tmp_path / "ttyVIRTUAL"
    printer = SimulatedPrinter(link, speed="max", log=RecordingLog())
    await printer.start()
    assert link.resolve().is_char_device()
    running = asyncio.create_task(printer.run())
    await asyncio.sleep(0)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    await printer.release()
    await printer.release()
    assert not link.exists()


async def test_a_virtual_printer_that_cannot_start_says_so(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path / "no" / "such" / "folder" / "tty", speed="max", log=RecordingLog())
    with pytest.raises(HostError, match="did not start"):
        await printer.start()


async def test_a_virtual_printer_that_dies_is_a_failure_of_the_house(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path / "tty", speed="max", log=RecordingLog())
    await printer.start()
    assert printer._process is not None
    printer._process.kill()
    with pytest.raises(HostError, match="ended"):
        await printer.run()
    await printer.release()
