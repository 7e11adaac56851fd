"""The fleet: names, requests, and how it lets its spoolers go."""

from __future__ import annotations

import asyncio

import pytest

from hydrogen.errors import Conflict, InvalidMessage, NotFound, Unavailable
from hydrogen.fleet.fleet import OWN_LEAVE_SECONDS
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome
from hydrogen.spooler.request import CoolDown, EmergencyStop, Home, StopSpooler
from tests.fleet.house import FleetHouse, configured
from tests.fleet.scripted_port import ScriptedPort
from tests.support.leaping_loop import LeapingLoop, LoopClock
from tests.support.waiting import wait_until


async def test_the_only_printer_may_be_left_out() -> None:
    async with FleetHouse() as house:
        assert house.fleet.resolve(None) == "bench"
        assert house.fleet.resolve("bench") == "bench"


async def test_an_unknown_printer_is_not_found_and_the_known_ones_are_named() -> None:
    async with FleetHouse() as house:
        with pytest.raises(NotFound, match="bench") as caught:
            house.fleet.resolve("ender")
        assert caught.value.details["known"] == ["bench"]


async def test_of_two_printers_one_must_be_named() -> None:
    async with FleetHouse(configured("left"), configured("right")) as house:
        with pytest.raises(InvalidMessage, match="left, right"):
            house.fleet.resolve(None)


async def test_a_request_reaches_the_spooler_of_its_printer() -> None:
    async with FleetHouse(configured("left"), configured("right")) as house:
        await wait_until(lambda: house.fleet.attached == {"left", "right"})
        assert await house.fleet.request("right", CoolDown()) == {"request": "cool_down"}
        assert house.ports["right"].asked(CoolDown)
        assert not house.ports["left"].asked(CoolDown)


async def test_a_request_before_the_start_is_unavailable() -> None:
    house = FleetHouse()
    with pytest.raises(Unavailable):
        await house.fleet.request("bench", CoolDown())


async def test_idle_spoolers_are_asked_to_end_with_the_service() -> None:
    async with FleetHouse() as house:
        await wait_until(lambda: house.fleet.attached)
        await house.shut_down()
        (stop,) = house.port.asked(StopSpooler)
        assert stop == StopSpooler(actor="service", only_if_idle=True)
        assert house.port.detachments


async def test_idle_spoolers_stay_where_the_service_only_restarts() -> None:
    async with FleetHouse() as house:
        await wait_until(lambda: house.fleet.attached)
        house.fleet.will_come_back()
        await house.shut_down()
        assert house.port.asked(StopSpooler) == []
        assert house.port.detachments


async def test_own_spoolers_end_with_a_restart_too() -> None:
    async with FleetHouse(own_spoolers=True) as house:
        await wait_until(lambda: house.fleet.attached)
        house.fleet.will_come_back()
        await house.shut_down()
        assert len(house.port.asked(StopSpooler)) == 1


async def test_a_spooler_with_a_job_is_let_go_and_left_alone() -> None:
    async with FleetHouse() as house:
        await wait_until(lambda: house.fleet.attached)
        house.port.refusals[StopSpooler] = Conflict("a job is running")
        await house.shut_down()
        assert house.port.listener is None
        assert "spooler left printing" in house.log.events()


async def test_own_spoolers_end_with_their_job_and_its_last_fact_is_kept() -> None:
    port = ScriptedPort()
    port.ends_when_stopped = False
    async with FleetHouse(ports={"bench": port}, own_spoolers=True) as house:
        await wait_until(lambda: house.fleet.attached)
        house.fleet.refuse()
        await wait_until(lambda: port.asked(StopSpooler))
        assert port.asked(StopSpooler) == [StopSpooler(actor="service", only_if_idle=False)]
        finished = JobFinished(
            at=1.0, job="j1", file="a.gcode", outcome=JobOutcome.FAILED, reason="interrupted", actor="service"
        )
        port.tell(finished, "i.7")
        port.lose("ended")
        await house.shut_down()
        assert [fact_id for _, fact_id in house.kept] == ["i.7"]
        assert port.acknowledged == ["i.7"]


async def test_requests_during_the_shutdown_are_refused_but_for_what_makes_safe() -> None:
    async with FleetHouse() as house:
        await wait_until(lambda: house.fleet.attached)
        house.fleet.refuse()
        with pytest.raises(Unavailable):
            await house.fleet.request("bench", Home())
        for request in (CoolDown(), EmergencyStop()):
            await house.fleet.request("bench", request)


async def test_shutting_down_twice_is_one_shutdown() -> None:
    async with FleetHouse() as house:
        await wait_until(lambda: house.fleet.attached)
        await house.shut_down()
        await house.fleet.release()
        assert len(house.port.asked(StopSpooler)) == 1


def test_a_launch_that_has_to_be_ended_takes_no_more_time_than_there_is_for_all() -> None:
    starting, printing = ScriptedPort("starting"), ScriptedPort("printing")
    printing.ends_when_stopped = False
    loop = LeapingLoop()

    async def attach(_listener: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(2)  # for the process that was being started

    async def stop_tasks() -> float:
        starting.attach = attach  # type: ignore[method-assign]
        ports = {"starting": starting, "printing": printing}
        house = FleetHouse(*map(configured, ports), ports=ports, own_spoolers=True, clock=LoopClock(loop))
        await house.fleet.start()
        running = asyncio.create_task(house.fleet.run())
        await asyncio.sleep(1)
        house.fleet.refuse()
        began = loop.time()
        running.cancel()
        await asyncio.wait({running})
        took = loop.time() - began
        await house.fleet.release()
        return took

    try:
        assert loop.run_until_complete(stop_tasks()) == pytest.approx(OWN_LEAVE_SECONDS)
    finally:
        loop.close()
