"""What follows from a sensor's alarm: jobs are paused or cancelled, heaters go off, a person is told.

By the same door as everybody's wishes: requests to the printers' spoolers. Each printer is acted on once for each job of an
alarm, so that a person who resumes a job against it has the last word, and a job that starts under it is stopped all the
same. What could not be done is tried again with the sensor's next reading.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.core.context import Context
from hydrogen.core.log import Log
from hydrogen.errors import Conflict, HydrogenError, SensorLimitExceeded, SensorLost, SpoolerLost
from hydrogen.fleet.sensors.sensor import ConfiguredSensor
from hydrogen.model.codec import plain
from hydrogen.model.events import ErrorRaised
from hydrogen.model.job import JobStatus
from hydrogen.model.printer import ErrorReport, PrinterState, PrinterStatus
from hydrogen.model.sensor import SensorAction, SensorLimit, SensorQuality
from hydrogen.spooler.request import CancelJob, CoolDown, PauseJob, Request

ACT_SECONDS = 20.0
"""For one printer's answer: a pause stands still within a move, turning heaters off waits for the line that runs. One that
hangs keeps the others waiting for nothing."""

TOLD_EVERY_SECONDS = 60.0
"""At most so often a person is told that the same sensor is lost: a loose wire comes and goes by the second."""

_REMEDIES: Mapping[SensorAction, str] = MappingProxyType(
    {
        SensorAction.WARN: "nothing is done about it",
        SensorAction.PAUSE: "what prints is paused",
        SensorAction.CANCEL_AND_COOL: "what prints is cancelled, heaters are turned off",
    }
)

_CAN_PAUSE = frozenset({JobStatus.PRINTING, JobStatus.RESUMING, JobStatus.LINK_LOST})


class Hands(Protocol):
    """What reaches the printers: the fleet."""

    async def request(self, printer: str, request: Request) -> Mapping[str, Any]:
        """Raises HydrogenError."""


class SensorGuard:
    """For one sensor."""

    def __init__(self, sensor: ConfiguredSensor, *, context: Context, hands: Hands, clock: Clock, log: Log) -> None:
        self._sensor = sensor
        self._context = context
        self._hands = hands
        self._clock = clock
        self._log = log
        self._done: set[tuple[SensorAction, str, str]] = set()
        self._failed: set[tuple[SensorAction, str, str]] = set()
        self._told_lost_at: float | None = None

    def tell_alarm(self, alarm: SensorLimit | None, value: float) -> None:
        """The alarm is another one now. A graver one is an error, told before anything is done about it."""
        if alarm is None:
            self._done.clear()
            self._failed.clear()
            self._log.info("sensor alarm ended", sensor=self._sensor.name, value=value)
            return
        remedy = _REMEDIES[alarm.action]
        unit = self._sensor.initial_state.unit
        self._log.warning("sensor limit exceeded", sensor=self._sensor.name, value=value, action=alarm.action.value)
        self._raise(
            SensorLimitExceeded(
                f"{self._title} is at {value:g} {unit}, {_words(alarm)}: {remedy}",
                sensor=self._sensor.name,
                value=value,
                unit=unit.value,
                limit=plain(alarm),
                remedy=alarm.action.value,
            )
        )

    def tell_lost(self, quality: SensorQuality, reason: str) -> None:
        """There is no value any more. An error where the sensor guards something: nobody watches now."""
        now = self._clock.monotonic()
        self._log.info("sensor lost", sensor=self._sensor.name, quality=quality.value, reason=reason)
        if not self._sensor.limits:
            return
        if self._told_lost_at is not None and now - self._told_lost_at < TOLD_EVERY_SECONDS:
            return
        self._told_lost_at = now
        self._raise(
            SensorLost(
                f"{self._title} is {quality.value}, so nobody watches its limits: {reason}",
                sensor=self._sensor.name,
                quality=quality.value,
            )
        )

    async def act(self, alarm: SensorLimit) -> None:
        """Do what has not been done yet. Never raises."""
        await asyncio.gather(*(self._act_on(name, alarm, printer, job) for name, printer, job in self._targets()))

    async def _act_on(self, name: str, alarm: SensorLimit, printer: PrinterState, job: str) -> None:
        token = (alarm.action, name, job)
        if token in self._done:
            return
        try:
            async with asyncio.timeout(ACT_SECONDS):
                for request in self._requests(alarm, printer):
                    await self._hands.request(name, request)
        except HydrogenError as error:
            # A job that cannot be paused just now has ended, or is about to stand still by itself.
            if not (alarm.action is SensorAction.PAUSE and isinstance(error, Conflict)):
                self._note_failure(token, name, error)
        except TimeoutError:
            said = f"the process that holds printer {name} has not answered for {ACT_SECONDS:.0f} s"
            self._note_failure(token, name, SpoolerLost(said, printer=name))
        else:
            self._done.add(token)

    def _targets(self) -> Iterator[tuple[str, PrinterState, str]]:
        """The printers that this sensor is about, each with its job; those that nobody can reach are left for later."""
        for name, printer in self._context.state.printers.items():
            if self._sensor.printer in (None, name) and printer.status is not PrinterStatus.OFFLINE:
                yield name, printer, printer.job.id if printer.job is not None else ""

    def _requests(self, alarm: SensorLimit, printer: PrinterState) -> Iterator[Request]:
        actor = f"sensor {self._sensor.name}"
        reason = f"{self._title} was {_words(alarm)}"
        job = printer.job
        if alarm.action is SensorAction.PAUSE and job is not None and job.status in _CAN_PAUSE:
            yield PauseJob(actor=actor, reason=reason)
        if alarm.action is SensorAction.CANCEL_AND_COOL:
            if job is not None and job.status is not JobStatus.CANCELLING:
                yield CancelJob(actor=actor, reason=reason)
            yield CoolDown(actor=actor)

    def _note_failure(self, token: tuple[SensorAction, str, str], printer: str, error: HydrogenError) -> None:
        if token in self._failed:
            return
        self._failed.add(token)
        self._log.error("sensor action failed", sensor=self._sensor.name, printer=printer, code=error.code)
        said = f"what {self._title} asks for could not be done, and is tried again: {error.message}"
        self._raise(SensorLimitExceeded(said, sensor=self._sensor.name, cause=error.code), printer=printer)

    def _raise(self, error: HydrogenError, *, printer: str | None = None) -> None:
        report = ErrorReport(code=error.code, message=error.message, details=MappingProxyType(dict(error.details)))
        printer = printer or self._sensor.printer
        self._context.publish(ErrorRaised(at=self._clock.wall(), printer=printer, error=report))

    @property
    def _title(self) -> str:
        return self._sensor.label or self._sensor.name


def _words(limit: SensorLimit) -> str:
    return f"above {limit.above:g}" if limit.above is not None else f"below {limit.below:g}"


GuardMaker = Callable[[ConfiguredSensor], SensorGuard]
"""Makes the guard of a sensor."""
