"""A virtual printer board: bytes and printer time in, bytes and deadlines out. By default it is a Marlin.

Theory of operation. Bytes enter the receive ring; the emergency parser sees them at once. Lines are read from the
ring while the command queue has room, and are judged when read. Then the head of the queue runs; a command that
waits is a generator (``waiting.py``) and holds its slot until its ``ok``. Because lines are read ahead of execution,
the error for a bad line overtakes the oks of the lines before it, as on a real board (``facts/marlin.md``). What other
firmwares say and judge differently is data (``speech.py``). While a file of the memory card is printed its lines fill
every slot that the host leaves free.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from hydrogen_simulators.firmware.commands.card import begin_print, say_status, select_file
from hydrogen_simulators.firmware.execution import Execution
from hydrogen_simulators.firmware.greeting import greet
from hydrogen_simulators.firmware.heater import Heater, HeaterFailure, HeaterReading, Protection
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.motion import Position
from hydrogen_simulators.firmware.settings import HeaterSettings, MarlinSettings
from hydrogen_simulators.ledger import ExecutionLedger

__all__ = ["HeaterFailure", "HeaterReading", "HeaterSettings", "MarlinSettings", "Position", "VirtualMarlin"]

PROTECTION_INTERVAL_SECONDS = 1.0
"""How often a broken heater is looked at; a sound one cannot trip its protection."""

LEAPING_REPORT_SECONDS = 2.0
"""Least spacing of automatic reports while time leaps, whatever the real speed of the machine is. Much longer, and a host that
watches the heat sees a heater jump."""


class VirtualMarlin:
    """One printer. Every method takes printer time ``now`` in seconds, which must not run backwards.

    The caller feeds ``receive``, sends ``data_to_send`` and calls ``handle_deadline`` when ``next_deadline`` has come.
    A late call changes nothing: what was due is done in order, at the time it was due.
    While ``is_leaping`` is true automatic reports are thinned out (``LEAPING_REPORT_SECONDS``): for a clock that leaps.
    """

    def __init__(
        self, settings: MarlinSettings | None = None, seed: int = 0, ledger: ExecutionLedger | None = None
    ) -> None:
        self.settings = settings or MarlinSettings()
        self.ledger = ledger or ExecutionLedger()
        self.is_leaping = False
        self._machine = Machine(self.settings, self.ledger, seed)
        self._execution = Execution(self._machine)
        self._intake = self._execution.intake
        self._may_say_idle = self._intake.may_say_idle

    # -- what a host and a hand can do to the board

    def power_on(self, now: float) -> None:
        """Start the board; it greets if the settings say so."""
        self._execution.restart(now)
        if self.settings.greets_on_power:
            greet(self._machine, "PowerUp")

    def reset(self, now: float) -> None:
        """Press reset (or raise DTR): greeting, last line number 0, heaters off, queue lost, a halt is over."""
        self._execution.restart(now)
        self.ledger.count("resets")
        greet(self._machine, " External Reset")

    def halt(self, message: str, now: float) -> None:
        """Kill the board: ``echo:message``, the one line that always comes, then silence until reset."""
        self._advance(now)
        if not self._machine.is_halted:
            self._execution.die(message)
            self._execution.pump()

    def fail_heater(self, name: str, failure: HeaterFailure, now: float) -> None:
        """Break the heater ``E0``, ``bed``, ...: protection kills the board when it notices."""
        self._advance(now)
        self._heater(name).advance(now)
        self._heater(name).failure = failure
        self._machine.protect_at = now + PROTECTION_INTERVAL_SECONDS

    def overheat(self, name: str, now: float) -> None:
        """Kill the board at once as its protection would: ``Error:Thermal Runaway, system stopped! ...``."""
        self._advance(now)
        if not self._machine.is_halted:
            self._execution.die_of_heat(name, Protection.RUNAWAY)
            self._execution.pump()

    def mute(self) -> None:
        """Go on executing without a word, as a board with a broken transmit line."""
        self._machine.is_muted = True

    def unmute(self) -> None:
        """Speak again; what was said meanwhile is lost."""
        self._machine.is_muted = False

    def pace_reports(self, seconds: float) -> None:
        """Let no automatic report and no busy line come more often than this from now on, whatever the host asked for."""
        self._machine.pace_reports(max(seconds, self.settings.minimum_auto_report_seconds))
        self._execution.pace_busy_lines(seconds)

    def say(self, line: str, end: str = "\n") -> None:
        """Make the board say any line of its own accord."""
        self._machine.say(line, end)

    def start_card_print(self, name: str, now: float) -> None:
        """Print a file of the card from its first byte, as its owner does at the display.

        Raises:
            ValueError: there is no such file on the card, or no card.
        """
        self._advance(now)
        if not select_file(self._machine, name):
            raise ValueError(f"there is no file {name!r} on the card")
        begin_print(self._machine)
        self._execution.pump()

    # -- what a hand can do at the machine

    def set_temperature(self, heater: str, celsius: float, now: float) -> None:
        """Let this heater be as hot as that, whatever made it so."""
        self._advance(now)
        self._heater(heater).show(celsius, now)

    def set_target(self, heater: str, celsius: float, now: float) -> None:
        """Turn a heater at the printer's panel; the host hears nothing of it but the next report."""
        self._advance(now)
        self._heater(heater).set_target(celsius, now)

    def put_filament(self, is_present: bool, now: float) -> None:
        """Put filament into the sensor or take it out. While something prints and the sensor is on, its end is a pause.

        Source: Marlin ``runout.cpp``, ``event_filament_runout``: the host is told, and M600 runs before what waits.
        """
        self._advance(now)
        machine = self._machine
        was_present, machine.has_filament = machine.has_filament, is_present
        is_printing = machine.timer_started_at is not None or machine.medium.is_printing
        if was_present and not is_present and machine.filament_sensor_on and is_printing and not machine.is_halted:
            machine.action("paused filament_runout T0")
            self.choose_at_panel("M600", now)

    def choose_at_panel(self, command: str, now: float) -> None:
        """Let the board give itself a command that runs before what waits, and earns no ok."""
        self._advance(now)
        if not self._machine.is_halted:
            self._execution.inject(command)

    def press_knob(self, now: float) -> None:
        """Press the knob: a pause, a filament change and its menu go on."""
        self._advance(now)
        self._execution.press_knob()
        self._execution.pump()

    def press_kill(self, now: float) -> None:
        """Press the kill button (facts: "kill switch at start")."""
        self._advance(now)
        if not self._machine.is_halted:
            self._machine.say("Error:!! KILL caused by KILL button/pin")
            self._execution.die("")
            self._execution.pump()

    def break_end_stop(self) -> None:
        """Let no end stop be found: the next homing kills the board (facts: "homing switch never hit")."""
        self._machine.finds_end_stops = False

    def watch_commands(self, begun: Callable[[str, float], None], executed: Callable[[str, float], None]) -> None:
        """Call ``begun(command, now)`` when a command begins to run, ``executed`` when it was recorded, before its ok."""
        self._execution.on_begun, self._execution.on_executed = begun, executed

    def _heater(self, name: str) -> Heater:
        heater = self._machine.heaters.get(name)
        if heater is None:
            raise ValueError(f"there is no heater {name!r}: there are {', '.join(self._machine.heaters)}")
        return heater

    def call_at_move(self, number: int, action: Callable[[float], None]) -> None:
        """Call ``action(now)`` once when the ``number``-th move of the ledger has run, before its ok."""
        self._execution.at_move[number] = action

    # -- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that arrived at ``now``."""
        self._advance(now)
        self._intake.take(data)
        self._execution.pump()

    def data_to_send(self) -> bytes:
        """What the board said since the last call."""
        if not self._machine.output:
            return b""
        output = bytes(self._machine.output)
        self._machine.output.clear()
        self.ledger.count("bytes_out", len(output))
        return output

    def next_deadline(self) -> float | None:
        """Printer time at which ``handle_deadline`` has something to do; None if only bytes can change anything."""
        due = self._next_due()
        return None if due == math.inf else due

    def handle_deadline(self, now: float) -> float | None:
        """Do everything that is due at ``now``; tells the ``next_deadline``."""
        due = self._advance(now)
        return None if due == math.inf else due

    # -- what a test may know

    @property
    def is_halted(self) -> bool:
        """True after a kill, until reset."""
        return self._machine.is_halted

    @property
    def is_muted(self) -> bool:
        """True while the board says nothing."""
        return self._machine.is_muted

    @property
    def is_waiting_for_time(self) -> bool:
        """True if a command runs that only time will end: then, and only then, a clock may jump to the deadline."""
        return self._execution.wait.until < math.inf

    @property
    def temperatures(self) -> Mapping[str, HeaterReading]:
        """Readings by heater: ``E0``..., ``bed``, ``chamber``, at the time of the last call."""
        for heater in self._machine.heaters.values():
            heater.advance(self._machine.now)
        return {name: heater.reading for name, heater in self._machine.heaters.items()}

    @property
    def is_printing_card(self) -> bool:
        """True while lines of a card file are read."""
        return self._machine.medium.is_printing

    @property
    def last_line_number(self) -> int:
        """The number of the last accepted line."""
        return self._machine.last_line_number

    @property
    def machine(self) -> Machine:
        """Modes, motion and heaters; look, do not touch."""
        return self._machine

    @property
    def position(self) -> Position:
        """The planned end point, in the coordinates that ``G92`` may have shifted."""
        return self._machine.logical_position()

    @property
    def pending_bytes(self) -> int:
        """Bytes in the receive ring."""
        return len(self._intake.ring)

    @property
    def is_unpacking(self) -> bool:
        """True while MeatPack is on."""
        return self._intake.is_unpacking

    @property
    def planner_underruns(self) -> int:
        """How often a move found the planner empty although nothing but moves came before."""
        return self._machine.motion.underruns

    # -- time

    def _next_due(self) -> float:
        machine, execution = self._machine, self._execution
        if machine.is_halted and machine.is_deaf:
            return math.inf
        due = execution.wait.until
        if execution.busy_at < due:
            due = execution.busy_at
        if machine.protect_at < due:
            due = machine.protect_at
        if self._may_say_idle:
            due = min(due, self._idle_at)
        if machine.report_at < due and not execution.wait.hides_reports:
            due = machine.report_at
        return due

    @property
    def _idle_at(self) -> float:
        return math.inf if self._machine.is_halted else self._intake.idle_at

    def _advance(self, now: float) -> float:
        """Do in order what was due up to ``now``, and let it be now; tells what is due next."""
        machine, execution = self._machine, self._execution
        if execution.is_acting:
            return self._next_due()  # called by an action in the middle of a command: its time is the command's
        while (due := self._next_due()) <= now:
            if due > machine.now:
                machine.now = due
            if execution.busy_at <= machine.now:
                execution.say_busy()  # first: a wait of two seconds says so once (facts: ``M1 S2``)
            execution.pump()
            if machine.report_at <= machine.now:
                self._say_reports()
            if machine.protect_at <= machine.now:
                self._protect()
            if self._may_say_idle and self._idle_at <= machine.now:
                self._intake.say_idle()
        if machine.now < now:
            machine.now = now
        return due

    def _say_reports(self) -> None:
        machine = self._machine
        if machine.is_deaf or self._execution.wait.hides_reports:
            return
        for report, say in zip(machine.auto_reports, _WORDS_OF_REPORTS, strict=True):
            if report.next_at <= machine.now:
                if not self.is_leaping or machine.now - report.said_at >= LEAPING_REPORT_SECONDS:
                    report.said_at = machine.now
                    say(machine)
                report.next_at = machine.now + max(report.interval, machine.least_report_seconds)
        machine.look_at_reports()

    def _protect(self) -> None:
        machine = self._machine
        broken = [heater for heater in machine.heaters.values() if heater.failure is not None]
        is_due = broken and not machine.is_halted
        machine.protect_at = machine.now + PROTECTION_INTERVAL_SECONDS if is_due else math.inf
        for heater in broken if is_due else ():
            protection = heater.protection(machine.now)
            if protection is not None:
                self._execution.die_of_heat(heater.name, protection)
                self._execution.pump()
                return


def say_temperatures(machine: Machine) -> None:
    """The automatic report of M155."""
    machine.say(machine.report_text())


def say_position(machine: Machine) -> None:
    """The automatic report of M154."""
    machine.say(machine.position_text())


_WORDS_OF_REPORTS = (say_temperatures, say_position, say_status)
"""What each of ``Machine.auto_reports`` says."""
