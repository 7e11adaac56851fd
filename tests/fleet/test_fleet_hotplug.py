"""Ports that come are noticed: by an event where there are any, by looking elsewhere."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hydrogen.core.clock import SystemClock
from hydrogen.errors import PortMissing
from hydrogen.fleet import hotplug
from hydrogen.fleet.hotplug import EventSource, PortWatch, udev_events
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.request import ConnectPrinter
from tests.fleet.house import FleetHouse, configured
from tests.fleet.scripted_port import ScriptedPort
from tests.support.recording_log import RecordingLog
from tests.support.usb_bus import UsbBus
from tests.support.waiting import wait_until

NEVER = 3600.0


class Seeker:
    def __init__(self) -> None:
        self.looks = 0
        self.is_missing = True

    async def look_for_ports(self) -> bool:
        self.looks += 1
        return self.is_missing


class Pipe:
    """Events by hand."""

    def __init__(self) -> None:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)

    def fileno(self) -> int:
        return self._read

    def poll(self, timeout: float) -> Any:
        assert timeout == 0
        try:
            return os.read(self._read, 1) or None
        except BlockingIOError:
            return None

    def happen(self, count: int = 1) -> None:
        os.write(self._write, b"x" * count)

    def close(self) -> None:
        os.close(self._read)
        os.close(self._write)


@asynccontextmanager
async def watching(
    seeker: Seeker, find: Callable[[], EventSource | None], look_seconds: float, rest_seconds: float = NEVER
) -> AsyncIterator[None]:
    watch = PortWatch(
        seeker,
        clock=SystemClock(),
        log=RecordingLog(),
        find_events=find,
        look_seconds=look_seconds,
        rest_seconds=rest_seconds,
    )
    task = asyncio.create_task(watch.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_event_makes_it_look_and_a_burst_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hotplug, "SETTLE_SECONDS", 0.01)
    seeker, pipe = Seeker(), Pipe()
    async with watching(seeker, lambda: pipe, NEVER):
        await wait_until(lambda: seeker.looks == 1, within_seconds=20)
        pipe.happen(7)
        await wait_until(lambda: seeker.looks == 2, within_seconds=20)
        pipe.happen()
        await wait_until(lambda: seeker.looks == 3, within_seconds=20)
    pipe.close()


async def test_without_events_it_looks_often_while_a_printer_is_missed_and_rests_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seeker, periods = Seeker(), list[float]()

    def at_once(_now: float, period_seconds: float) -> float:
        periods.append(period_seconds)
        return 0.0

    monkeypatch.setattr(hotplug, "delay_to_beat", at_once)
    async with watching(seeker, lambda: None, 0.5):
        await wait_until(lambda: len(periods) > 3)
        seeker.is_missing = False
        missed = len(periods)
        await wait_until(lambda: len(periods) > missed + 3)
    assert set(periods[:missed]) == {0.5}
    assert set(periods[missed:]) == {NEVER}


def test_machine_without_pyudev_has_no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyudev", None)
    assert udev_events() is None


def test_udev_gives_a_descriptor_to_wait_for() -> None:
    pytest.importorskip("pyudev")
    events = udev_events()
    if events is None:
        pytest.skip("no netlink here")
    assert events.fileno() >= 0
    assert events.poll(timeout=0) is None


async def test_keeper_of_a_printer_whose_port_came_tries_at_once_and_no_other_one(tmp_path: Path) -> None:
    bus = UsbBus(tmp_path)
    ports = {name: ScriptedPort(name) for name in ("left", "right")}
    printers = [configured(name, port=f"usb:1a86:7523:{name}") for name in ports]
    for port in ports.values():
        port.refusals[ConnectPrinter] = PortMissing("not there")
    async with FleetHouse(*printers, ports=ports, tree=bus.tree) as house:
        await wait_until(lambda: all(port.asked(ConnectPrinter) for port in ports.values()), within_seconds=20)
        tries = {name: len(port.asked(ConnectPrinter)) for name, port in ports.items()}
        assert await house.fleet.look_for_ports()
        bus.plug("ttyUSB0", "1-1.1", serial="left")
        assert await house.fleet.look_for_ports()
        await wait_until(lambda: len(ports["left"].asked(ConnectPrinter)) > tries["left"], within_seconds=20)
        assert house.state("right").status is PrinterStatus.OFFLINE


async def test_nobody_is_missed_in_a_house_without_local_ports() -> None:
    async with FleetHouse(configured(port="tcp://bridge:23")) as house:
        await wait_until(lambda: house.fleet.attached, within_seconds=20)
        assert not await house.fleet.look_for_ports()
