"""A virtual Marlin: bytes and printer time in, bytes and deadlines out.

Theory of operation. Bytes enter the receive ring; the emergency parser sees them at once. Lines are read from the
ring while the command queue has room, and are judged when read. Then the head of the queue runs; a command that
waits is a generator (``waiting.py``) and holds its slot until its ``ok``. Because lines are read ahead of execution,
the error for a bad line overtakes the oks of the lines before it, as on a real board (``facts/marlin.md``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

from hydrogen_simulators.firmware.buffers import QueuedCommand
from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.commands import COMMANDS
from hydrogen_simulators.firmware.greeting import greet
from hydrogen_simulators.firmware.heater import HeaterFailure, HeaterReading, Protection
from hydrogen_simulators.firmware.intake import Intake
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.motion import Position
from hydrogen_simulators.firmware.reception import EarlyWord
from hydrogen_simulators.firmware.settings import HeaterSettings, MarlinSettings
from hydrogen_simulators.firmware.waiting import OkText, Running, Wait, Wake
from hydrogen_simulators.ledger import ExecutionLedger

__all__ = ["HeaterFailure", "HeaterReading", "HeaterSettings", "MarlinSettings", "Position", "VirtualMarlin"]

PROTECTION_INTERVAL_SECONDS = 1.0
"""How often a broken heater is looked at; a sound one cannot trip its protection."""

_NO_WAIT = Wait()


class VirtualMarlin:
    """One printer. Every method takes printer time ``now`` in seconds, which must not run backwards.

    The caller feeds ``receive``, sends ``data_to_send`` and calls ``handle_deadline`` when ``next_deadline`` has come.
    A late call changes nothing: what was due is done in order, at the time it was due.
    While ``holds_reports`` is true automatic reports are skipped: for a clock that leaps.
    """

    def __init__(
        self, settings: MarlinSettings | None = None, seed: int = 0, ledger: ExecutionLedger | None = None
    ) -> None:
        self.settings = settings or MarlinSettings()
        self.ledger = ledger or ExecutionLedger()
        self.holds_reports = False
        self._machine = Machine(self.settings, self.ledger, seed)
        self._intake = Intake(self._machine, self._obey_early_word)
        self._queue = self._intake.queue
        self._running: Running | None = None
        self._wait = _NO_WAIT
        self._is_broken = False
        self._is_acting = False
        self._busy_at = math.inf
        self._protect_at = math.inf
        self._power_ons = 0
        self._at_move: dict[int, Callable[[float], None]] = {}

    # -- what a host and a hand can do to the board

    def power_on(self, now: float) -> None:
        """Start the board; it greets if the settings say so."""
        self._restart(now)
        if self.settings.greets_on_power:
            greet(self._machine, "PowerUp")

    def reset(self, now: float) -> None:
        """Press reset (or raise DTR): greeting, last line number 0, heaters off, queue lost, a halt is over."""
        self._restart(now)
        self.ledger.count("resets")
        greet(self._machine, " External Reset")

    def halt(self, message: str, now: float) -> None:
        """Kill the board: ``echo:message``, the one line that always comes, then silence until reset."""
        self._advance(now)
        if self._machine.is_halted:
            return
        if message:
            self._machine.echo(message)
        self._die()

    def fail_heater(self, name: str, failure: HeaterFailure, now: float) -> None:
        """Break the heater ``E0``, ``bed``, ...: protection kills the board when it notices."""
        self._advance(now)
        self._machine.heaters[name].advance(now)
        self._machine.heaters[name].failure = failure
        self._protect_at = now + PROTECTION_INTERVAL_SECONDS

    def overheat(self, name: str, now: float) -> None:
        """Kill the board at once as its protection would: ``Error:Thermal Runaway, system stopped! ...``."""
        self._advance(now)
        if not self._machine.is_halted:
            self._die_of_heat(name, Protection.RUNAWAY)

    def mute(self) -> None:
        """Go on executing without a word, as a board with a broken transmit line."""
        self._machine.is_muted = True

    def unmute(self) -> None:
        """Speak again; what was said meanwhile is lost."""
        self._machine.is_muted = False

    def say(self, line: str, end: str = "\n") -> None:
        """Make the board say any line of its own accord."""
        self._machine.say(line, end)

    def call_at_move(self, number: int, action: Callable[[float], None]) -> None:
        """Call ``action(now)`` once when the ``number``-th move of the ledger has run, before its ok."""
        self._at_move[number] = action

    # -- the wire

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes that arrived at ``now``."""
        self._advance(now)
        self._intake.take(data)
        self._pump()

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

    def handle_deadline(self, now: float) -> None:
        """Do everything that is due at ``now``."""
        self._advance(now)

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
        return self._wait.until < math.inf

    @property
    def temperatures(self) -> Mapping[str, HeaterReading]:
        """Readings by heater: ``E0``..., ``bed``, ``chamber``, at the time of the last call."""
        for heater in self._machine.heaters.values():
            heater.advance(self._machine.now)
        return {name: heater.reading for name, heater in self._machine.heaters.items()}

    @property
    def last_line_number(self) -> int:
        """The number of the last accepted line."""
        return self._machine.last_line_number

    @property
    def position(self) -> Position:
        """The planned end point, in the coordinates that ``G92`` may have shifted."""
        return self._machine.logical_position()

    @property
    def pending_bytes(self) -> int:
        """Bytes in the receive ring."""
        return len(self._intake.ring)

    @property
    def planner_underruns(self) -> int:
        """How often a move found the planner empty although nothing but moves came before."""
        return self._machine.motion.underruns

    # -- time

    def _next_due(self) -> float:
        machine, wait = self._machine, self._wait
        if machine.is_halted:
            return math.inf
        due = min(self._busy_at, self._protect_at, wait.until)
        if wait.hides_reports:
            return due
        return min(due, machine.temperature_report.next_at, machine.position_report.next_at)

    def _advance(self, now: float) -> None:
        machine = self._machine
        if self._is_acting:
            return  # called by an action in the middle of a command: its time is the command's
        while (due := self._next_due()) <= now:
            machine.now = max(machine.now, due)
            self._pump()
            self._say_busy()
            self._say_reports()
            self._protect()
        machine.now = max(machine.now, now)

    def _say_busy(self) -> None:
        if self._busy_at > self._machine.now or self._machine.is_halted:
            return
        self._machine.echo(f"busy: {self._wait.busy_text}")
        self.ledger.count("busy_sent")
        self._schedule_busy()

    def _schedule_busy(self) -> None:
        interval = self._machine.busy_interval
        is_due = interval and self._running is not None
        self._busy_at = self._machine.now + interval if is_due else math.inf

    def _say_reports(self) -> None:
        machine = self._machine
        if machine.is_halted or self._wait.hides_reports:
            return
        texts = (
            (machine.temperature_report, machine.report_text),
            (machine.position_report, machine.position_text),
        )
        for report, text in texts:
            if report.next_at <= machine.now:
                if not self.holds_reports:
                    machine.say(text())
                report.next_at = machine.now + max(report.interval, self.settings.minimum_auto_report_seconds)

    def _protect(self) -> None:
        now = self._machine.now
        if self._protect_at > now or self._machine.is_halted:
            return
        broken = [heater for heater in self._machine.heaters.values() if heater.failure is not None]
        self._protect_at = now + PROTECTION_INTERVAL_SECONDS if broken else math.inf
        for heater in broken:
            protection = heater.protection(now)
            if protection is not None:
                self._die_of_heat(heater.name, protection)
                return

    # -- words that do not wait their turn

    def _obey_early_word(self, word: EarlyWord, answer: int) -> None:
        if word is EarlyWord.SOFT_RESET:
            if self.settings.soft_reset:
                self._restart(self._machine.now)
                greet(self._machine, "PowerUp")
        elif not self._machine.is_halted:
            self._obey_urgent(word, answer)

    def _obey_urgent(self, word: EarlyWord, answer: int) -> None:
        machine, wait = self._machine, self._wait
        match word:
            case EarlyWord.KILL:
                machine.echo("M112 Shutdown")
                self._die()
            case EarlyWord.STOP_MOTION:
                machine.motion.stop(machine.now)
                if wait.for_motion:
                    self._wait = Wait(until=machine.now, for_motion=True)
            case EarlyWord.BREAK_WAIT if wait.is_breakable:
                self._break_wait()
            case EarlyWord.RESPOND if wait.takes_answer:
                self._resume(Wake(answer=answer))

    def _break_wait(self) -> None:
        """A user wait ends before further lines are read, a heat wait after: their oks say B3, B3 and B2, B3."""
        if self._running is None:
            return
        if self._wait.hides_reports:
            self._wait = Wait(until=self._machine.now, is_breakable=True, hides_reports=True)
            self._is_broken = True
        else:
            self._resume(Wake(is_broken=True))

    # -- execution

    def _pump(self) -> None:
        """Read and run until something has to wait."""
        while not self._machine.is_halted:
            self._intake.read_lines()
            if self._running is not None:
                if self._wait.until > self._machine.now:
                    return
                broken, self._is_broken = self._is_broken, False
                self._resume(Wake(is_broken=broken))
            elif self._queue.head is None:
                return
            else:
                self._execute(self._queue.head)

    def _execute(self, queued: QueuedCommand) -> None:
        command = Command(queued.text)
        handler = COMMANDS.get(command.name)
        if handler is None:
            self.ledger.count("unknown")
            self._machine.echo(f'Unknown command: "{queued.text}"')
            outcome = None
        else:
            outcome = handler(self._machine, command)
        if self._machine.is_halted:
            self._forget()
        elif outcome is None or isinstance(outcome, OkText):
            if self.settings.command_latency_seconds:
                self._start(_latency(self._machine.now + self.settings.command_latency_seconds, outcome))
            else:
                self._finish(outcome)
        else:
            self._start(outcome)

    def _start(self, running: Running) -> None:
        self._running = running
        self._wait = _NO_WAIT
        self._schedule_busy()
        try:
            self._wait = next(running)
        except StopIteration as end:
            self._finish(end.value)

    def _resume(self, wake: Wake) -> None:
        running = self._running
        if running is None:
            return
        try:
            self._wait = running.send(wake)
        except StopIteration as end:
            self._finish(end.value)

    def _finish(self, outcome: OkText | None) -> None:
        """Record the command at the head, run what was planned for this move, acknowledge, release the slot."""
        self._running = None
        self._wait = _NO_WAIT
        self._busy_at = math.inf
        queued = self._queue.head
        power_ons = self._power_ons
        if queued is None:
            return
        if self.ledger.record(queued.text, self._machine.now):
            action = self._at_move.pop(self.ledger.move_count, None)
            if action is not None:
                self._act(action)
        if self._machine.is_halted or self._power_ons != power_ons:
            return
        self._say_ok(queued, outcome)
        self._queue.pop()

    def _act(self, action: Callable[[float], None]) -> None:
        self._is_acting = True
        try:
            action(self._machine.now)
        finally:
            self._is_acting = False

    def _say_ok(self, queued: QueuedCommand, outcome: OkText | None) -> None:
        self.ledger.count("oks")
        if outcome is not None:
            self._machine.say("ok " + outcome.text)
        elif self.settings.advanced_ok:
            number = f" N{queued.number}" if queued.number else ""
            free = self._machine.motion.blocks_free(self._machine.now)
            self._machine.say(f"ok{number} P{free} B{self._queue.free_slots}")
        else:
            self._machine.say("ok")

    # -- the ends

    def _die_of_heat(self, name: str, protection: Protection) -> None:
        machine = self._machine
        said, shown = protection.value
        machine.say(f"Error:{said}, system stopped! Heater_ID: {name}")
        if len(machine.motion.homed) < 3:  # it tries to park the head first (facts: "heater does not heat")
            machine.say("echo:Home XYZ First", "\r\n")
            machine.notify("Home XYZ First")
        machine.echo(shown)
        self._die()

    def _die(self) -> None:
        self._machine.halt()
        self._forget()

    def _restart(self, now: float) -> None:
        self._machine.now = max(self._machine.now, now)
        self._power_ons += 1
        self._forget()
        self._machine.restart()

    def _forget(self) -> None:
        self._intake.forget()
        self._running = None
        self._wait = _NO_WAIT
        self._busy_at = math.inf
        self._is_broken = False


def _latency(until: float, outcome: OkText | None) -> Running:
    yield Wait(until=until)
    return outcome
