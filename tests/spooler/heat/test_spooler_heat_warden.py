"""What is done about an alarm, on a spooler with a scripted printer: told, cooled, ended, halted, cut."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import LinkLost, PrinterHalted
from hydrogen.model.events import ErrorRaised, JobFinished, PrinterConnected, PrinterUnsafe, TemperatureMeasured
from hydrogen.spooler.heat.heat_warden import WardenLimits
from hydrogen.spooler.policy import HeatPolicy, PowerPolicy, SpoolerPolicy
from hydrogen.spooler.request import CoolDown, DisconnectPrinter, EmergencyStop, PauseJob, SendGcode, SetTemperature
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedConnection, ScriptedDriver
from tests.support.waiting import wait_until

QUICK = WardenLimits(look_seconds=0.02, off_seconds=0.2, card_seconds=0.5, unsafe_after_loss_seconds=0.1)

HEAT = HeatPolicy(idle_timeout_seconds=0.0, unasked_seconds=0.1, band_seconds=0.3, silent_seconds=5.0)


class Stove:
    """The heaters of the scripted printer: they report every few milliseconds, and obey M104 and M140 unless told not to."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.actual = {"tool0": 21.0, "bed": 21.0}
        self.target = {"tool0": 0.0, "bed": 0.0}
        self.obeys = True
        self.is_silent = False
        self._read = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.01)
            self._obey()
            connections = self.bench.driver.connections
            if not connections or self.is_silent:
                continue
            for heater, actual in self.actual.items():
                event = TemperatureMeasured(
                    at=1.0, heater=heater, actual_celsius=actual, target_celsius=self.target[heater]
                )
                connections[-1].listener.on_event(event)

    def _obey(self) -> None:
        executed = self.bench.driver.executed
        for line in executed[self._read :]:
            command, _, celsius = line.partition(" S")
            heater = {"M104": "tool0", "M140": "bed"}.get(command)
            if heater is not None and self.obeys:
                self.target[heater] = self.actual[heater] = float(celsius)
        self._read = len(executed)

    def turn(self, heater: str, celsius: float) -> None:
        """Somebody at the printer's own display."""
        self.target[heater] = self.actual[heater] = celsius

    @property
    def is_off(self) -> bool:
        return not any(self.target.values())


@contextlib.asynccontextmanager
async def hot_house(
    folder: Path, *, heat: HeatPolicy = HEAT, power: PowerPolicy | None = None, **options: Any
) -> AsyncIterator[tuple[Bench, Stove]]:
    policy = SpoolerPolicy(heat=heat, power=power or PowerPolicy())
    driver = ScriptedDriver()
    driver.port = "scripted"  # a path would be waited for
    async with Bench(folder, driver, policy=policy, warden_limits=QUICK, **options) as bench:
        stove = Stove(bench)
        running = asyncio.create_task(stove.run())
        try:
            await bench.connect()
            yield bench, stove
        finally:
            running.cancel()
            await asyncio.wait({running})


def codes(bench: Bench) -> list[str]:
    return [event.error.code for event in bench.all(ErrorRaised)]


def relay(folder: Path) -> tuple[PowerPolicy, Path]:
    """A program that cuts the power: it writes a line for each time."""
    cut = folder / "cut"
    return PowerPolicy(switch=SwitchSettings(off_command=("/bin/sh", "-c", f"echo off >> {cut}"))), cut


def times(cut: Path) -> int:
    return len(cut.read_text().splitlines()) if cut.exists() else 0


async def test_a_target_nobody_asked_for_is_turned_off(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        stove.turn("bed", 60.0)
        await wait_until(lambda: "heater_unasked" in codes(bench) and stove.is_off)
        assert "M27" in bench.driver.executed
        assert bench.all(PrinterUnsafe) == []


async def test_what_a_person_asks_for_stays(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: stove.target["bed"] == 60.0)
        await bench.spooler.perform(SendGcode(lines=("M104 S200",)))
        await wait_until(lambda: bench.spooler.state.heaters["tool0"].target_celsius == 200.0)
        seen = len(bench.all(TemperatureMeasured))
        await wait_until(lambda: len(bench.all(TemperatureMeasured)) > seen + 80, what="40 reports more")
        assert codes(bench) == []
        assert stove.target == {"tool0": 200.0, "bed": 60.0}


async def test_a_card_print_begun_at_the_display_is_left_alone(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        bench.driver.replies["M27"] = ("SD printing byte 123/4567",)
        stove.turn("tool0", 210.0)
        await wait_until(lambda: "targets of a card print" in bench.log.events("info"))
        assert codes(bench) == []
        assert stove.target["tool0"] == 210.0


async def test_idle_heaters_go_off_behind_the_last_request(tmp_path: Path) -> None:
    heat = HeatPolicy(idle_timeout_seconds=0.5)
    async with hot_house(tmp_path, heat=heat) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: codes(bench) == ["heaters_idle"] and stove.is_off)


async def test_a_printer_that_does_not_obey_is_unsafe_and_its_power_is_cut_once(tmp_path: Path) -> None:
    power, cut = relay(tmp_path)
    heat = HeatPolicy(idle_timeout_seconds=0.3)
    async with hot_house(tmp_path, heat=heat, power=power) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: stove.target["bed"] == 60.0)
        stove.obeys = False
        await wait_until(lambda: bench.all(PrinterUnsafe))
        assert bench.last(PrinterUnsafe).power_off == "done"
        assert bench.spooler.state.unsafe == bench.last(PrinterUnsafe).reason
        await wait_until(lambda: codes(bench).count("heaters_idle") >= 3)
        assert times(cut) == 1


async def test_a_heater_out_of_its_band_ends_the_job_with_its_code(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        bench.driver.pace_seconds = 0.005
        await bench.print(bench.file(["M104 S200", *(f"G1 X{n}" for n in range(5000))]))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("tool0"))
        stove.actual["tool0"] = 150.0
        finished = await bench.until_finished()
        assert (finished.outcome.value, finished.error_code, finished.actor) == (
            "failed",
            "heater_out_of_band",
            "heat guard",
        )
        await wait_until(lambda: stove.is_off)
        assert len(bench.all(JobFinished)) == 1


async def test_the_owner_may_have_the_job_paused_instead(tmp_path: Path) -> None:
    heat = HeatPolicy(band_seconds=0.3, on_alarm="pause")
    async with hot_house(tmp_path, heat=heat) as (bench, stove):
        bench.driver.pace_seconds = 0.005
        await bench.print(bench.file(["M104 S200", *(f"G1 X{n}" for n in range(5000))]))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("tool0"))
        stove.actual["tool0"] = 150.0
        await bench.until_status("paused")
        await wait_until(lambda: stove.is_off)
        assert bench.all(JobFinished) == []


async def test_a_heater_that_climbs_by_itself_gets_everything_there_is(tmp_path: Path) -> None:
    power, cut = relay(tmp_path)
    async with hot_house(tmp_path, power=power) as (bench, stove):
        await wait_until(lambda: "bed" in bench.spooler.state.heaters)
        stove.actual["bed"] = 90.0
        await wait_until(lambda: bench.all(PrinterUnsafe) and times(cut) == 1)
        assert "heater_rising" in codes(bench)
        assert bench.driver.connection.emergencies == 1


async def test_a_job_is_not_ended_for_a_target_at_the_display(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        bench.driver.pace_seconds = 0.005
        await bench.print(bench.file(["M104 S200", *(f"G1 X{n}" for n in range(5000))]))
        await wait_until(lambda: stove.target["tool0"] == 200.0)
        stove.turn("tool0", 210.0)
        await wait_until(lambda: codes(bench) == ["heater_unasked"])
        stove.turn("bed", 60.0)
        await wait_until(lambda: codes(bench) == ["heater_unasked"] * 2 and stove.target["bed"] == 0.0)
        assert stove.target["tool0"] == 210.0
        assert bench.spooler.has_job


async def test_silence_of_a_hot_printer_is_asked_about(tmp_path: Path) -> None:
    heat = HeatPolicy(silent_seconds=0.3)
    async with hot_house(tmp_path, heat=heat) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("bed"))
        stove.is_silent = True
        await wait_until(lambda: "M105" in bench.driver.executed)
        stove.is_silent = False
        await bench.spooler.perform(CoolDown())
        assert "heater_silent" not in codes(bench)


async def test_a_hot_printer_is_found_again_and_turned_off_without_being_asked(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("bed"))
        bench.driver.connection.lose()
        await wait_until(lambda: len(bench.all(PrinterConnected)) == 2)
        await wait_until(lambda: stove.is_off)
        assert "heater_unsupervised" in codes(bench)


async def test_a_printer_that_a_person_let_go_is_not_fetched_back(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("bed"))
        stove.obeys = False
        await bench.spooler.perform(DisconnectPrinter())
        await bench.until_status("offline")
        assert bench.driver.attempts == 1


async def test_heat_that_a_dead_spooler_left_behind_is_turned_off(tmp_path: Path) -> None:
    heat = HeatPolicy(unasked_targets="allow", unasked_seconds=0.1)
    async with hot_house(tmp_path, heat=heat, after_crash=True) as (bench, stove):
        stove.turn("bed", 60.0)
        await wait_until(lambda: "heater_unsupervised" in codes(bench) and stove.is_off)


async def test_a_lost_link_with_hot_heaters_is_told_and_cut_after_its_time(tmp_path: Path) -> None:
    power, cut = relay(tmp_path)
    power = PowerPolicy(switch=power.switch, off_after_link_loss_seconds=0.4)
    async with hot_house(tmp_path, power=power) as (bench, _stove):
        await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
        await wait_until(lambda: bench.spooler._warden._guard.is_on("bed"))
        bench.driver.failure = LinkLost("still unplugged")
        bench.driver.connection.lose()
        await wait_until(lambda: times(cut) == 1)
        await wait_until(lambda: [event.power_off for event in bench.all(PrinterUnsafe)] == ["not_yet", "done"])
        bench.driver.failure = None


@pytest.mark.parametrize("is_hot", [True, False])
async def test_an_emergency_stop_that_is_not_confirmed_cuts_the_power_of_hot_heaters(
    tmp_path: Path, is_hot: bool
) -> None:
    power, cut = relay(tmp_path)
    async with hot_house(tmp_path, power=power) as (bench, _stove):
        if is_hot:
            await bench.spooler.perform(SetTemperature(heater="bed", target_celsius=60.0))
            await wait_until(lambda: bench.spooler._warden._guard.is_on("bed"))
        connection: ScriptedConnection = bench.driver.connection
        connection.confirms_emergency = False
        await bench.spooler.perform(EmergencyStop(actor="ada"))
        connection.lose(PrinterHalted("no answer", is_confirmed=False))
        if is_hot:
            await wait_until(lambda: times(cut) == 1)
        else:
            await bench.until_status("halted")
            assert bench.all(PrinterUnsafe) == []


async def test_a_job_that_an_alarm_ends_in_its_pause_does_not_leave_the_motors_held(tmp_path: Path) -> None:
    async with hot_house(tmp_path) as (bench, stove):
        bench.driver.pace_seconds = 0.001
        await bench.print(bench.file(500))
        await bench.until_executed(5)
        await bench.spooler.perform(PauseJob())
        await bench.until_status("paused")
        motors = bench.driver.connection.head.motors
        assert motors == ["held"]
        stove.obeys, stove.actual["bed"] = False, 90.0
        await wait_until(lambda: bench.all(JobFinished))
        await wait_until(lambda: motors == ["held", "rest"])
