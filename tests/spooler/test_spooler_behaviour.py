"""Whatever people, printer and fate do to a spooler, in any order: some things always hold.

A hypothesis state machine over the whole spooler in this process, on a scripted printer, in time that leaps. Its rules are what
clients may ask, what the printer may say, what may break, and kill -9: a new spooler on the files of the dead one. After
each of them it is checked that

- every step of the job's status is in JOB_TRANSITIONS, every step of the printer's in PRINTER_TRANSITIONS;
- each job has at most one terminal event, and at the end exactly one, over all lives of the spooler;
- whoever listens gets the same events in the same order, and his snapshot with them reduced into it is the spooler's state;
- the printer got each job's lines from the first on, without a gap, none twice, and none after a cancel that was accepted,
  an emergency stop or the job's end;
- an emergency stop and heaters-off are refused only where there is no port.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hydrogen.errors import Conflict, HydrogenError, LinkLost, PortMissing, PrinterHalted, PrinterReset, PrinterSilent
from hydrogen.model.events import Event, JobFinished, JobStarted, PrinterStateChanged
from hydrogen.model.job import JOB_TRANSITIONS, JobOutcome, JobStatus
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.model.reduce import reduce_printer
from hydrogen.spooler.journal.cold_journal import ColdJournal
from hydrogen.spooler.request import (
    CancelJob,
    ConnectPrinter,
    CoolDown,
    DisconnectPrinter,
    EmergencyStop,
    Extrude,
    Home,
    Jog,
    PauseJob,
    Request,
    ResumeJob,
    SendGcode,
    SetTemperature,
    StartJob,
    TraceTerminal,
)
from hydrogen.spooler.spooler import Spooler
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedConnection, ScriptedDriver
from tests.support.leaping_loop import THREAD_SECONDS, LeapingLoop, LoopClock
from tests.support.property_settings import REPEATABLE

LINE_SECONDS = 0.05
"""What the printer takes for a line."""

END_SECONDS = 150.0
"""Whatever is going on ends within this, once nothing stands in its way."""

OF_A_JOB = frozenset(status.value for status in JobStatus) - {JobStatus.FINISHED.value}

_S = PrinterStatus
_AWAY = frozenset({_S.OFFLINE, _S.ERROR, _S.HALTED, _S.LINK_LOST})
_ENDS = frozenset({_S.IDLE}) | _AWAY
PRINTER_TRANSITIONS: dict[PrinterStatus, frozenset[PrinterStatus]] = {
    _S.OFFLINE: frozenset({_S.CONNECTING, _S.LINK_LOST, _S.IDLE}),
    _S.ERROR: frozenset({_S.CONNECTING, _S.OFFLINE, _S.IDLE}),
    _S.HALTED: frozenset({_S.CONNECTING, _S.OFFLINE, _S.IDLE, _S.LINK_LOST}),
    _S.CONNECTING: _ENDS,
    _S.IDLE: frozenset({_S.PRINTING}) | _AWAY,
    _S.LINK_LOST: frozenset({_S.CONNECTING, _S.PRINTING, _S.PAUSING, _S.PAUSED, _S.CANCELLING}) | _ENDS,
    _S.PRINTING: frozenset({_S.PAUSING, _S.FINISHING, _S.CANCELLING}) | _ENDS,
    _S.PAUSING: frozenset({_S.PAUSED, _S.RESUMING, _S.CANCELLING}) | _ENDS,
    _S.PAUSED: frozenset({_S.RESUMING, _S.CANCELLING}) | _ENDS,
    _S.RESUMING: frozenset({_S.PRINTING, _S.PAUSING, _S.CANCELLING}) | _ENDS,
    _S.FINISHING: frozenset({_S.CANCELLING}) | _ENDS,
    _S.CANCELLING: _ENDS,
}
"""What a client may see follow what: the job's words as the job's table has them, the others around them."""


class PromptColdJournal(ColdJournal):
    """Writes while it is told, so that a run can be repeated: its thread has nothing to do."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._try(self._begin)

    def _live(self) -> None:
        pass

    def _hand_over(self, note: Any) -> None:
        self._try(lambda: self._write(note))
        if note.outcome is not None:
            self._file.close()


@pytest.fixture(autouse=True)
def _cold_journals_are_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hydrogen.spooler.journal.cold_shelf.ColdJournal", PromptColdJournal)


class Listener:
    """Joined at some moment: a snapshot, and every event since."""

    def __init__(self, spooler: Spooler) -> None:
        self.state = spooler.state
        self.events: list[Event] = []
        spooler.listen(self._hear)

    def _hear(self, event: Event, _fact_id: str | None) -> None:
        self.events.append(event)
        self.state = reduce_printer(self.state, event)


def has_job(machine: SpoolerMachine) -> bool:
    """Of rules that say little without a job."""
    return machine.spooler.has_job


def _left_behind(source: str, target: str) -> None:
    """Files that the dead one may still write are copied; the job's own file stays the same one. A file that its threads move
    or remove in this moment is gone."""
    with suppress(FileNotFoundError):
        (os.link if source.endswith(".gcode") else shutil.copy2)(source, target)


async def _ended(tasks: Iterable[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


class SpoolerMachine(RuleBasedStateMachine):
    """One printer, its spoolers one after the other, and everybody around."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="hydrogen-behaviour-"))
        self.lives = 0
        self.jobs = 0
        self.line_counts: dict[str, int] = {}
        self.started: set[str] = set()
        self.finished: Counter[str] = Counter()
        self.last_move: dict[str, int] = {}
        """Of jobs that may have no further line: how many the printer had got by then."""
        self.executed: list[str] = []
        self.last_number = 0
        self.asked: list[asyncio.Task[Any]] = []
        self._live()

    # ------------------------------------------------------------------------------------------------- the world

    def _live(self) -> None:
        """A spooler begins, on what the one before it left."""
        self.lives += 1
        self.loop = LeapingLoop()
        asyncio.set_event_loop(self.loop)
        self.driver = ScriptedDriver(pace_seconds=LINE_SECONDS)
        self.driver.executed = self.executed
        self.driver.last_number = self.last_number
        self.driver.number_base = 1000 * self.lives
        self.bench = Bench(self.folder, self.driver, instance=f"i{self.lives}", clock=LoopClock(self.loop))
        self.spooler = self.bench.spooler
        self._do(self.spooler.start)  # before that nobody can listen: its socket is not there yet
        self.checked = 0
        self.has_begun = self.spooler.state.job is not None
        self.status = self.spooler.state.status
        self.listeners = [Listener(self.spooler)]

    def _run(self, work: Coroutine[Any, Any, Any]) -> None:
        self.loop.run_until_complete(work)

    def _do(self, action: Callable[[], object]) -> None:
        """Call it as from within the loop."""

        async def act() -> None:
            action()

        self._run(act())

    def _ask(self, request: Request) -> HydrogenError | None:
        """Ask, and let the world go on for a moment; the error, if it was refused at once."""
        task = self.loop.create_task(self.spooler.perform(request), name=request.wire_name)
        self.asked.append(task)
        self._run(asyncio.sleep(0))
        self._run(asyncio.sleep(0))
        error = task.exception() if task.done() and not task.cancelled() else None
        assert error is None or isinstance(error, HydrogenError), repr(error)
        return error

    @property
    def connection(self) -> ScriptedConnection | None:
        """The port that is open, if one is."""
        return self.driver.connection if self.spooler.connection is not None else None

    def _moves_of(self, job: str) -> list[str]:
        return [line for line in self.executed if line.endswith(f" Y{job[1:]}")]

    # ------------------------------------------------------------------------------------------------- people

    @initialize(lines=st.integers(1, 60), heats=st.booleans())
    def begin_with_a_job(self, lines: int, heats: bool) -> None:
        self.connect()
        self.start_job(lines, heats)

    @precondition(lambda self: self.connection is None)
    @rule()
    def connect(self) -> None:
        self.driver.failure = None
        self._ask(ConnectPrinter())

    @precondition(lambda self: self.spooler.state.status is PrinterStatus.IDLE)
    @rule(lines=st.integers(1, 60), heats=st.booleans())
    def start_job(self, lines: int, heats: bool) -> None:
        self.jobs += 1
        job = f"j{self.jobs}"
        head = ["M109 S200"] if heats else []
        path = self.bench.file(head + [f"G1 X{n} Y{self.jobs}" for n in range(lines)], name=f"{job}.gcode")
        self.line_counts[job] = lines
        self._ask(StartJob(job=job, path=str(path), file=path.name, actor="ada"))
        self._run(asyncio.sleep(2 * THREAD_SECONDS))  # for the check of the file

    @precondition(has_job)
    @rule()
    def pause(self) -> None:
        self._ask(PauseJob(actor="bo"))

    @precondition(has_job)
    @rule()
    def resume(self) -> None:
        self._ask(ResumeJob(actor="bo"))

    @precondition(has_job)
    @rule()
    def cancel(self) -> None:
        job = self.spooler.state.job
        if self._ask(CancelJob(actor="bo")) is None and job is not None:
            self.last_move.setdefault(job.id, len(self._moves_of(job.id)))

    @precondition(has_job)
    @rule()
    def stop_at_once(self) -> None:
        had_port, job = self.spooler.connection is not None, self.spooler.state.job
        moves = len(self._moves_of(job.id)) if job is not None else 0
        error = self._ask(EmergencyStop(actor="bo"))
        assert error is None or not had_port, f"an emergency stop was refused: {error!r}"
        if job is not None:
            self.last_move.setdefault(job.id, moves)

    @rule()
    def cool_down(self) -> None:
        may_refuse = self.spooler.connection is None or self.spooler.is_ending
        error = self._ask(CoolDown(actor="bo"))
        assert may_refuse or not isinstance(error, Conflict), f"heaters-off was refused: {error}"

    @rule(
        request=st.sampled_from(
            [
                ConnectPrinter(),
                DisconnectPrinter(),
                StartJob(job="another", path="/nowhere.gcode", file="nowhere.gcode"),
                PauseJob(),
                ResumeJob(),
                SendGcode(lines=("M105",)),
                SendGcode(lines=("M118 a", "M112")),
                SetTemperature(heater="bed", target_celsius=60),
                Home(),
                Jog(x_mm=1.0),
                Extrude(length_mm=2.0),
                TraceTerminal(on=True),
                TraceTerminal(on=False),
            ]
        )
    )
    def ask_for_something(self, request: Request) -> None:
        job = self.spooler.state.job
        moves = len(self._moves_of(job.id)) if job is not None else 0
        error = self._ask(request)
        if error is None and "M112" in getattr(request, "lines", ()) and job is not None:
            self.last_move.setdefault(job.id, moves)

    @rule()
    def join(self) -> None:
        self.listeners.append(Listener(self.spooler))

    # ------------------------------------------------------------------------------------------------- the printer

    @precondition(lambda self: self.connection)
    @rule(holds=st.booleans())
    def hold_or_release(self, holds: bool) -> None:
        assert self.connection is not None
        gate = self.connection.gate
        self._do(gate.clear if holds else gate.set)

    @precondition(lambda self: self.connection and self.connection.is_waiting_for_heat)
    @rule()
    def heat(self) -> None:
        assert self.connection is not None
        self._do(self.connection.heat)

    @precondition(lambda self: self.connection)
    @rule(can=st.booleans())
    def learn_or_forget_to_break_waiting(self, can: bool) -> None:
        assert self.connection is not None
        self.connection.can_break = can

    @precondition(lambda self: self.connection)
    @rule(action=st.sampled_from(["pause", "paused", "resume", "resumed", "cancel"]))
    def act(self, action: str) -> None:
        assert self.connection is not None
        job = self.spooler.state.job
        self._do(partial(self.connection.listener.on_action, action, ""))
        if action == "cancel" and job is not None:
            self.last_move.setdefault(job.id, len(self._moves_of(job.id)))

    @precondition(lambda self: self.connection)
    @rule(degrees=st.integers(20, 250))
    def measure(self, degrees: int) -> None:
        assert self.connection is not None
        self._do(partial(self.connection.measure, "tool0", float(degrees)))

    # ------------------------------------------------------------------------------------------------- fate

    @rule(seconds=st.sampled_from([0.0, 0.01, 0.06, 8.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self._run(asyncio.sleep(seconds))

    @precondition(has_job)
    @rule(lines=st.integers(1, 12))
    def print_on(self, lines: int) -> None:
        if self.connection is not None:
            self._do(self.connection.gate.set)
        self._run(asyncio.sleep(lines * LINE_SECONDS))

    @precondition(lambda self: self.connection)
    @rule(was_reset=st.booleans())
    def lose_the_link(self, was_reset: bool) -> None:
        assert self.connection is not None
        if was_reset:
            self.driver.last_number = 0
        self._do(partial(self.connection.lose, LinkLost("the cable is out")))

    @precondition(lambda self: self.connection)
    @rule(
        error=st.sampled_from(
            [PrinterReset("the printer restarted"), PrinterHalted("thermal runaway"), PrinterSilent("not a word")]
        )
    )
    def fail_the_printer(self, error: PrinterReset | PrinterHalted | PrinterSilent) -> None:
        assert self.connection is not None
        if isinstance(error, PrinterReset):
            self.driver.last_number = 0
        self._do(partial(self.connection.lose, type(error)(error.message)))

    @precondition(lambda self: self.driver.failure is None)
    @rule(
        error=st.sampled_from([PortMissing("no such port"), PrinterSilent("no answer"), PrinterHalted("still halted")])
    )
    def let_connecting_fail(self, error: HydrogenError) -> None:
        self.driver.failure = error

    @precondition(has_job)
    @rule()
    def kill_the_spooler(self) -> None:
        """With -9: what lies in its folder at this moment is all that is left of it."""
        self.check()
        self.last_number = self.driver.last_number
        former, self.folder = self.folder, Path(tempfile.mkdtemp(prefix="hydrogen-behaviour-"))
        shutil.copytree(former, self.folder, copy_function=_left_behind, dirs_exist_ok=True)
        self.driver.executed = []  # what the dead one still does, it does to another printer, in another folder
        self._bury(former)
        self._live()

    def _bury(self, folder: Path) -> None:
        self.asked.clear()
        tasks = asyncio.all_tasks(self.loop)
        for task in tasks:
            task.cancel()
        self._run(_ended(tasks))
        self.bench.journal.close()
        self.loop.close()
        shutil.rmtree(folder, ignore_errors=True)

    # ------------------------------------------------------------------------------------------------- what always holds

    @invariant()
    def check(self) -> None:
        fresh, self.checked = self.bench.events[self.checked :], len(self.bench.events)
        for event in fresh:
            self._check_event(event)
        first = self.listeners[0]
        for listener in self.listeners:
            assert listener.state == self.spooler.state
            assert listener.events == first.events[len(first.events) - len(listener.events) :]
        for job, moves in self.last_move.items():
            assert len(self._moves_of(job)) == moves, f"{job} moved the machine after its end"
        for job in self.started:
            moves_of = self._moves_of(job)
            assert moves_of == [f"G1 X{n} Y{job[1:]}" for n in range(len(moves_of))]
        self._check_answers()

    def _check_event(self, event: Event) -> None:
        match event:
            case JobStarted():
                self.started.add(event.job)
                self.has_begun = True
            case JobFinished():
                self.has_begun = False
                self.finished[event.job] += 1
                assert self.finished[event.job] == 1, f"{event.job} ended twice"
                done = len(self._moves_of(event.job))
                if event.outcome is JobOutcome.COMPLETED:
                    assert done == self.line_counts[event.job]
                self.last_move.setdefault(event.job, done)
            case PrinterStateChanged():
                self._check_step(self.status, event.status)
                self.status = event.status

    def _check_step(self, before: PrinterStatus, after: PrinterStatus) -> None:
        assert after is before or after in PRINTER_TRANSITIONS[before], f"the printer went from {before} to {after}"
        if self.has_begun and before.value in OF_A_JOB and after.value in OF_A_JOB and after is not before:
            assert JobStatus(after.value) in JOB_TRANSITIONS[JobStatus(before.value)], f"{before} -> {after}"

    def _check_answers(self) -> None:
        for task in [task for task in self.asked if task.done()]:
            self.asked.remove(task)
            error = None if task.cancelled() else task.exception()
            assert error is None or isinstance(error, HydrogenError), repr(error)
        assert [entry for entry in self.bench.log.entries if entry.level == "error"] == []

    def teardown(self) -> None:
        """Nothing stands in the way any more: every job that was begun comes to its one end."""
        try:
            self._run(self._to_the_end())
            self.check()
            assert self.finished == Counter(self.started)
            self._run(self.spooler.shut_down())
        finally:
            self._bury(self.folder)
            asyncio.set_event_loop(None)

    async def _to_the_end(self) -> None:
        self.driver.failure = None
        ends_at = self.loop.time() + END_SECONDS
        while self.spooler.has_job and self.loop.time() < ends_at:
            self.driver.prepare = lambda connection: connection.gate.set()
            if (connection := self.connection) is not None:
                connection.gate.set()
                if connection.is_waiting_for_heat:
                    connection.heat()
            if self.spooler.state.status is PrinterStatus.PAUSED:
                await self.spooler.perform(ResumeJob())
            await asyncio.sleep(10 * LINE_SECONDS)
        state: PrinterState = self.spooler.state
        assert not self.spooler.has_job, f"the job is {state.status} and stays so"


WITHOUT_SHRINKING = [Phase.explicit, Phase.reuse, Phase.generate]
"""A failure is told as it was found: making it shorter takes minutes. HYDROGEN_SHRINK=1 takes them."""

TestSpoolerBehaviour = SpoolerMachine.TestCase
TestSpoolerBehaviour.settings = settings(
    REPEATABLE,
    max_examples=50,
    stateful_step_count=40,
    phases=tuple(Phase) if os.environ.get("HYDROGEN_SHRINK") else WITHOUT_SHRINKING,
)
