"""The keeper of one printer: attached again and again, connected when that is wanted, nothing told twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType

import pytest

from hydrogen.devices.switch import SwitchSettings
from hydrogen.errors import Conflict, DeviceError, HostError, NotFound, PortMissing, SpoolerLost, Unavailable
from hydrogen.fleet.keeper import RETRY_UNKNOWN_SECONDS
from hydrogen.fleet.supervision import Supervision
from hydrogen.model.events import (
    ErrorRaised,
    Event,
    JobStarted,
    PrinterAttached,
    PrinterConnected,
    PrinterDisconnected,
    PrinterHeartbeatMissed,
    PrinterStateChanged,
    PrinterUnsafe,
    TemperatureMeasured,
)
from hydrogen.model.job import JobState
from hydrogen.model.printer import ErrorReport, PrinterState, PrinterStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.policy import PowerPolicy, SpoolerPolicy
from hydrogen.spooler.port import SpoolerListener
from hydrogen.spooler.request import ConnectPrinter, CoolDown, DisconnectPrinter, StopSpooler
from tests.fleet.house import FleetHouse, configured
from tests.fleet.scripted_port import ScriptedPort
from tests.support.leaping_loop import LeapingLoop
from tests.support.waiting import wait_until

IDLE = PrinterState(status=PrinterStatus.IDLE, port="/dev/ttyUSB0", baud=250000)


def house_with(state: PrinterState, *, autoconnect: bool = True, port: str = "") -> FleetHouse:
    return FleetHouse(configured(autoconnect=autoconnect, port=port), ports={"bench": ScriptedPort("bench", state)})


def cutting(*command: str) -> PowerPolicy:
    return PowerPolicy(switch=SwitchSettings(off_command=command))


async def test_attaching_publishes_the_whole_truth_of_the_printer() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.events(PrinterAttached))
        assert house.state().status is PrinterStatus.IDLE
        assert house.state().baud == 250000
        assert house.state().driver == "marlin"


async def test_events_are_published_under_the_printers_name() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.tell(TemperatureMeasured(at=1.0, heater="bed", actual_celsius=20.0))
        assert house.events(TemperatureMeasured)[0].printer == "bench"


async def test_what_the_service_knows_is_added_before_a_fact_is_stored_and_published() -> None:
    def annotate(event: Event) -> Event:
        return replace(event, host_trouble=("throttled",)) if isinstance(event, PrinterDisconnected) else event

    house = FleetHouse(configured(), ports={"bench": ScriptedPort("bench", IDLE)}, annotate=annotate)
    async with house:
        await wait_until(lambda: house.fleet.attached)
        house.port.tell(PrinterDisconnected(at=1.0, reason="gone"), "f1")
        await wait_until(lambda: house.kept)
        (stored, _), (published,) = house.kept[0], house.events(PrinterDisconnected)
        assert stored == published
        assert published.host_trouble == ("throttled",)


async def test_an_offline_printer_is_connected_by_itself() -> None:
    async with house_with(PrinterState()) as house:
        await wait_until(lambda: house.port.asked(ConnectPrinter))


async def test_a_connected_printer_is_left_in_peace() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        await house.fleet.request("bench", CoolDown())
        assert not house.port.asked(ConnectPrinter)


@pytest.mark.parametrize(
    "state",
    [
        PrinterState(status=PrinterStatus.HALTED),
        PrinterState(status=PrinterStatus.LINK_LOST, job=JobState(id="j", file="f")),
    ],
    ids=["halted", "link lost with a job"],
)
async def test_what_needs_a_person_or_the_spooler_is_not_connected(state: PrinterState) -> None:
    async with house_with(state) as house:
        await wait_until(lambda: house.fleet.attached)
        await house.fleet.request("bench", CoolDown())
        assert not house.port.asked(ConnectPrinter)


async def test_without_autoconnect_nothing_is_connected() -> None:
    async with house_with(PrinterState(), autoconnect=False) as house:
        await wait_until(lambda: house.fleet.attached)
        await house.fleet.request("bench", CoolDown())
        assert not house.port.asked(ConnectPrinter)


async def test_a_person_who_disconnects_holds_autoconnect_off_until_connecting() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        await house.fleet.request("bench", DisconnectPrinter())
        house.port.tell(PrinterStateChanged(at=1.0, status=PrinterStatus.OFFLINE))
        await house.fleet.request("bench", CoolDown())
        assert not house.port.asked(ConnectPrinter)
        await house.fleet.request("bench", ConnectPrinter(actor="anna"))
        house.port.tell(PrinterStateChanged(at=2.0, status=PrinterStatus.LINK_LOST))
        await wait_until(lambda: ConnectPrinter(actor="autoconnect") in house.port.requests)


async def test_a_refused_disconnect_holds_nothing_off() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.refusals[DisconnectPrinter] = Conflict("a job is running")
        with pytest.raises(Conflict):
            await house.fleet.request("bench", DisconnectPrinter())
        house.port.tell(PrinterStateChanged(at=1.0, status=PrinterStatus.OFFLINE))
        await wait_until(lambda: house.port.asked(ConnectPrinter))


async def test_a_missing_device_file_is_waited_for_instead_of_tried(tmp_path: Path) -> None:
    port = tmp_path / "ttyUSB0"
    async with house_with(PrinterState(), port=str(port)) as house:
        house.port.refusals[ConnectPrinter] = PortMissing("no port")
        await wait_until(lambda: house.port.asked(ConnectPrinter))
        house.port.refusals.clear()
        port.touch()
        await wait_until(lambda: len(house.port.asked(ConnectPrinter)) == 2, within_seconds=10.0)


async def test_the_same_failure_of_one_more_attempt_is_told_once() -> None:
    async with house_with(PrinterState(), autoconnect=False) as house:
        await wait_until(lambda: house.fleet.attached)
        for number in range(3):
            house.port.tell(PrinterStateChanged(at=number, status=PrinterStatus.CONNECTING))
            report = ErrorReport(code="port_missing", message="there is no port")
            house.port.tell(ErrorRaised(at=number, error=report), f"i.{number}")
            house.port.tell(PrinterStateChanged(at=number, status=PrinterStatus.OFFLINE))
        assert len(house.events(ErrorRaised)) == 1
        await wait_until(lambda: sorted(house.port.acknowledged) == ["i.0", "i.1", "i.2"])
        assert len(house.kept) == 1


async def test_a_fact_is_acknowledged_only_when_it_is_stored() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        fact = JobStarted(at=1.0, job="j", file="f", lines_total=1, bytes_total=2)
        house.port.tell(fact, "i.1")
        assert house.events(JobStarted)
        assert house.port.acknowledged == []
        await wait_until(lambda: house.port.acknowledged == ["i.1"])
        assert [fact_id for _, fact_id in house.kept] == ["i.1"]


async def test_a_fact_told_again_is_published_once() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        fact = JobStarted(at=1.0, job="j", file="f", lines_total=1, bytes_total=2)
        house.port.tell(fact, "i.1")
        await wait_until(lambda: house.port.acknowledged)
        house.port.tell(fact, "i.1")
        assert len(house.events(JobStarted)) == 1
        assert house.port.acknowledged == ["i.1", "i.1"]


async def test_the_state_behind_old_facts_wins_over_them() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.tell(ErrorRaised(at=0.5, error=ErrorReport(code="link_lost", message="yesterday")), "i.1")
        house.port.tell(PrinterAttached(at=1.0, state=IDLE))
        assert house.state().error is None
        assert house.state().driver == "marlin"


async def test_a_lost_spooler_is_told_and_attached_again() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.lose("killed")
        await wait_until(lambda: house.port.attachments == 2 and house.fleet.attached)
        assert [event.status for event in house.events(PrinterStateChanged)] == [PrinterStatus.LINK_LOST]
        (error,) = house.events(ErrorRaised)
        assert error.error.code == "spooler_lost"
        assert "killed" in error.error.message
        assert house.state().status is PrinterStatus.IDLE


async def test_a_dead_spooler_is_replaced_at_once() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        loop = asyncio.get_running_loop()
        died_at = loop.time()
        house.port.lose("killed")
        await wait_until(lambda: house.port.attachments == 2)
        assert loop.time() - died_at < 2.0  # the promise; the pause itself is a quarter of a second at most


async def test_a_late_heart_is_told_to_everybody() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        assert house.port.listener is not None
        house.port.listener.on_late(3.04)
        assert [event.silent_seconds for event in house.events(PrinterHeartbeatMissed)] == [3.0]


async def test_a_hot_printer_that_nobody_holds_any_more_loses_its_power(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hydrogen.fleet.keeper.SUPERVISION_LOOK_SECONDS", 0.01)
    policy = SpoolerPolicy(power=cutting("/bin/sh", "-c", f"echo off >> {tmp_path / 'cut'}"))
    printer = replace(configured(), policy=policy)
    hot = replace(IDLE, heaters=MappingProxyType({"bed": HeaterState(actual_celsius=60.0, target_celsius=60.0)}))
    async with FleetHouse(printer, ports={"bench": ScriptedPort("bench", hot)}) as house:
        house.fleet._keepers["bench"]._supervision = Supervision(unsafe_seconds=0.2)
        await wait_until(lambda: house.fleet.attached)
        house.port.attach_error = SpoolerLost("no process")
        house.port.lose("killed")
        await wait_until(lambda: house.events(PrinterUnsafe))
        (unsafe,) = house.events(PrinterUnsafe)
        assert unsafe.power_off == "done"
        assert house.state().unsafe == unsafe.reason
        assert (tmp_path / "cut").read_text() == "off\n"
        house.port.attach_error = None
        house.port.state = PrinterState()
        await wait_until(lambda: house.port.attachments > 1 and house.fleet.attached)
        assert house.state().unsafe == unsafe.reason
        house.port.tell(PrinterConnected(at=2.0, port="/dev/ttyUSB0"))
        assert house.state().unsafe is None


async def test_power_is_cut_when_a_person_asks_and_never_under_a_job() -> None:
    policy = SpoolerPolicy(power=cutting("/bin/true"))
    port = ScriptedPort("bench", IDLE)
    async with FleetHouse(replace(configured(), policy=policy), ports={"bench": port}) as house:
        await wait_until(lambda: house.fleet.attached)
        assert await house.fleet.switch_power("bench", is_on=False, actor="ada") == {"power": "off"}
        port.tell(JobStarted(at=1.0, job="j", file="f", lines_total=1, bytes_total=2))
        with pytest.raises(Conflict):
            await house.fleet.switch_power("bench", is_on=False, actor="ada")


async def test_power_without_a_program_or_with_one_that_fails_is_refused_with_the_reason() -> None:
    policy = SpoolerPolicy(power=cutting("/bin/false"))
    printers = (configured("plain"), replace(configured("broken"), policy=policy))
    async with FleetHouse(*printers) as house:
        with pytest.raises(NotFound, match="nothing turns the power"):
            await house.fleet.switch_power("plain", is_on=False, actor="ada")
        with pytest.raises(HostError, match="was not turned off"):
            await house.fleet.switch_power("broken", is_on=False, actor="ada")


async def test_requests_without_a_spooler_are_unavailable() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.attach_error = SpoolerLost("no process")
        house.port.lose("killed")
        with pytest.raises(Unavailable, match="bench"):
            await house.fleet.request("bench", CoolDown())


async def test_a_spooler_that_cannot_be_started_is_told_once() -> None:
    port = ScriptedPort()
    port.attach_error = SpoolerLost("python is gone")
    async with FleetHouse(ports={"bench": port}) as house:
        await wait_until(lambda: port.attachments == 2)
        (error,) = house.events(ErrorRaised)
        assert "python is gone" in error.error.message


def test_before_the_first_attachment_no_pause_is_long() -> None:
    """A job may wait in the spooler that cannot be started yet."""
    port = ScriptedPort()
    port.attach_error = SpoolerLost("half of the packages is old")
    moments: list[float] = []
    loop = LeapingLoop()

    async def half_an_hour() -> None:
        attach = port.attach

        async def noted(listener: SpoolerListener) -> None:
            moments.append(loop.time())
            await attach(listener)

        port.attach = noted  # type: ignore[method-assign]
        async with FleetHouse(ports={"bench": port}):
            await asyncio.sleep(1800)  # of the leaping loop: no time passes
            port.attach_error = None
            await asyncio.sleep(RETRY_UNKNOWN_SECONDS + 1)
            assert port.listener is not None

    try:
        loop.run_until_complete(half_an_hour())
    finally:
        loop.close()
    pauses = [later - earlier for earlier, later in pairwise(moments)]
    assert max(pauses) <= RETRY_UNKNOWN_SECONDS + 0.1
    assert len(pauses) < 1800


async def test_a_spooler_with_former_settings_is_replaced_when_idle() -> None:
    async with FleetHouse(is_outdated=lambda name: name == "bench") as house:
        await wait_until(lambda: house.port.attachments == 2)
        assert len(house.port.asked(StopSpooler)) == 1


async def test_failed_attempts_to_connect_are_logged_and_go_on() -> None:
    async with house_with(PrinterState()) as house:
        house.port.refusals[ConnectPrinter] = DeviceError("garbled", code="printer_garbled")
        await wait_until(lambda: len(house.port.asked(ConnectPrinter)) == 2)
        assert "printer not connected" in house.log.events("info")


async def test_the_spoolers_log_lines_carry_the_printers_name() -> None:
    async with house_with(IDLE) as house:
        await wait_until(lambda: house.fleet.attached)
        assert house.port.listener is not None
        house.port.listener.on_log("warning", "wire noisy", {"resends": 3, "printer": "x"})
        entry = house.log.entries[-1]
        assert (entry.level, entry.event) == ("warning", "wire noisy")
        assert entry.fields == {"printer": "bench", "process": "spooler", "resends": 3}
