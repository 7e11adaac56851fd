"""How each kind of strike is done."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from random import Random

from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.chaos.small_disk import Disk
from tests.chaos.storm import rage
from tests.chaos.strike import Kind, Strike
from tests.chaos.wall_clock_jump import WallClock
from tests.integration.house_process import HouseProcess, until

NOISE = FaultPlan(
    byte_corruption_rate=0.0004,
    line_loss_rate=0.005,
    ok_loss_rate=0.01,
    ok_duplication_rate=0.005,
    reply_corruption_rate=0.0003,
)
"""Both ways, and nothing that the protocol cannot decide (facts: a line that loses its head runs unchecked)."""

PATIENCE_SECONDS = 90.0
"""For what another process does; the watch over a hung spooler takes 15 s and more."""


class Blows:
    """`strike` carries one out. A service that it ends is started again, as the init system would."""

    def __init__(self, house: HouseProcess, printer: VirtualPrinter, disk: Disk, wall: WallClock) -> None:
        self._house = house
        self._printer = printer
        self._disk = disk
        self._wall = wall
        self.table: dict[Kind, Callable[[Strike], Awaitable[None]]] = {
            Kind.KILL_SERVICE: self._kill_service,
            Kind.KILL_SPOOLER: self._kill_spooler,
            Kind.KILL_BOTH: self._kill_both,
            Kind.RESTART_SERVICE: self._restart_service,
            Kind.RELOAD_SERVICE: self._reload_service,
            Kind.STOP_SERVICE: self._stop_service,
            Kind.STOP_SPOOLER: self._stop_spooler,
            Kind.STOP_BOTH: self._stop_both,
            Kind.HANG_SPOOLER: self._hang_spooler,
            Kind.UNPLUG: self._unplug,
            Kind.UNPLUG_RESET: self._unplug_reset,
            Kind.KILL_UNPLUG: self._kill_unplug,
            Kind.KILL_IN_NOISE: self._kill_in_noise,
            Kind.KILL_ALL_UNPLUG: self._kill_all_unplug,
            Kind.RESET: self._reset,
            Kind.NOISE: self._noise,
            Kind.FULL_DISK: self._full_disk,
            Kind.CLOCK_JUMP: self._clock_jump,
            Kind.CLIENT_STORM: self._client_storm,
        }

    async def strike(self, strike: Strike) -> None:
        """Returns when the strike is over; what it did may take longer."""
        await self.table[strike.kind](strike)

    async def _kill_service(self, _strike: Strike) -> None:
        await self._end_service(signal.SIGKILL)
        await self._house.start()

    async def _kill_spooler(self, _strike: Strike) -> None:
        os.kill(await self._spooler(), signal.SIGKILL)

    async def _kill_both(self, _strike: Strike) -> None:
        spooler = await self._spooler()
        await self._end_service(signal.SIGKILL)
        os.kill(spooler, signal.SIGKILL)
        await self._house.start()

    async def _restart_service(self, _strike: Strike) -> None:
        await self._end_service(signal.SIGTERM)
        await self._house.start()

    async def _reload_service(self, _strike: Strike) -> None:
        record = self._house.record
        assert record is not None
        assert self._house.process is not None
        self._house.process.send_signal(signal.SIGHUP)
        await self._house.await_record(lambda next_life: next_life.epoch != record.epoch, PATIENCE_SECONDS)

    async def _stop_service(self, strike: Strike) -> None:
        assert self._house.process is not None
        await self._hold(self._house.process.pid, strike.seconds)

    async def _stop_spooler(self, strike: Strike) -> None:
        await self._hold(await self._spooler(), strike.seconds)

    async def _stop_both(self, strike: Strike) -> None:
        """Whoever wakes up first finds the other one standing still for as long again."""
        assert self._house.process is not None
        pids = [self._house.process.pid, await self._spooler()]
        Random(strike.seed).shuffle(pids)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        for pid in reversed(pids):
            await asyncio.sleep(strike.seconds)
            os.kill(pid, signal.SIGCONT)

    async def _hang_spooler(self, _strike: Strike) -> None:
        former = await self._spooler()
        os.kill(former, signal.SIGSTOP)
        await until(
            lambda: self._house.spooler_pid() not in (None, former),
            lambda: "the hung spooler was not replaced",
            PATIENCE_SECONDS,
        )

    async def _unplug(self, strike: Strike) -> None:
        self._printer.pull_cable()
        await asyncio.sleep(strike.seconds)
        self._printer.plug_in()

    async def _unplug_reset(self, strike: Strike) -> None:
        self._printer.pull_cable()
        self._printer.reset()
        await asyncio.sleep(strike.seconds)
        self._printer.plug_in()

    async def _kill_unplug(self, strike: Strike) -> None:
        spooler = await self._spooler()
        self._printer.pull_cable()
        os.kill(spooler, signal.SIGKILL)
        await asyncio.sleep(strike.seconds)
        self._printer.plug_in()

    async def _kill_in_noise(self, strike: Strike) -> None:
        """Its successor asks for the last line, and is answered, over the same bad wire."""
        self._printer.change_weather(NOISE, strike.seed)
        os.kill(await self._spooler(), signal.SIGKILL)
        await asyncio.sleep(strike.seconds)
        self._printer.change_weather(FaultPlan())

    async def _kill_all_unplug(self, strike: Strike) -> None:
        spooler = await self._spooler()
        self._printer.pull_cable()
        await self._end_service(signal.SIGKILL)
        os.kill(spooler, signal.SIGKILL)
        await asyncio.sleep(strike.seconds)
        self._printer.plug_in()
        await self._house.start()

    async def _reset(self, _strike: Strike) -> None:
        self._printer.reset()

    async def _noise(self, strike: Strike) -> None:
        self._printer.change_weather(NOISE, strike.seed)
        await asyncio.sleep(strike.seconds)
        self._printer.change_weather(FaultPlan())

    async def _full_disk(self, strike: Strike) -> None:
        self._disk.fill()
        await asyncio.sleep(strike.seconds)
        self._disk.free()

    async def _clock_jump(self, strike: Strike) -> None:
        self._wall.jump(Random(strike.seed).choice((-3600.0, 3600.0)))

    async def _client_storm(self, strike: Strike) -> None:
        with suppress(AssertionError):  # no service, no storm
            await rage(self._house.address, Random(strike.seed))

    async def _end_service(self, number: signal.Signals) -> None:
        assert self._house.process is not None
        self._house.process.send_signal(number)
        await self._house.process.wait()

    async def _hold(self, pid: int, seconds: float) -> None:
        os.kill(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            os.kill(pid, signal.SIGCONT)

    async def _spooler(self) -> int:
        await until(lambda: self._house.spooler_pid() is not None, lambda: "there is no spooler", PATIENCE_SECONDS)
        pid = self._house.spooler_pid()
        assert pid is not None
        return pid
