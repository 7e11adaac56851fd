"""A spooler on a workbench: in this process, on a scripted printer, with everything it says written down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from hydrogen.core.clock import Clock, SystemClock
from hydrogen.model.events import Event, JobFinished, PrinterStateChanged
from hydrogen.model.printer import PrinterState
from hydrogen.spooler.heat.heat_warden import WardenLimits
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.job.preflight import Preflight
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.request import ConnectPrinter, StartJob
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.address import RuntimeFiles
from tests.spooler.scripted_printer import ScriptedDriver
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

E = TypeVar("E", bound=Event)


class Bench:
    """`async with Bench(tmp_path) as bench`; `bench.events` is all that was published."""

    def __init__(
        self,
        folder: Path,
        driver: ScriptedDriver | None = None,
        *,
        limits: RunnerLimits | None = None,
        policy: SpoolerPolicy | None = None,
        preflight: Preflight | None = None,
        warden_limits: WardenLimits | None = None,
        after_crash: bool = False,
        instance: str = "i1",
        clock: Clock | None = None,
    ) -> None:
        self.folder = folder
        self.driver = driver or ScriptedDriver()
        self.files = RuntimeFiles(folder, "bench")
        self.log = RecordingLog()
        self.journal = HotJournal(self.files.journal)
        self.outbox = Outbox(self.files.outbox, instance=instance)
        self.events: list[Event] = []
        self.spooler = Spooler(
            driver=self.driver,
            driver_name="scripted",
            files=self.files,
            spool_dir=folder / "spool",
            policy=policy or SpoolerPolicy(),
            journal=self.journal,
            outbox=self.outbox,
            clock=clock or SystemClock(),
            log=self.log,
            limits=limits,
            preflight=preflight,
            warden_limits=warden_limits,
            after_crash=after_crash,
        )
        self.spooler.listen(lambda event, fact_id: self.events.append(event))

    async def __aenter__(self) -> Bench:
        self.spooler.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self.driver.connections:
            connection.gate.set()
        await self.spooler.shut_down()
        self.journal.close()

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]

    def last(self, kind: type[E]) -> E:
        return self.all(kind)[-1]

    @property
    def statuses(self) -> list[str]:
        return [event.status.value for event in self.all(PrinterStateChanged)]

    def file(self, lines: Iterable[str] | int = 100, name: str = "part.gcode", end: str = "\n") -> Path:
        path = self.folder / name
        texts = [f"G1 X{n}" for n in range(lines)] if isinstance(lines, int) else list(lines)
        path.write_bytes("".join(text + end for text in texts).encode())
        return path

    async def connect(self) -> None:
        await self.spooler.perform(ConnectPrinter())

    async def print(self, path: Path, job: str = "j1", actor: str = "ada") -> Mapping[str, Any]:
        if self.spooler.state.status.value == "offline":
            await self.connect()
        return await self.spooler.perform(StartJob(job=job, path=str(path), file=path.name, actor=actor))

    async def until_finished(self, job: str = "j1") -> JobFinished:
        await wait_until(lambda: any(event.job == job for event in self.all(JobFinished)), what=f"the end of {job}")
        return next(event for event in self.all(JobFinished) if event.job == job)

    async def until_status(self, status: str) -> None:
        await wait_until(lambda: self.spooler.state.status.value == status, what=f"status {status}")

    async def until_executed(self, count: int) -> None:
        await wait_until(lambda: len(self.driver.moves) >= count, what=f"{count} moves")


@dataclass
class RecordingListener:
    """A SpoolerListener that writes down what it is told, and acknowledges facts if asked to."""

    told: list[str] = field(default_factory=list)
    states: list[PrinterState] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    facts: list[tuple[str, Event]] = field(default_factory=list)
    detached: list[str] = field(default_factory=list)
    late: list[float] = field(default_factory=list)
    logs: list[tuple[str, str, Mapping[str, Any]]] = field(default_factory=list)

    def on_attached(self, state: PrinterState) -> None:
        self.told.append("attached")
        self.states.append(state)

    def on_event(self, event: Event, fact_id: str | None) -> None:
        self.told.append(event.wire_type)
        self.events.append(event)
        if fact_id is not None:
            self.facts.append((fact_id, event))

    def on_late(self, silent_seconds: float) -> None:
        self.late.append(silent_seconds)

    def on_detached(self, reason: str) -> None:
        self.told.append("detached")
        self.detached.append(reason)

    def on_log(self, level: str, event: str, fields: Mapping[str, Any]) -> None:
        self.logs.append((level, event, fields))

    def all(self, kind: type[E]) -> list[E]:
        return [event for event in self.events if isinstance(event, kind)]
