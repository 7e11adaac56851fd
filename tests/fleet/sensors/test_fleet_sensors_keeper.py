"""One device over its losses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType

from hydrogen.core.clock import SystemClock
from hydrogen.devices.sensor import Measurement
from hydrogen.errors import PortMissing, SensorLost
from hydrogen.fleet.sensors.guard import SensorGuard
from hydrogen.fleet.sensors.keeper import SensorKeeper
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.events import SensorQualityChanged
from hydrogen.model.sensor import SensorAction, SensorLimit, SensorQuality, SensorState
from tests.fleet.sensors.sensor_bench import ScriptedDevice, SensorHouse, printing, sensor
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

QUICK = {"interval_seconds": 0.001, "stale_after_seconds": 600.0}


@asynccontextmanager
async def kept(
    house: SensorHouse, device: ScriptedDevice, *sensors: ConfiguredSensor
) -> AsyncIterator[asyncio.Task[None]]:
    log = RecordingLog()
    guard = partial(SensorGuard, context=house.context, hands=house.hands, clock=device.clock, log=log)
    keeper = SensorKeeper(
        sensors,
        make_driver=lambda: device,
        make_guard=guard,
        context=house.context,
        clock=device.clock,
        log=log,
    )
    task = asyncio.create_task(keeper.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


def shown(house: SensorHouse, name: str = "chamber") -> SensorState:
    return house.context.state.sensors[name]


async def quality_is(house: SensorHouse, quality: SensorQuality, name: str = "chamber") -> None:
    await wait_until(lambda: shown(house, name).quality is quality, within_seconds=20, what=f"{name} {quality}")


async def test_a_reading_is_in_the_state_and_a_loss_empties_it_and_it_comes_back() -> None:
    one = sensor(**QUICK)
    house, device = SensorHouse(one), ScriptedDevice(SystemClock(), is_simulated=True)
    async with kept(house, device, one):
        device.say(23.5)
        await quality_is(house, SensorQuality.OK)
        assert (shown(house).value, shown(house).simulated) == (23.5, True)
        device.say(SensorLost("the port is gone"))
        await quality_is(house, SensorQuality.DISCONNECTED)
        assert (shown(house).value, shown(house).reason) == (None, "the port is gone")
        device.say(24.5)
        await quality_is(house, SensorQuality.OK)
        assert shown(house).value == 24.5
    assert (device.opened, device.closed) == (2, 2)
    assert house.told() == [
        "sensor.quality_changed",
        "sensor.measured",
        "sensor.quality_changed",
        "sensor.quality_changed",
        "sensor.measured",
    ]


async def test_a_device_that_is_not_there_says_why_and_is_tried_again() -> None:
    one = sensor(**QUICK)
    house, device = SensorHouse(one), ScriptedDevice(SystemClock())
    device.refusals.append(PortMissing("there is no port /dev/scripted: is the cable plugged in?"))
    async with kept(house, device, one):
        await quality_is(house, SensorQuality.DISCONNECTED)
        assert "is the cable plugged in?" in shown(house).reason
        device.say(20.0)
        await quality_is(house, SensorQuality.OK)


async def test_silence_makes_it_stale_and_the_next_word_good_without_opening_anew() -> None:
    one = sensor(**(QUICK | {"stale_after_seconds": 0.05}))
    house, device = SensorHouse(one), ScriptedDevice(SystemClock())

    def qualities() -> list[SensorQuality]:
        events = (published.event for published in house.published)
        return [event.quality for event in events if isinstance(event, SensorQualityChanged)]

    async with kept(house, device, one):
        device.say(20.0)
        await wait_until(lambda: len(qualities()) == 2, within_seconds=20, what="a stale value")
        device.say(21.0)
        await wait_until(lambda: len(qualities()) >= 3, within_seconds=20, what="a fresh value")
        assert qualities()[:3] == [SensorQuality.OK, SensorQuality.STALE, SensorQuality.OK]
        assert device.opened == 1


async def test_channels_of_one_device_are_read_together_and_judged_each_for_itself() -> None:
    air = sensor("air", channel="1", **QUICK)
    box = sensor("box", channel="2", unit="percent", printer="ender", **QUICK)
    gone = sensor("gone", channel="3", **QUICK)
    house, device = SensorHouse(air, box, gone), ScriptedDevice(SystemClock())
    async with kept(house, device, air, box, gone):
        device.say({"1": Measurement(value=20.0), "2": Measurement(value=140.0)})
        await quality_is(house, SensorQuality.OK, "air")
        assert shown(house, "box").quality is SensorQuality.IMPLAUSIBLE
        assert shown(house, "gone").quality is SensorQuality.DISCONNECTED
        assert device.channels == {"1", "2", "3"}


async def test_a_chamber_that_is_too_hot_pauses_the_job_and_raises_an_error() -> None:
    limit = SensorLimit(action=SensorAction.PAUSE, above=60.0)
    one = sensor(limits=(limit,), printer="ender", **QUICK)
    house = SensorHouse(one, printers=MappingProxyType({"ender": printing()}))
    device = ScriptedDevice(SystemClock())
    async with kept(house, device, one):
        device.say(59.0)
        await quality_is(house, SensorQuality.OK)
        assert house.hands.asked == []
        device.say(61.0)
        await wait_until(lambda: house.hands.asked, within_seconds=20, what="the pause")
        assert house.hands.words == [("ender", "job_pause")]
        assert [error.error.code for error in house.errors()] == ["sensor_limit_exceeded"]
        assert shown(house).alarm == limit
    assert house.failures == []


async def test_a_driver_that_breaks_leaves_no_value_behind_and_is_told_of_by_whoever_runs_it() -> None:
    one = sensor(**QUICK)
    house, device = SensorHouse(one), ScriptedDevice(SystemClock())
    async with kept(house, device, one) as task:
        device.say(20.0)
        await quality_is(house, SensorQuality.OK)
        device.say({"": "no measurement"})  # type: ignore[dict-item]
        await wait_until(task.done, within_seconds=20, what="the end")
        assert isinstance(task.exception(), AttributeError)
        assert (shown(house).value, shown(house).quality) == (None, SensorQuality.DISCONNECTED)
        assert shown(house).reason == "its driver failed: the log tells how"


async def test_the_end_of_the_service_is_no_loss_of_the_sensor() -> None:
    one = sensor(limits=(SensorLimit(above=60.0),), **QUICK)
    house, device = SensorHouse(one), ScriptedDevice(SystemClock())
    async with kept(house, device, one):
        device.say(20.0)
        await quality_is(house, SensorQuality.OK)
    assert house.errors() == []
    assert device.closed == 1
