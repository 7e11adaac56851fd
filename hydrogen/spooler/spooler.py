"""The spooler: one printer, its port, its job, its truth. Runs in its own process, or in this one for tests.

What may be asked when (everything else is `conflict`; `emergency_stop` and, with a connection, `cool_down` always may):

=================== ======================================================================================================
connect             any time; connected already: nothing; connecting: the same handshake
disconnect          no job
send_gcode          with a connection, also while printing: the lines go between the job's. As in OctoPrint nothing is
                    forbidden, motion included: whoever types into a print's terminal means it. `M112` is an emergency stop
set_temperature     with a connection
home jog extrude    with a connection, and no job but a paused one, which comes back to its own place before it goes on
answer_prompt       with a connection, while the printer asks something
job_start           idle
job_recover         idle
job_pause …         see model/job.py
=================== ======================================================================================================
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.core.log import Log
from hydrogen.core.rhythm import until_beat
from hydrogen.devices.driver import EmergencyWordSent, LineInProgress, PrinterConnection, PrinterDriver, ResumePoint
from hydrogen.errors import (
    Conflict,
    DeviceError,
    HydrogenError,
    PrinterHalted,
    PrinterReset,
    ServerFault,
    Unavailable,
)
from hydrogen.gcode.tuning import started_anew
from hydrogen.model.events import LinkMeasured, PrinterMessageShown, PrinterTuningChanged, TerminalLineReported
from hydrogen.model.job import JobStatus
from hydrogen.model.printer import LinkStatistics, PrinterState, PrinterStatus
from hydrogen.spooler.announcer import Announcer, EventListener
from hydrogen.spooler.connector import CONNECT_TASK, Connector
from hydrogen.spooler.errand import Errands
from hydrogen.spooler.heat.heat_warden import HeatWarden, WardenLimits
from hydrogen.spooler.host_action import HostActions
from hydrogen.spooler.job.job_archive import JobArchive
from hydrogen.spooler.job.job_desk import JOB_TASK, JobDesk
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.job.preflight import Preflight
from hydrogen.spooler.job.receipt_clerk import ReceiptClerk
from hydrogen.spooler.journal.cold_shelf import ColdShelf
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.printer_command import MOVES, carry_out, emergency_answer, has_emergency_stop
from hydrogen.spooler.prompt import Prompts
from hydrogen.spooler.recovery.job_recovery import JobRecovery
from hydrogen.spooler.repeat import Repeats
from hydrogen.spooler.request import (
    AnswerPrompt,
    CancelJob,
    ConnectPrinter,
    DiscardRecovery,
    DisconnectPrinter,
    EmergencyStop,
    ExcludeObject,
    PauseJob,
    PlanRecovery,
    RecoverJob,
    Request,
    ResumeJob,
    SendGcode,
    StartJob,
    StopSpooler,
    TraceTerminal,
)
from hydrogen.spooler.terminal import TerminalTap
from hydrogen.spooler.wire.address import RuntimeFiles

PULSE_SECONDS = 0.25
"""Progress is measured this often while there is a job, never per line; link figures every fourth time."""

IDLE_PULSE_SECONDS = 4 * PULSE_SECONDS
"""Without a job there are only the link figures."""

CONFIRM_SECONDS = 5.0
"""How long a killed printer has to say so before its port is closed anyway."""


STOP_OFF_SECONDS = 3.5
"""At a stop of the process: for heaters-off and closing the port."""

RECEIPT_SECONDS = 0.4
"""At a stop of the process: for the digests of a receipt; it goes out without them otherwise."""


class Spooler:
    """`start`, then `perform` requests and `listen` to events, at the end `shut_down`."""

    def __init__(
        self,
        *,
        driver: PrinterDriver,
        driver_name: str,
        files: RuntimeFiles,
        spool_dir: Path,
        policy: SpoolerPolicy,
        journal: HotJournal,
        outbox: Outbox,
        clock: Clock,
        log: Log,
        limits: RunnerLimits | None = None,
        preflight: Preflight | None = None,
        warden_limits: WardenLimits | None = None,
        after_crash: bool = False,
    ) -> None:
        """after_crash: whoever held this printer before died, and left its heaters as they were."""
        initial = PrinterState(driver=driver_name, port=driver.port)
        self._clock = clock
        self._log = log
        self._policy = policy
        self._announcer = Announcer(files.name, initial, outbox, clock)
        self._errands = Errands(self._on_defect)
        self._connector = Connector(driver, journal, self._announcer, self, self._errands, log)
        self._repeats = Repeats()
        self._tap = TerminalTap(self._tell_terminal)
        self._receipts = ReceiptClerk(self._announcer, self._errands, clock, log, statistics=self._link_statistics)
        preflight = preflight or Preflight(spool_dir)
        shelf = ColdShelf(spool_dir, files.name, clock=clock, log=log, tell=self._announcer.raise_error)
        self._recovery = JobRecovery(shelf, self._announcer, preflight, clock)
        self._desk = JobDesk(
            self,
            self._announcer,
            JobArchive(files.job, journal, shelf, log),
            self._receipts,
            preflight,
            self._errands,
            recovery=self._recovery,
            spool_dir=spool_dir,
            clock=clock,
            log=log,
            limits=limits or RunnerLimits(),
            park=policy.park,
        )
        self._warden = HeatWarden(
            policy,
            connector=self._connector,
            desk=self._desk,
            halt=self.emergency_stop,
            announcer=self._announcer,
            errands=self._errands,
            clock=clock,
            log=log,
            after_crash=after_crash,
            limits=warden_limits,
        )
        self._prompts = Prompts(self._announcer, self._line_in_progress)
        self._actions = HostActions(self._desk, self._prompts, log)
        self._is_tracing = False
        self._is_killed = False
        self._was_reset = False
        self._is_stopping = False
        self._must_cool = False
        self.stop_wanted = asyncio.Event()
        """Set when a request asked for the end of the process."""

    # ------------------------------------------------------------------------------------------------- the surface

    @property
    def printer(self) -> str:
        return self._announcer.printer

    @property
    def state(self) -> PrinterState:
        """The whole truth of this moment."""
        return self._announcer.state

    @property
    def outbox(self) -> Outbox:
        return self._announcer.outbox

    @property
    def is_stopping(self) -> bool:
        """Has `shut_down` begun?"""
        return self._is_stopping

    @property
    def wall(self) -> float:
        """Wall time, for events made for one peer."""
        return self._clock.wall()

    @property
    def has_job(self) -> bool:
        """Is a job running, paused, or being checked?"""
        return self._desk.has_job

    def listen(self, listener: EventListener) -> Callable[[], None]:
        """Follow every event from now on; returns what ends it."""
        return self._announcer.listen(listener)

    def start(self) -> None:
        """Begin to live: conclude what an earlier spooler left unfinished, measure from now on."""
        self._warden.start()
        self._receipts.make_up()
        self._desk.adopt()
        self._errands.start(self._pulse(), name="pulse")

    async def perform(self, request: Request) -> Mapping[str, Any]:
        """Carry out `request`. Raises ClientError for what does not fit, DeviceError for what the printer did not do."""
        if isinstance(request, EmergencyStop):
            return self.emergency_stop(request.actor)
        if self._is_stopping:
            raise Unavailable("the spooler is being stopped")
        return await self._repeats.once(request, self._perform)

    def emergency_stop(self, actor: str) -> Mapping[str, Any]:
        """Kill the printer now: no lock, no queue, nothing awaited. Raises Conflict when no port is open."""
        connection = self._connector.connection
        reason = f"emergency stop{f' by {actor}' if actor else ''}"
        if connection is None:
            self._desk.fail("printer_halted", f"{reason}, while the printer could not be reached", actor=actor)
            raise Conflict("the printer's port is not open, so nothing can be sent to it: cut its power")
        notice = connection.emergency_stop()
        self._is_killed = True
        self._desk.fail("printer_halted", reason, actor=actor)
        if self._connector.connection is connection:
            self._announcer.set_status(PrinterStatus.HALTED, reason)
            self._errands.start(self._expect_death(connection), name="emergency confirmation")
        word = EmergencyWordSent(line="M112", notice=notice, is_confirmed=False)
        return {"emergency": [emergency_answer(word)]}

    def trace(self, on: bool) -> None:
        """Publish the printer's conversation while on; lasts over connections."""
        self._is_tracing = on
        if self._connector.connection is not None:
            self._connector.connection.trace(on)

    async def shut_down(self, reason: str = "the spooler was stopped") -> None:
        """Stop the job at a line's end, heaters off, close the port, within 8 s. May be called twice."""
        if self._is_stopping:
            return
        self._is_stopping = True
        self._desk.abandon_check()
        await self._desk.stop(self._connector.connection, reason)
        try:
            async with asyncio.timeout(STOP_OFF_SECONDS):
                await self._connector.disconnect(reason)
        except TimeoutError:
            self._log.error("the port did not close in time", waited_seconds=STOP_OFF_SECONDS)
        self._tap.close()
        await self._receipts.settle(deadline_seconds=RECEIPT_SECONDS)
        await self._errands.close(deadline_seconds=1.0)

    # ------------------------------------------------------------------------------------------------- requests

    async def _perform(self, request: Request) -> Mapping[str, Any]:
        match request:
            case ConnectPrinter():
                await self._connect()
            case DisconnectPrinter():
                self._refuse_during_job("disconnect")
                self._warden.let_go()
                await self._connector.disconnect(f"asked for{f' by {request.actor}' if request.actor else ''}")
            case StartJob():
                return await self._desk.start(request, self._connected())
            case PlanRecovery():
                connection = self._connector.connection
                return await self._recovery.plan(request, connection.firmware if connection is not None else None)
            case RecoverJob():
                return await self._desk.recover(request, self._connected())
            case DiscardRecovery():
                await self._recovery.discard(request)
            case TraceTerminal():
                self.trace(request.on)
            case StopSpooler():
                if request.only_if_idle:
                    self._refuse_during_job("stop the spooler")
                self.stop_wanted.set()
            case AnswerPrompt():
                return await self._prompts.answer(request.button, self._connected())
            case ExcludeObject():
                return await self._desk.exclude(request, self._connected())
            case PauseJob() | ResumeJob() | CancelJob():
                self._desk.steer(request)
            case _:
                self._warden.note_need()
                return await self._command(request)
        return {}

    async def _connect(self) -> None:
        if self._is_killed and self._connector.connection is not None:
            raise Conflict("an emergency stop is under way: connect again when the printer has confirmed it")
        await self._connector.connect()

    async def _command(self, request: Request) -> Mapping[str, Any]:
        connection = self._connected()
        status = self._desk.status
        if isinstance(request, MOVES) and status not in (None, JobStatus.PAUSED):
            raise Conflict(f"cannot {request.wire_name} while a job is {status}", status=self.state.status.value)
        if isinstance(request, SendGcode) and has_emergency_stop(request.lines):
            return {"replies": [], **self.emergency_stop(request.actor)}
        answer = await carry_out(request, connection)
        self._tell_tuning(connection)
        self._follow_objects(connection, actor=request.actor)
        return answer

    def _connected(self) -> PrinterConnection:
        connection = self._connector.connection
        if connection is None or self._is_killed:
            raise Conflict(f"the printer is {self.state.status.value}: connect first", status=self.state.status.value)
        return connection

    def _refuse_during_job(self, wish: str) -> None:
        if self.has_job:
            raise Conflict(f"cannot {wish} while there is a job", status=self.state.status.value)

    # ------------------------------------------------------------------------------------------------- DeskHost

    @property
    def connection(self) -> PrinterConnection | None:
        return self._connector.connection

    @property
    def is_ending(self) -> bool:
        return self._is_killed or self._is_stopping or self._connector.is_disconnecting

    async def reconnect(self) -> None:
        await self._connector.connect()

    def cool_down_when_back(self, is_wanted: bool) -> None:
        self._must_cool = is_wanted

    def cool_down_later(self) -> None:
        connection = self._connector.connection
        if connection is not None:
            self._errands.start(self._cool_down(connection), name="heaters off")

    async def _cool_down(self, connection: PrinterConnection) -> None:
        try:
            await connection.cool_down()
        except HydrogenError as error:
            self._log.warning("heaters-off was not acknowledged", error=str(error))

    # ------------------------------------------------------------------------------------------------- Follower

    def resume_point(self) -> ResumePoint | None:
        return self._desk.resume_point()

    def on_connected(self, connection: PrinterConnection) -> None:
        self._is_killed = False
        self._prompts.forget()
        connection.trace(self._is_tracing)
        if self._desk.on_connected(connection):
            return
        if self._was_reset:
            connection.tuning.adopt(started_anew(connection.tuning.value))
        self._was_reset = False
        self._tell_tuning(connection)
        self._announcer.set_status(PrinterStatus.IDLE)
        if self._must_cool:
            self._must_cool = False
            self.cool_down_later()

    def on_action(self, action: str, text: str) -> None:
        self._actions.handle(action, text)

    def on_traffic(self, line: str) -> None:
        self._tap.add(line)

    def on_lost(self, error: DeviceError) -> None:
        self._was_reset = isinstance(error, PrinterReset)
        self._warden.on_lost(error)
        self._desk.on_lost(error)

    # ------------------------------------------------------------------------------------------------- background

    async def _pulse(self) -> None:
        while True:
            for _ in range(4):
                self._look_after_prompts()
                if self._desk.status is None:
                    await until_beat(IDLE_PULSE_SECONDS)
                    break
                await asyncio.sleep(PULSE_SECONDS)
                self._desk.measure()
            if (connection := self._connector.connection) is not None:
                self._tell_changes(connection)

    def _tell_changes(self, connection: PrinterConnection) -> None:
        """What is looked at from time to time, because telling each change would cost more than it is worth."""
        message = connection.display_message
        if message != self.state.display_message:
            self._announcer.publish(PrinterMessageShown(at=self._announcer.now, message=message))
        self._tell_tuning(connection)
        self._follow_objects(connection)
        if connection.statistics != self.state.link:
            self._announcer.publish(LinkMeasured(at=self._announcer.now, statistics=connection.statistics))

    def _tell_tuning(self, connection: PrinterConnection) -> None:
        """Fans, speed and flow, if they are others now, and it is this connection that counts."""
        tuning = connection.tuning.value
        if self._connector.connection is connection and tuning != self.state.tuning:
            self._desk.note_tuning(tuning, connection)
            self._announcer.publish(PrinterTuningChanged(at=self._announcer.now, tuning=tuning))

    def _follow_objects(self, connection: PrinterConnection, *, actor: str = "") -> None:
        if self._connector.connection is connection:
            self._desk.follow_objects(connection, actor=actor)

    def _line_in_progress(self) -> LineInProgress | None:
        connection = self._connector.connection
        return None if connection is None else connection.in_progress

    def _look_after_prompts(self) -> None:
        """Whoever cancels a job will not answer its questions."""
        connection = self._connector.connection
        if connection is None:
            return
        self._prompts.check(self._clock.monotonic())
        if self._prompts.is_shown and self._desk.status is JobStatus.CANCELLING:
            self._errands.start(self._dismiss_prompt(connection), name="answer for a cancelled job")

    async def _dismiss_prompt(self, connection: PrinterConnection) -> None:
        try:
            await self._prompts.go_on(connection)
        except HydrogenError as error:
            self._log.warning("the printer's prompt was not answered", error=str(error))

    async def _expect_death(self, connection: PrinterConnection) -> None:
        await asyncio.sleep(CONFIRM_SECONDS)
        self._connector.drop(
            connection,
            PrinterHalted(
                "the emergency stop was sent, but the printer did not confirm it: look at it, and cut its power if it"
                " still moves or heats",
                is_confirmed=False,
            ),
        )

    def _link_statistics(self) -> LinkStatistics | None:
        connection = self._connector.connection
        return None if connection is None else connection.statistics

    def _tell_terminal(self, lines: tuple[str, ...]) -> None:
        self._announcer.publish(TerminalLineReported(at=self._announcer.now, lines=lines))

    def _on_defect(self, name: str, error: BaseException) -> None:
        """A background task failed. A handshake's DeviceError was told already; anything else is a defect of ours, and a
        job must not be left without its driver."""
        if name == CONNECT_TASK and isinstance(error, HydrogenError):
            return
        self._log.error("background task failed", task=name, error=repr(error))
        fault = ServerFault(f"{name} failed inside Hydrogen: {error!r}")
        self._announcer.raise_error(fault)
        if name == JOB_TASK:
            self._desk.fail(fault.code, fault.message)
