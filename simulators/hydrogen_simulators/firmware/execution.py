"""How a board runs its queue: one command after the other, each until it waits or is done, and how it comes to an end.

Lines are read, and the card's lines with them, whenever a slot is free; then the head of the queue runs. A command that
waits is a generator (``waiting.py``) and holds its slot until its ``ok``.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from hydrogen_simulators.firmware.buffers import Origin, QueuedCommand
from hydrogen_simulators.firmware.command import Command
from hydrogen_simulators.firmware.commands import COMMANDS
from hydrogen_simulators.firmware.greeting import greet
from hydrogen_simulators.firmware.heater import Protection
from hydrogen_simulators.firmware.intake import Intake
from hydrogen_simulators.firmware.machine import Machine
from hydrogen_simulators.firmware.reception import EarlyWord
from hydrogen_simulators.firmware.waiting import OkText, Outcome, Running, Wait, Wake
from hydrogen_simulators.ledger import is_move

_NO_WAIT = Wait()
_TIME_IS_UP = Wake()
_BROKEN = Wake(is_broken=True)

CONTINUE = 1
"""The answer of the purge menu's second button; any answer ends a plain prompt."""


class Execution:
    """The running command, the queue behind it, and what ends both.

    ``wait`` is what the running command waits for, ``busy_at`` when it says that it is busy. ``is_acting`` is true while
    a test's action runs in the middle of a command, whose time then is the command's.
    """

    def __init__(self, machine: Machine) -> None:
        self.settings = machine.settings
        self.ledger = machine.ledger
        self.intake = Intake(machine, self._obey_early_word)
        self.wait = _NO_WAIT
        self.busy_at = math.inf
        self.is_acting = False
        self.at_move: dict[int, Callable[[float], None]] = {}
        self.on_begun: Callable[[str, float], None] | None = None
        self.on_executed: Callable[[str, float], None] | None = None
        self._machine = machine
        self._queue = self.intake.queue
        self._running: Running | None = None
        self._is_broken = False
        self._power_ons = 0
        self._least_busy_seconds = 0.0
        self._handlers = {name: run for name, run in COMMANDS.items() if name not in machine.settings.lacks}
        self._may_be_quiet = bool(machine.speech.mutes or machine.speech.answers)

    def say_busy(self) -> None:
        """Say that the running command is busy, which was due; a halted board is silent."""
        if self._machine.is_deaf:
            return
        self._machine.say_all((self._machine.speech.busy,), text=self.wait.busy_text)
        self.ledger.count("busy_sent")
        self._schedule_busy()

    def pace_busy_lines(self, least_seconds: float) -> None:
        """None comes more often; what an earlier pace has put off comes as soon as this one allows."""
        self._least_busy_seconds = least_seconds
        before = self.busy_at
        self._schedule_busy()
        self.busy_at = min(before, self.busy_at)

    def _schedule_busy(self) -> None:
        interval = self._machine.busy_interval
        is_due = interval and self._running is not None
        self.busy_at = self._machine.now + max(interval, self._least_busy_seconds) if is_due else math.inf

    # -- words that do not wait their turn

    def _obey_early_word(self, word: EarlyWord, answer: int) -> None:
        if word is EarlyWord.SOFT_RESET:
            if self.settings.soft_reset:
                self.restart(self._machine.now)
                greet(self._machine, "PowerUp")
        elif not self._machine.is_halted:
            self._obey_urgent(word, answer)

    def _obey_urgent(self, word: EarlyWord, answer: int) -> None:
        machine, wait = self._machine, self.wait
        match word:
            case EarlyWord.KILL:
                machine.obey_m112()
                self._settle_halt()
            case EarlyWord.HALTING_BYTE:
                machine.halt(words=machine.speech.halt.byte_words)
                self._settle_halt()
            case EarlyWord.STOP_MOTION:
                machine.motion.stop(machine.now)
                if wait.for_motion:
                    self.wait = Wait(until=machine.now, for_motion=True)
            case EarlyWord.BREAK_WAIT if wait.is_breakable:
                self._break_wait()
            case EarlyWord.RESPOND if wait.takes_answer:
                self._resume(Wake(answer=answer))

    def _break_wait(self) -> None:
        """A user wait ends before further lines are read, a heat wait after: their oks say B3, B3 and B2, B3."""
        if self._running is None:
            return
        if self.wait.hides_reports:
            self.wait = Wait(until=self._machine.now, is_breakable=True, hides_reports=True)
            self._is_broken = True
        else:
            self._resume(_BROKEN)

    # -- what a hand does

    def press_knob(self) -> None:
        """Let what waits for a person go on; the purge menu hears Continue."""
        if self._running is None:
            return
        if self.wait.takes_answer:
            self._resume(Wake(answer=CONTINUE))
        elif self.wait.is_breakable:
            self._break_wait()

    def inject(self, command: str) -> None:
        """Let the board run this before what waits."""
        self._queue.inject(QueuedCommand(command, None, Origin.BOARD))
        self.pump()

    # -- execution

    def pump(self) -> None:
        """Read and run until something has to wait."""
        machine, intake, medium = self._machine, self.intake, self._machine.medium
        while not (self.is_acting or (machine.is_halted and machine.is_deaf)):
            intake.read_lines()
            if medium.is_printing:
                self._read_card()
            if machine.wants_restart:
                self._restart_and_greet()
            elif self._running is not None:
                if self.wait.until > machine.now:
                    return
                wake, self._is_broken = _BROKEN if self._is_broken else _TIME_IS_UP, False
                self._step(self._running, wake)
            elif (queued := self._queue.head) is not None:
                self._execute(queued)
            else:
                return

    def _read_card(self) -> None:
        """Fill the free slots from the file that is printed; behind its last line the board gives itself M1001."""
        medium = self._machine.medium
        while medium.is_printing and not self._queue.is_full:
            line = medium.next_line()
            if line is None:
                medium.select(None)
                self._queue.push(QueuedCommand("M1001", None, Origin.BOARD))
            else:
                self._queue.push(QueuedCommand(line[: self.settings.max_line_length - 1], None, Origin.CARD))

    def _execute(self, queued: QueuedCommand) -> None:
        if self.on_begun is not None:
            watch = self.on_begun
            self._act(lambda now: watch(queued.text, now))
            if self._machine.is_deaf or self._queue.head is not queued:
                return  # reset or killed in the moment in which it began
        command = Command(queued.text)
        speech = self._machine.speech
        if self._machine.medium.written_name is not None and command.name != "M29":
            self._machine.medium.write(queued.text)
            self._finish(None, is_recorded=False)
        elif speech.halt.revivers and command.word in speech.halt.revivers:
            self._revive(queued)
        elif self._machine.is_halted and command.name not in speech.halt.works:
            self._refuse(queued, command)
        else:
            self._run(queued, command)

    def _run(self, queued: QueuedCommand, command: Command) -> None:
        machine = self._machine
        handler = self._handlers.get(command.name)
        if machine.speech.answers and command.word in machine.speech.answers:
            self._say_answer(command)
        outcome: Outcome
        if handler is None:
            outcome = self._answer_unknown(command)
        else:
            machine.is_swallowing = self._may_be_quiet and self._swallows(command)
            outcome = handler(machine, command)
            machine.is_swallowing = False
        if machine.is_halted and machine.is_deaf:
            self._forget()
        elif machine.wants_restart:
            return
        elif outcome is None or isinstance(outcome, OkText):
            if self.settings.command_latency_seconds:
                self._start(_latency(machine.now + self.settings.command_latency_seconds, outcome))
            else:
                self._finish(outcome)
        else:
            self._start(outcome)

    def _answer_unknown(self, command: Command) -> OkText | None:
        if command.word in self._machine.speech.answers:
            return None
        text = self._machine.say_unknown(command.text, command.word)
        return None if text is None else OkText(text)

    def _swallows(self, command: Command) -> bool:
        speech = self._machine.speech
        return command.name in speech.mutes or command.name in speech.answers

    def _say_answer(self, command: Command) -> None:
        values = {letter: command.value(letter) for letter in "SPFXYZ"}
        tool = int(command.value("T", self._machine.tool))
        self._machine.say_all(
            self._machine.speech.answers[command.word], rest=command.rest, tool=tool, fan=int(values["P"]), **values
        )

    def _start(self, running: Running) -> None:
        self._running = running
        self.wait = _NO_WAIT
        self._schedule_busy()
        self._step(running, None)

    def _resume(self, wake: Wake) -> None:
        if self._running is not None:
            self._step(self._running, wake)

    def _step(self, running: Running, wake: Wake | None) -> None:
        """Let the running command begin (no wake), or go on until it waits again; a muted one says nothing while it does."""
        machine = self._machine
        if self._may_be_quiet and (queued := self._queue.head) is not None:
            machine.is_swallowing = self._swallows(Command(queued.text))
        try:
            self.wait = next(running) if wake is None else running.send(wake)
        except StopIteration as end:
            machine.is_swallowing = False
            self._finish(end.value)
        machine.is_swallowing = False

    def _finish(self, outcome: OkText | None, *, is_recorded: bool = True) -> None:
        """Record the command at the head, run what was planned for this move, acknowledge, release the slot."""
        machine, power_ons = self._machine, self._power_ons
        self._running = None
        self.wait = _NO_WAIT
        self.busy_at = math.inf
        queued = self._queue.head
        if queued is None:
            return
        if is_recorded and queued.origin is not Origin.BOARD:
            self._record(queued)
        if machine.is_deaf or self._power_ons != power_ons:
            return
        if machine.drop_card_lines:
            machine.drop_card_lines = False
            self._queue.drop_card_lines()
        self._say_ok(queued, outcome)
        if self._queue.head is not None:
            self._queue.pop()

    def _record(self, queued: QueuedCommand) -> None:
        if self._machine.objects.is_skipping and is_move(queued.text):
            self.ledger.count("skipped_moves")
            return
        if self.ledger.record(queued.text, self._machine.now, from_card=queued.origin is Origin.CARD) and self.at_move:
            action = self.at_move.pop(self.ledger.move_count, None)
            if action is not None:
                self._act(action)
        if self.on_executed is not None:
            watch = self.on_executed
            self._act(lambda now: watch(queued.text, now))

    def _act(self, action: Callable[[float], None]) -> None:
        self.is_acting = True
        try:
            action(self._machine.now)
        finally:
            self.is_acting = False

    def _say_ok(self, queued: QueuedCommand, outcome: OkText | None) -> None:
        """Acknowledge a line of the host; a card's line only where its answer stands on the ok's line (facts: M105)."""
        machine, speech = self._machine, self._machine.speech
        if outcome is not None:
            machine.say("ok " + outcome.text)
        elif queued.origin is not Origin.HOST or speech.ok_when_queued or not self._owes_ok(queued):
            return
        elif self.settings.advanced_ok:
            number = f" N{queued.number}" if queued.number else ""
            free = machine.motion.blocks_free(machine.now)
            machine.say(f"ok{number} P{free} B{self._queue.free_slots}")
        else:
            form = speech.ok_numbered if queued.number and speech.ok_numbered else speech.ok
            machine.say(form.format(line=queued.number or machine.last_line_number) if "{" in form else form)
        self.ledger.counts["oks"] += 1

    def _owes_ok(self, queued: QueuedCommand) -> bool:
        """M112 earns an ok only where its firmware says so."""
        machine = self._machine
        return not machine.is_halted or not queued.text.startswith("M112") or machine.speech.halt.m112_has_ok

    # -- the ends

    def die_of_heat(self, name: str, protection: Protection) -> None:
        machine, form = self._machine, self._machine.speech.halt
        said, shown = protection.value
        machine.say_all(form.heat_words, said=said, heater=name, shown=shown)
        if form.heat_parks and len(machine.motion.homed) < 3:  # facts: "heater does not heat"
            machine.say("echo:Home XYZ First", "\r\n")
            machine.notify("Home XYZ First")
        self.die(form.heat_reason.format(shown=shown))

    def die(self, reason: str) -> None:
        self._machine.halt(reason)
        self._settle_halt()

    def _settle_halt(self) -> None:
        """A deaf board forgets everything; one that still answers gives up what runs and acknowledges it."""
        machine = self._machine
        if machine.is_deaf:
            self._forget()
        elif machine.is_halted and self._running is not None:
            self._running.close()
            self._finish(None, is_recorded=False)

    def _refuse(self, queued: QueuedCommand, command: Command) -> None:
        form = self._machine.speech.halt
        self._machine.say_all(form.refusal, command=command.text)
        if form.refusal_has_ok:
            self._finish(None, is_recorded=False)
        else:
            self._queue.pop()

    def _revive(self, queued: QueuedCommand) -> None:
        """End a halt, as M999 or FIRMWARE_RESTART do where the firmware has them."""
        form = self._machine.speech.halt
        if form.reviver_restarts:
            self._machine.wants_restart = True
            return
        was_halted, self._machine.is_halted = self._machine.is_halted, False
        self._machine.motion.homed.clear()
        self._machine.protect_at = self._machine.now
        if form.revived_after_ok:
            self._finish(None)
        if was_halted or form.revived_after_ok:
            self._machine.say_all(form.revived)
        if not form.revived_after_ok:
            self._finish(None)

    def _restart_and_greet(self) -> None:
        self.restart(self._machine.now)
        greet(self._machine, "Software Reset")

    def restart(self, now: float) -> None:
        self._machine.now = max(self._machine.now, now)
        self._power_ons += 1
        self._forget()
        self._machine.restart()

    def _forget(self) -> None:
        self.intake.forget()
        self._running = None
        self.wait = _NO_WAIT
        self.busy_at = math.inf
        self._is_broken = False


def _latency(until: float, outcome: OkText | None) -> Running:
    yield Wait(until=until)
    return outcome
