"""A sensor, a device that says what it is told to, and hands that write down what is asked of printers."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from hydrogen.core.bus import Bus
from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.devices.sensor import Measurement
from hydrogen.errors import DeviceError, HydrogenError
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.events import ErrorRaised, Event, PublishedEvent
from hydrogen.model.job import JobState, JobStatus
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.state import State
from hydrogen.spooler.request import Request


def sensor(name: str = "chamber", **fields: Any) -> ConfiguredSensor:
    return ConfiguredSensor(**({"name": name, "driver": "scripted", "settings": {}, "label": "Chamber"} | fields))


def printing(job: str = "job-1", status: JobStatus = JobStatus.PRINTING) -> PrinterState:
    state = JobState(id=job, file="a.gcode", status=status, lines_total=10, bytes_total=100)
    return PrinterState(status=PrinterStatus(status.value), job=state)


class RecordingHands:
    """Signs Hands. refuse: what is raised, by request type. hanging: printers that never answer."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Request]] = []
        self.refuse: dict[type[Request], HydrogenError] = {}
        self.hanging: set[str] = set()

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(printer, request.wire_name) for printer, request in self.asked]

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        self.asked.append((printer, request))
        if printer in self.hanging:
            await asyncio.Event().wait()
        if type(request) in self.refuse:
            raise self.refuse[type(request)]
        return {}


class SensorHouse:
    """A context with these sensors and printers, and everything that is published."""

    def __init__(self, *sensors: ConfiguredSensor, printers: Mapping[str, PrinterState] = MappingProxyType({})) -> None:
        self.published: list[PublishedEvent] = []
        self.failures: list[BaseException] = []
        bus = Bus(lambda _name, error: self.failures.append(error))
        bus.listen(self.published.append, name="test")
        initial = State(
            printers=MappingProxyType(dict(printers)),
            sensors=MappingProxyType({one.name: one.initial_state for one in sensors}),
        )
        self.context = Context(epoch="e", initial=initial, bus=bus)
        self.hands = RecordingHands()

    def told(self) -> list[str]:
        return [published.event.wire_type for published in self.published]

    def errors(self) -> list[ErrorRaised]:
        return [published.event for published in self.published if isinstance(published.event, ErrorRaised)]

    def publish(self, event: Event) -> None:
        self.context.publish(event)


class ScriptedDevice:
    """Signs SensorDriver and SensorSource. `say` gives the next reading, an error in its place is raised by `read`."""

    place = "/dev/scripted"

    def __init__(self, clock: Clock, *, is_simulated: bool = False) -> None:
        self.clock = clock
        self.is_simulated = is_simulated
        self.opened = 0
        self.closed = 0
        self.refusals: list[DeviceError] = []
        self.channels: Collection[str] = ()
        self._readings: asyncio.Queue[Mapping[str, Measurement] | DeviceError] = asyncio.Queue()

    def say(self, reading: Mapping[str, Measurement] | DeviceError | float) -> None:
        said = {"": Measurement(value=reading)} if isinstance(reading, float) else reading
        self._readings.put_nowait(said)

    async def open(self, channels: Collection[str]) -> ScriptedDevice:
        self.channels = channels
        self.opened += 1
        if self.refusals:
            raise self.refusals.pop(0)
        return self

    async def read(self) -> Mapping[str, Measurement]:
        reading = await self._readings.get()
        if isinstance(reading, DeviceError):
            raise reading
        return reading

    async def close(self) -> None:
        self.closed += 1
