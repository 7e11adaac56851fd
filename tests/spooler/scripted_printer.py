"""A printer driver that does what a test tells it, and says what it did. Signs the contract of hydrogen/devices/driver.py.

It pulls lines as the real link does: when it can send one, at the moment it can. One line is in flight; the line's offset goes
to the journal before it is "sent". `gate` holds acknowledgements back: while it is clear, the line in flight stays there.
M109 and M190 wait until `heat` is called or they are broken off.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hydrogen.devices.driver import (
    ConnectionListener,
    EmergencyWordSent,
    LineInProgress,
    LineJournal,
    ResumePoint,
    StreamProgress,
    TargetAsked,
)
from hydrogen.devices.parking import HeadPlace, ParkPlan
from hydrogen.errors import DeviceError, LineRefused, LinkLost, NotFound, PrinterHalted
from hydrogen.gcode.emergency import Notice
from hydrogen.gcode.link.link import LineSource
from hydrogen.gcode.object_exclusion import ExclusionTracker
from hydrogen.gcode.program.machine_state import MachineState
from hydrogen.gcode.tuning import TuningTracker
from hydrogen.model.events import TemperatureMeasured
from hydrogen.model.printer import Firmware, LinkStatistics, Position


class ScriptedHead:
    """Signs HeadControl: `PARK` and `UNPARK` in the ledger, and nothing moves by itself. `trouble` is what park answers."""

    def __init__(self, connection: ScriptedConnection) -> None:
        self._connection = connection
        self.trouble = ""
        self.is_lost = ""
        self.is_homed = True
        self.motors: list[str] = []

    async def hold_motors(self) -> None:
        self.motors.append("held")

    async def rest_motors(self) -> None:
        self.motors.append("rest")

    async def locate(self) -> HeadPlace:
        await self._connection.send_gcode(["M114"])
        return HeadPlace(position=Position(x_mm=1.0, y_mm=2.0, z_mm=3.0, e_mm=4.0), is_homed=self.is_homed)

    async def leave_object(self, place: HeadPlace | None = None) -> None:
        if place is not None and place.object_mark:
            await self._connection.send_gcode(["LEAVE OBJECT"])

    async def move(self, lines: Sequence[str]) -> None:
        await self._connection.send_gcode(lines)

    async def park(self, place: HeadPlace, plan: ParkPlan) -> str:
        await self._connection.send_gcode(["PARK"])
        return self.trouble

    async def reheat(self, place: HeadPlace) -> None:
        await self._connection.send_gcode(["REHEAT"])

    async def unpark(self, place: HeadPlace, plan: ParkPlan) -> str:
        await self._connection.send_gcode(["UNPARK"])
        return self.is_lost


class ScriptedConnection:
    """One open port."""

    port = "/dev/scripted"
    port_identity = "usb:0001:0002:S:00"
    is_simulated = False
    receive_buffer = (128, 4)
    baud = 115200
    firmware = Firmware(name="Scripted 1.0", machine_type="Test bench")

    def __init__(
        self, driver: ScriptedDriver, listener: ConnectionListener, journal: LineJournal, resumed_from: int | None
    ) -> None:
        self.driver = driver
        self.listener = listener
        self.journal = journal
        self.gate = asyncio.Event()
        self.gate.set()
        self.can_break = True
        self.confirms_emergency = True
        self.is_closed = False
        self.breaks = 0
        self.emergencies = 0
        self.words: list[str] = []
        self.is_traced = False
        self.heating: asyncio.Event | None = None
        self.resends = 0
        self.head = ScriptedHead(self)
        self.tuning = TuningTracker()
        self.objects = ExclusionTracker(lambda: self._progress.offset)
        self.in_progress: LineInProgress | None = None
        self.adopted: MachineState | None = None
        self._asked: list[TargetAsked] = []
        self._source: LineSource | None = None
        self._progress = StreamProgress(0, 0)
        self.resumed_from = resumed_from
        self.targets_asked: dict[str, float] = {}
        self._number = self._acknowledged = driver.number_base if resumed_from is None else resumed_from
        self._began = self._number
        self._commands: list[tuple[str, asyncio.Future[tuple[str, ...]]]] = []
        self._is_busy = False
        self._work = asyncio.Event()
        self._error: DeviceError | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        if resumed_from is None:
            journal.begin(self._number)
        self._pump = asyncio.create_task(self._run(), name="scripted printer")

    # ---------------------------------------------------------------------------------------------- the contract

    @property
    def statistics(self) -> LinkStatistics:
        return LinkStatistics(
            lines_sent=self._number - self._began,
            lines_acknowledged=self._acknowledged - self._began,
            resends=self.resends,
        )

    @property
    def stream_progress(self) -> StreamProgress:
        return self._progress

    @property
    def is_waiting_for_heat(self) -> bool:
        return self.heating is not None

    @property
    def display_message(self) -> str:
        return next((line[5:] for line in reversed(self.driver.executed) if line.startswith("M117")), "")

    def take_heat_lines(self) -> Sequence[TargetAsked]:
        asked, self._asked = self._asked, []
        return asked

    def trace(self, on: bool) -> None:
        self.is_traced = on

    async def send_gcode(self, lines: Sequence[str]) -> tuple[str, ...]:
        for line in lines:
            if "M110" in line:
                raise LineRefused(f"{line} would break the link", line=line, reason="hides_m110")
        replies: list[str] = []
        for line in lines:
            replies += await self._command(line)
        return tuple(replies)

    async def send_emergency_word(self, line: str) -> EmergencyWordSent:
        self.words.append(line)
        return EmergencyWordSent(line=line, notice=Notice.ON_ARRIVAL, is_confirmed=True)

    async def answer_prompt(self, button: int) -> EmergencyWordSent:
        return await self.send_emergency_word(f"M876 S{button}")

    async def set_temperature(self, heater: str, target_celsius: float) -> None:
        if heater not in ("tool0", "bed"):
            raise NotFound(f"this printer has no {heater}")
        await self._command(f"M104 S{target_celsius:g}" if heater == "tool0" else f"M140 S{target_celsius:g}")

    async def cool_down(self) -> None:
        await self._command("M104 S0")
        await self._command("M140 S0")

    async def home(self, axes: str) -> None:
        await self._command(f"G28 {axes.upper()}".strip())

    async def jog(
        self,
        *,
        x_mm: float | None = None,
        y_mm: float | None = None,
        z_mm: float | None = None,
        feedrate_mm_per_minute: float,
    ) -> None:
        await self._command(f"JOG {x_mm} {y_mm} {z_mm} F{feedrate_mm_per_minute:g}")

    async def extrude(self, *, length_mm: float, feedrate_mm_per_minute: float, tool: int | None = None) -> None:
        await self._command(f"EXTRUDE {length_mm:g}")

    def stream(self, source: LineSource, *, start: int = 0) -> None:
        self._source = source
        self._progress = StreamProgress(0, start)
        self.journal.record(self._number, start, self._acknowledged)
        self._work.set()

    def adopt(self, state: MachineState) -> None:
        self.adopted = state

    def wake(self) -> None:
        self._work.set()

    async def settle(self) -> None:
        await self._until_idle()

    def break_waiting(self) -> bool:
        self.breaks += 1
        if self.can_break and self.heating is not None:
            self.heating.set()
            return True
        return False

    async def finish(self) -> None:
        await self._command("M400")

    def emergency_stop(self) -> Notice:
        self.emergencies += 1
        self.driver.executed.append("M112")
        if self.confirms_emergency:
            asyncio.get_running_loop().call_soon(self.lose, PrinterHalted("the printer halted: M112"))
        return Notice.ON_ARRIVAL

    async def close(self) -> None:
        self.is_closed = True
        self._pump.cancel()
        await asyncio.wait({self._pump})

    # ---------------------------------------------------------------------------------------------- for the test

    def lose(self, error: DeviceError | None = None) -> None:
        """The cable is out, or whatever `error` says."""
        if self._error is not None:
            return
        self._error = error or LinkLost("the port vanished", port=self.port)
        self._pump.cancel()
        for _, reply in self._commands:
            if not reply.done():
                reply.set_exception(self._error)
        self._idle.set()
        self.listener.on_lost(self._error)

    def heat(self) -> None:
        """The heater is where M109 wants it."""
        assert self.heating is not None
        self.heating.set()

    def measure(self, heater: str, actual_celsius: float, target_celsius: float | None = None) -> None:
        self.listener.on_event(
            TemperatureMeasured(at=1.0, heater=heater, actual_celsius=actual_celsius, target_celsius=target_celsius)
        )

    # ---------------------------------------------------------------------------------------------- the inside

    async def _command(self, line: str) -> tuple[str, ...]:
        if self._error is not None:
            raise self._error
        reply: asyncio.Future[tuple[str, ...]] = asyncio.get_running_loop().create_future()
        self._commands.append((line, reply))
        self._work.set()
        return await reply

    def _note_target(self, line: str) -> None:
        command, _, target = line.partition(" S")
        heater = {"M104": "tool0", "M109": "tool0", "M140": "bed", "M190": "bed"}.get(command)
        if heater is not None and target:
            self._asked.append(TargetAsked(heater, float(target)))

    async def _until_idle(self) -> None:
        if not self._error:
            await self._idle.wait()
        if self._error is not None:
            raise self._error

    async def _run(self) -> None:
        while True:
            self._work.clear()
            while await self._one():
                pass
            self._idle.set()
            await self._work.wait()

    async def _one(self) -> bool:
        if self._commands:
            line, reply = self._commands[0]
            replies = await self._execute(line, -1)
            self._commands.pop(0)
            if not reply.done():
                reply.set_result(replies)
            return True
        taken = self._source.take() if self._source is not None else None
        if taken is None:
            return False
        body, offset = taken
        await self._execute(body.decode(), offset)
        self._progress = StreamProgress(self._progress.lines + 1, offset)
        return True

    async def _execute(self, line: str, offset: int) -> tuple[str, ...]:
        self._idle.clear()
        self._number += 1
        self.journal.record(self._number, offset, self._acknowledged)
        self.driver.execute(line)
        self.driver.last_number = self._number
        self.in_progress = LineInProgress(self._number, line.encode())
        self._note_target(line)
        if self.is_traced:
            self.listener.on_traffic(f"> {line}")
        if line.startswith(("M109", "M190")):
            self.heating = asyncio.Event()
            await self.heating.wait()
            self.heating = None
        await self.gate.wait()
        if self.driver.pace_seconds or self._number % 100 == 0:
            await asyncio.sleep(self.driver.pace_seconds)
        self._acknowledged = self._number
        self.in_progress = None
        self.tuning.obey(line.encode(), 0)
        self.objects.obey(line.encode(), "", self.driver.replies.get(line, ()))
        if line == "M9999":
            return (str(len(sys.modules)), *sorted(sys.modules))
        return self.driver.replies.get(line, ("ok",))


class ScriptedDriver:
    """Makes connections; `executed` is the ledger of what the printer was given, over all of them."""

    port = "/dev/scripted"

    def __init__(self, *, pace_seconds: float = 0.0, ledger: Path | None = None) -> None:
        self.pace_seconds = pace_seconds
        self.executed: list[str] = []
        self.connections: list[ScriptedConnection] = []
        self.attempts = 0
        self.failure: Exception | None = None
        self.replies: dict[str, tuple[str, ...]] = {}
        self.gate: asyncio.Event | None = None
        self.number_base = 1000
        self.last_number = 0
        """What the printer remembers; 0 after a reset."""
        self.resumes: list[ResumePoint | None] = []
        self.prepare: Callable[[ScriptedConnection], None] = lambda connection: None
        self._ledger = ledger.open("a", buffering=1) if ledger is not None else None

    @property
    def connection(self) -> ScriptedConnection:
        """The youngest."""
        return self.connections[-1]

    @property
    def moves(self) -> list[str]:
        return [line for line in self.executed if line.startswith("G1")]

    def execute(self, line: str) -> None:
        self.executed.append(line)
        if self._ledger is not None:
            self._ledger.write(line + "\n")

    async def connect(
        self, listener: ConnectionListener, journal: LineJournal, resume: ResumePoint | None = None
    ) -> ScriptedConnection:
        self.attempts += 1
        self.resumes.append(resume)
        if self.gate is not None:
            await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        is_same = resume is not None and resume.acknowledged <= self.last_number <= resume.last_given
        connection = ScriptedConnection(self, listener, journal, self.last_number if is_same else None)
        self.prepare(connection)
        self.connections.append(connection)
        return connection


def make_driver(settings: Mapping[str, Any]) -> ScriptedDriver:
    """The factory for processes: `ledger` is a file that gets every executed line, `pace_seconds` a line's duration."""
    ledger = settings.get("ledger")
    return ScriptedDriver(
        pace_seconds=float(settings.get("pace_seconds", 0.0)), ledger=Path(ledger) if ledger is not None else None
    )
