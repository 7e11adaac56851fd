"""A printer's power, as the service works it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import Conflict, HostError, NotFound
from hydrogen.fleet.power import PowerDesk
from hydrogen.model.events import PrinterPowerChanged
from hydrogen.model.job import JobState
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State
from hydrogen.spooler.heat.power_switch import PowerOff
from hydrogen.spooler.policy import PowerPolicy
from tests.support.recording_log import RecordingLog


class House:
    """A desk, its printer's state, and what was told."""

    def __init__(self, *, has_job: bool = False, **settings: object) -> None:
        self.told: list[object] = []
        bus = Bus(lambda _name, _error: None)
        bus.listen(lambda published: self.told.append(published.event), name="test")
        state = PrinterState(job=JobState(id="j", file="f") if has_job else None)
        self.context = Context(epoch="e", initial=State(printers={"bench": state}), bus=bus)
        policy = PowerPolicy(switch=SwitchSettings(**settings))  # type: ignore[arg-type]
        self.desk = PowerDesk("bench", policy, context=self.context, clock=ManualClock(wall=5.0), log=RecordingLog())

    @property
    def power(self) -> str | None:
        return self.context.state.printers["bench"].power


def programs(folder: Path) -> dict[str, tuple[str, ...]]:
    relay = folder / "relay"
    return {
        "on_command": ("/bin/sh", "-c", f"touch {relay}"),
        "off_command": ("/bin/rm", "-f", str(relay)),
        "state_command": ("/usr/bin/test", "-e", str(relay)),
    }


async def test_how_it_stands_is_told_at_the_start_and_when_it_changes(tmp_path: Path) -> None:
    house = House(**programs(tmp_path))
    await house.desk.look()
    assert house.power == "off"
    assert await house.desk.turn(is_on=True, actor="ada") == {"power": "on"}
    assert (house.power, (tmp_path / "relay").exists()) == ("on", True)
    assert await house.desk.turn(is_on=False, actor="ada") == {"power": "off"}
    assert house.told == [
        PrinterPowerChanged(at=5.0, printer="bench", power="off", reason="found so"),
        PrinterPowerChanged(at=5.0, printer="bench", power="on", actor="ada"),
        PrinterPowerChanged(at=5.0, printer="bench", power="off", actor="ada"),
    ]


async def test_a_printer_without_a_switch_says_nothing_of_its_power() -> None:
    house = House()
    await house.desk.look()
    assert (house.told, house.power) == ([], None)
    with pytest.raises(NotFound, match=r"printers\.bench\.power"):
        await house.desk.turn(is_on=True, actor="ada")


async def test_a_job_locks_it_for_both_and_force_opens_the_lock(tmp_path: Path) -> None:
    house = House(has_job=True, **programs(tmp_path))
    for is_on in (True, False):
        with pytest.raises(Conflict, match="has a job"):
            await house.desk.turn(is_on=is_on, actor="ada")
    assert house.told == []
    await house.desk.turn(is_on=False, actor="ada", is_forced=True)
    assert house.power == "off"


async def test_what_did_not_work_is_an_error_and_no_event() -> None:
    house = House(off_command=("/bin/false",))
    with pytest.raises(HostError, match="was not turned off"):
        await house.desk.turn(is_on=False, actor="ada")
    with pytest.raises(NotFound, match="turns the power of bench on"):
        await house.desk.turn(is_on=True, actor="ada")
    assert await house.desk.cut("hot") is PowerOff.FAILED
    assert house.told == []


async def test_a_cut_is_told_with_its_reason() -> None:
    house = House(off_command=("/bin/true",))
    assert await house.desk.cut("nobody holds it") is PowerOff.DONE
    told = PrinterPowerChanged(at=5.0, printer="bench", power="off", actor="heat guard", reason="nobody holds it")
    assert house.told == [told]
