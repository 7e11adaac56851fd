"""The Marlin driver without a service: connects to a pty, streams lines, and waits until all are acknowledged."""

from __future__ import annotations

import asyncio
import gc
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figure import BenchmarkFailed
from benchmarks.gcode import ListSource
from hydrogen.errors import DeviceError
from hydrogen.model.events import Event
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen_drivers.marlin.connection import MarlinConnection
from hydrogen_drivers.marlin.driver import MarlinDriver


@dataclass(frozen=True, slots=True)
class Used:
    """Seconds by the host's clock, and CPU seconds of the host."""

    seconds: float
    cpu_seconds: float


class DeafListener:
    """Signs ConnectionListener."""

    def on_event(self, event: Event) -> None:
        pass

    def on_action(self, action: str, text: str) -> None:
        pass

    def on_traffic(self, line: str) -> None:
        pass

    def on_lost(self, error: DeviceError) -> None:
        pass


def print_with_driver(
    port: str, lines: list[bytes], *, baud: int, patience_seconds: float, idle_seconds: float = 0.0
) -> Used:
    """`drive`, with nothing beside it in this process."""
    gc.collect()
    gc.freeze()  # as the spooler does
    try:
        return asyncio.run(drive(port, lines, baud=baud, patience_seconds=patience_seconds, idle_seconds=idle_seconds))
    finally:
        gc.unfreeze()


async def drive(
    port: str, lines: list[bytes], *, baud: int, patience_seconds: float, idle_seconds: float = 0.0
) -> Used:
    """From the first line taken to the last acknowledged, after the connection was idle for so long.

    Raises BenchmarkFailed when that takes longer than the patience.
    """
    driver = MarlinDriver(
        {"port": port, "baud": baud, "connect_timeout_seconds": 10.0, "temperature_interval_seconds": 1}
    )
    with tempfile.TemporaryDirectory() as folder:
        journal = HotJournal(Path(folder) / "bench.journal")
        try:
            connection = await driver.connect(DeafListener(), journal)
            try:
                await asyncio.sleep(idle_seconds)
                return await _print(connection, lines, patience_seconds)
            finally:
                await connection.close()
        finally:
            journal.close()


async def _print(connection: MarlinConnection, lines: list[bytes], patience_seconds: float) -> Used:
    try:
        async with asyncio.timeout(patience_seconds):
            began, cpu = time.monotonic(), time.process_time()
            connection.stream(ListSource(lines))
            await connection.finish()
            used = Used(time.monotonic() - began, time.process_time() - cpu)
    except TimeoutError:
        raise BenchmarkFailed(f"the driver did not print within {patience_seconds:g} s") from None
    if connection.stream_progress.lines != len(lines):
        raise BenchmarkFailed(f"the driver acknowledged {connection.stream_progress.lines} lines")
    return used
