"""Acts on what the heat guard finds: tells it, turns heaters off, ends the job, and cuts the power of a printer that disobeys.

The ladder, one alarm at a time; the next step is taken when the printer does not report its targets at 0 within
`off_seconds` of the one before:

1. heaters off, past every queue of ours; up to ATTEMPTS times;
2. for an alarm that ends the job: M112 (a heater that climbs although it is off gets it at once: it does not obey targets);
3. if that is not confirmed, or the heater climbs: `printer.unsafe`, and the owner's program that cuts the power; once until the
   next connection.

A link that is lost while heaters are hot is regained even if nobody asks for it, and what nobody watched meanwhile is turned
off (a job that goes on keeps its heat).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hydrogen.core.backoff import Backoff
from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.devices.driver import PrinterConnection
from hydrogen.errors import ClientError, DeviceError, HydrogenError, PrinterHalted
from hydrogen.model.events import (
    Event,
    PrinterConnected,
    PrinterPowerChanged,
    PrinterStateChanged,
    PrinterUnsafe,
    TemperatureMeasured,
)
from hydrogen.model.printer import PrinterStatus
from hydrogen.model.temperature import HeaterState
from hydrogen.spooler.announcer import Announcer
from hydrogen.spooler.connector import Connector
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.heat.heat_alarm import Alarm, Remedy
from hydrogen.spooler.heat.heat_guard import HeatGuard, Silence
from hydrogen.spooler.heat.power_switch import PowerOff, PowerSwitch
from hydrogen.spooler.job.job_desk import JobDesk
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.request import PauseJob

ACTOR = "heat guard"

OFF_LOOK_SECONDS = 0.1

ATTEMPTS = 3

REGAIN_FIRST_SECONDS = 0.5
REGAIN_MOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WardenLimits:
    """look_seconds: how often time itself is looked at; the promise for the idle timeout is 5 s.
    off_seconds: from "heaters off" to a report that shows it: one to two seconds of reporting, and the lines in front of it.
    card_seconds: for the answer to "do you print from your card?"; without one the printer gets the benefit of no doubt.
    unsafe_after_loss_seconds: a link that is lost with hot heaters for so long is more than a loose plug: people are told.
    """

    look_seconds: float = 1.0
    off_seconds: float = 5.0
    card_seconds: float = 2.0
    unsafe_after_loss_seconds: float = 30.0


class HeatWarden:
    """`start` once; the rest is told by events, and by the three calls below."""

    def __init__(
        self,
        policy: SpoolerPolicy,
        *,
        connector: Connector,
        desk: JobDesk,
        halt: Callable[[str], object],
        announcer: Announcer,
        errands: Errands,
        clock: Clock,
        log: Log,
        after_crash: bool = False,
        limits: WardenLimits | None = None,
    ) -> None:
        """halt(actor): the emergency stop. after_crash: whoever held this printer before died with its heaters as they were."""
        self._policy = policy
        self._connector = connector
        self._desk = desk
        self._halt = halt
        self._announcer = announcer
        self._errands = errands
        self._clock = clock
        self._log = log
        self._port = announcer.state.port  # as it is configured: the one that is used may get another name
        self._limits = limits or WardenLimits()
        self._guard = HeatGuard(policy.heat)
        self._power = PowerSwitch(policy.power, log)
        self._was_lost = after_crash
        self._lost_at: float | None = None
        self._is_told_lost = False
        self._is_cut = False
        self._is_making_safe = False

    def start(self) -> None:
        """Listen and watch from now on."""
        self._announcer.listen(self._on_event)
        self._errands.start(self._watch(), name="heat guard")

    def note_need(self) -> None:
        """A person asked this printer for something."""
        self._guard.note_need(self._clock.monotonic())

    def let_go(self) -> None:
        """A person closes the port, heaters off: what was lost need not be found again."""
        self._was_lost, self._lost_at = False, None

    def on_lost(self, error: DeviceError) -> None:
        """The connection ended by itself."""
        if isinstance(error, PrinterHalted) and error.details.get("is_confirmed") is False and self._guard.is_hot:
            self._cut_once("the emergency stop was not confirmed, and heaters were on")

    # ------------------------------------------------------------------------------------------------- listening

    def _on_event(self, event: Event, _fact_id: str | None) -> None:
        match event:
            case TemperatureMeasured():
                self._on_reading(event)
            case PrinterConnected():
                self._guard.connected(self._clock.monotonic(), was_lost=self._was_lost)
                self.let_go()
                self._is_told_lost = self._is_cut = False
            case PrinterStateChanged(status=PrinterStatus.LINK_LOST):
                self._lose()
            case PrinterStateChanged(status=PrinterStatus.HALTED):
                self.let_go()  # a firmware that halts turns its heaters off; one that does not confirm it is on_lost's matter

    def _on_reading(self, event: TemperatureMeasured) -> None:
        connection = self._connector.connection
        if connection is None or self._announcer.state.status is PrinterStatus.HALTED:
            return
        now = self._clock.monotonic()
        self._guard.note_lines(connection.take_heat_lines(), now)
        reading = HeaterState(
            actual_celsius=event.actual_celsius, target_celsius=event.target_celsius, power=event.power
        )
        for alarm in self._guard.observe(event.heater, reading, now, has_job=self._desk.has_job):
            self._raise(alarm)

    def _lose(self) -> None:
        if self._lost_at is not None or not self._guard.is_hot:
            return
        self._was_lost, self._lost_at = True, self._clock.monotonic()
        if not self._desk.has_job:
            self._errands.start(self._regain(), name="regain a hot printer")

    async def _watch(self) -> None:
        while True:
            await until_beat(self._limits.look_seconds)
            now = self._clock.monotonic()
            connection = self._connector.connection
            if connection is None:
                self._look_at_loss(now)
                continue
            for alarm in self._guard.check(now, has_job=self._desk.has_job):
                self._raise(alarm)
            if self._guard.silence is Silence.MISSED:
                self._guard.note_question()
                self._errands.start(self._ask(connection), name="ask for temperatures")

    async def _ask(self, connection: PrinterConnection) -> None:
        with suppress(HydrogenError):
            await connection.send_gcode(["M105"])
            self._guard.note_answer(self._clock.monotonic())

    # ------------------------------------------------------------------------------------------------- acting

    def _raise(self, alarm: Alarm) -> None:
        if alarm.code == "heater_unasked" and not self._desk.has_job:
            self._errands.start(self._unless_card_prints(alarm), name="ask for a card print")
        else:
            self._act(alarm)

    async def _unless_card_prints(self, alarm: Alarm) -> None:
        """A print from the card, begun at the printer's own display, sets its targets itself."""
        connection = self._connector.connection
        said: tuple[str, ...] = ()
        if connection is not None:
            with suppress(HydrogenError, TimeoutError):
                async with asyncio.timeout(self._limits.card_seconds):
                    said = await connection.send_gcode(["M27"])
        if any("SD printing byte" in line for line in said):
            self._log.info("targets of a card print", heater=alarm.heater, celsius=alarm.celsius)
        else:
            self._act(alarm)

    def _act(self, alarm: Alarm) -> None:
        self._log.warning("heat guard alarm", code=alarm.code, heater=alarm.heater, remedy=alarm.remedy.value)
        self._announcer.raise_error(alarm.error)
        match alarm.remedy:
            case Remedy.TELL:
                return
            case Remedy.TURN_OFF if self._desk.has_job:
                self._errands.start(self._turn_off(alarm), name="one heater off")
                return
            case Remedy.END_JOB:
                self._end_job(alarm)
        if not self._is_making_safe:
            self._is_making_safe = True
            self._errands.start(self._make_safe(alarm), name="heaters off by the guard")

    def _end_job(self, alarm: Alarm) -> None:
        if self._policy.heat.on_alarm == "pause":
            with suppress(ClientError):  # cancelled or paused already: it gets no hotter by that
                self._desk.steer(PauseJob(actor=ACTOR))
        else:
            self._desk.fail(alarm.code, alarm.message, actor=ACTOR)

    async def _turn_off(self, alarm: Alarm) -> None:
        connection = self._connector.connection
        if connection is None or alarm.heater is None:
            return
        try:
            await connection.set_temperature(alarm.heater, 0.0)
        except HydrogenError as error:
            self._log.warning("heater not turned off", heater=alarm.heater, error=str(error))

    async def _make_safe(self, alarm: Alarm) -> None:
        try:
            if await self._is_off_now(alarm):
                return
            if alarm.remedy is Remedy.END_JOB:
                with suppress(ClientError):  # the port is gone: so is the connection that would not obey
                    self._halt(ACTOR)
            if alarm.remedy is not Remedy.END_JOB or alarm.code == "heater_rising":
                self._cut_once(alarm.message)
        finally:
            self._is_making_safe = False

    async def _is_off_now(self, alarm: Alarm) -> bool:
        """True once the printer reports all targets at 0, or is gone: then the loss of the link is the story."""
        for _ in range(ATTEMPTS):
            connection = self._connector.connection
            if connection is None:
                return True
            await self._connector.cool_down(connection)
            if alarm.code == "heater_rising":
                return False
            if await self._reports_off():
                return True
        return False

    async def _reports_off(self) -> bool:
        try:
            async with asyncio.timeout(self._limits.off_seconds):
                while self._guard.is_hot and self._connector.connection is not None:  # noqa: ASYNC110
                    await asyncio.sleep(OFF_LOOK_SECONDS)
        except TimeoutError:
            return False
        return True

    # ------------------------------------------------------------------------------------------------- when nothing helps

    def _look_at_loss(self, now: float) -> None:
        if self._lost_at is None:
            return
        lost_seconds, limit = now - self._lost_at, self._policy.power.off_after_link_loss_seconds
        reason = "the link was lost while heaters were on"
        if lost_seconds >= self._limits.unsafe_after_loss_seconds and not self._is_told_lost:
            self._is_told_lost = True
            self._tell_unsafe(reason, PowerOff.NOT_YET if limit is not None else PowerOff.NOT_CONFIGURED)
        if limit is not None and lost_seconds >= limit:
            self._cut_once(reason)

    def _cut_once(self, reason: str) -> None:
        if not self._is_cut:
            self._is_cut = True
            self._errands.start(self._cut(reason), name="power off")

    async def _cut(self, reason: str) -> None:
        done = await self._power.cut(reason)
        if done is PowerOff.DONE:
            at = self._announcer.now
            self._announcer.publish(PrinterPowerChanged(at=at, power="off", actor=ACTOR, reason=reason))
        self._tell_unsafe(reason, done)

    def _tell_unsafe(self, reason: str, power_off: PowerOff) -> None:
        self._log.error("printer unsafe", reason=reason, power_off=power_off.value)
        self._announcer.publish(PrinterUnsafe(at=self._announcer.now, reason=reason, power_off=power_off.value))

    async def _regain(self) -> None:
        """Open the port again although nobody asks for it: a hot printer must have somebody who can turn it off."""
        backoff = Backoff(first_seconds=REGAIN_FIRST_SECONDS, limit_seconds=REGAIN_MOST_SECONDS)
        while self._was_lost and self._connector.connection is None and not self._desk.has_job:
            await asyncio.sleep(backoff.next_delay())
            if self._port.startswith("/") and not Path(self._port).exists():  # noqa: ASYNC240
                backoff.reset()
                continue
            with suppress(HydrogenError):
                await self._connector.connect()
