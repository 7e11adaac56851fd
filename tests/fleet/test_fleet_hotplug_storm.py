"""Four printers are unplugged, swapped and plugged in again at random: each name always gets its own board.

Two adapters have serial numbers and move from socket to socket; two are alike and have none, and stay in theirs. The kernel
gives the lowest free number, so `ttyUSB0` is now this board and now that one.

`HYDROGEN_HOTPLUG_EVENTS=500` makes the storm longer, looks as rarely as in life, and holds each appearance to its 3 s.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from hydrogen.core.clock import SystemClock
from hydrogen.fleet.hotplug import LOOK_SECONDS, REST_SECONDS, PortWatch
from hydrogen.model.events import PrinterConnected, PrinterFirmwareIdentified
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.local import LocalSpooler
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.fleet.house import FleetHouse, configured
from tests.support.recording_log import RecordingLog
from tests.support.usb_bus import UsbBus
from tests.support.waiting import wait_until

EVENTS = int(os.environ.get("HYDROGEN_HOTPLUG_EVENTS", "16"))
IS_LONG = "HYDROGEN_HOTPLUG_EVENTS" in os.environ
SEED = 16
SOCKETS = ("1-1.1", "1-1.2", "1-1.3", "1-1.4", "1-1.5")
NAMES = ("one", "two", "three", "four")
SERIALS = ("AB12", "CD34", "", "")
PLUGGED_SECONDS = 3.0
PATIENCE_SECONDS = 30.0


class Desk:
    """Four boards, the cables, and a tree that shows what is plugged in."""

    def __init__(self, folder: Path, boards: list[VirtualPrinter]) -> None:
        self.bus = UsbBus(folder / "tree")
        self._ptys = [folder / f"pty-{name}" for name in NAMES]
        self.boards = boards
        self.plugged: dict[int, str] = {}
        self._sockets: dict[int, str] = {}
        for board in boards:
            board.pull_cable()

    @staticmethod
    def port_of(number: int) -> str:
        serial = SERIALS[number]
        return f"usb:1a86:7523:{serial}" if serial else f"usb-socket:1a86:7523:{SOCKETS[number]}"

    def plug(self, number: int, chance: random.Random) -> None:
        free = [socket for socket in (*SOCKETS[:2], SOCKETS[4]) if socket not in self._sockets.values()]
        socket = chance.choice(free) if SERIALS[number] else SOCKETS[number]
        taken = set(self.plugged.values())
        name = next(f"ttyUSB{n}" for n in range(9) if f"ttyUSB{n}" not in taken)
        self.boards[number].plug_in(self._ptys[number])
        self.bus.plug(name, socket, serial=SERIALS[number], leads_to=self._ptys[number])
        self.plugged[number], self._sockets[number] = name, socket

    def unplug(self, number: int) -> None:
        self.bus.unplug(self.plugged.pop(number))
        self.boards[number].pull_cable()
        del self._sockets[number]


def spooler_for(folder: Path, desk: Desk, number: int) -> Spooler:
    files = RuntimeFiles(folder, NAMES[number])
    settings = {
        "port": desk.port_of(number),
        "baud": 115200,
        "connect_timeout_seconds": 5.0,
        "temperature_interval_seconds": 1,
        "receive_buffer_bytes": 0,
    }
    return Spooler(
        driver=MarlinDriver(settings, tree=desk.bus.tree),
        driver_name="marlin",
        files=files,
        spool_dir=folder / "spool",
        policy=SpoolerPolicy(),
        journal=HotJournal(files.journal),
        outbox=Outbox(files.outbox, instance="i1"),
        clock=SystemClock(),
        log=RecordingLog(),
    )


async def storm(desk: Desk, house: FleetHouse) -> float:
    """The longest time between the last cable of a burst and all printers being where they belong."""
    chance, clock, longest, events = random.Random(SEED), SystemClock(), 0.0, 0

    def is_settled() -> bool:
        return all(
            (house.state(name).status is PrinterStatus.IDLE) == (number in desk.plugged)
            for number, name in enumerate(NAMES)
        )

    while events < EVENTS:
        for _ in range(chance.randint(1, 4)):
            number = chance.randrange(len(NAMES))
            if number in desk.plugged:
                desk.unplug(number)
            else:
                desk.plug(number, chance)
            events += 1
            if chance.random() < 0.3:
                await asyncio.sleep(0)
        began = clock.monotonic()
        await wait_until(is_settled, within_seconds=PATIENCE_SECONDS, what=f"{desk.plugged} after {events} events")
        longest = max(longest, clock.monotonic() - began)
        told = {
            name: house.state(name).firmware.machine_type for number, name in enumerate(NAMES) if number in desk.plugged
        }
        assert told == {name: f"board {name}" for name in told}
    return longest


@pytest.mark.timeout(1800 if IS_LONG else 180)
async def test_whatever_is_plugged_where_each_name_gets_its_own_board(
    tmp_path: Path, start_virtual_printer: Callable[..., VirtualPrinter], record_property: Callable[[str, object], None]
) -> None:
    boards = [
        start_virtual_printer(speed=None, instant_motion=True, machine_name=f"board {name}", greets_on_power=False)
        for name in NAMES
    ]
    desk = Desk(tmp_path, boards)
    spoolers = {name: spooler_for(tmp_path, desk, number) for number, name in enumerate(NAMES)}
    for spooler in spoolers.values():
        spooler.start()
    house = FleetHouse(
        *(configured(name, port=desk.port_of(number)) for number, name in enumerate(NAMES)),
        ports={},
        tree=desk.bus.tree,
        make_port=lambda name: LocalSpooler(spoolers[name]),
    )
    look_seconds = LOOK_SECONDS if IS_LONG else 0.02
    watch = PortWatch(
        house.fleet,
        clock=SystemClock(),
        log=RecordingLog(),
        find_events=lambda: None,
        look_seconds=look_seconds,
        rest_seconds=REST_SECONDS if IS_LONG else look_seconds,
    )
    async with house:
        watching = asyncio.create_task(watch.run())
        try:
            longest = await storm(desk, house)
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching
    for spooler in spoolers.values():
        await spooler.shut_down()
    record_property("longest_seconds", longest)
    identified = house.events(PrinterFirmwareIdentified)
    assert len(house.events(PrinterConnected)) == len(identified) >= EVENTS // 4
    assert [event for event in identified if event.firmware.machine_type != f"board {event.printer}"] == []
    if IS_LONG:
        print(f"{EVENTS} events, {len(identified)} connections, longest {longest:.2f} s")
        assert longest < PLUGGED_SECONDS
