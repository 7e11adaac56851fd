"""A real spooler with the real Marlin driver, in this process, and a virtual printer behind a real pty."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from hydrogen.core.clock import SystemClock
from hydrogen.model.events import Event, JobFinished, PrinterStateChanged
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.journal.journal import HotJournal
from hydrogen.spooler.outbox import Outbox
from hydrogen.spooler.policy import SpoolerPolicy
from hydrogen.spooler.request import ConnectPrinter, Request, StartJob
from hydrogen.spooler.spooler import Spooler
from hydrogen.spooler.wire.address import RuntimeFiles
from hydrogen_drivers.marlin.driver import MarlinDriver
from hydrogen_simulators.firmware.motion import Position
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until

StartPrinter = Callable[..., VirtualPrinter]

WITHIN_SECONDS = 30.0
"""Generous: the machine that runs the tests may be busy."""


class RestBench:
    """`async with RestBench(tmp_path, printer) as bench`; the printer is connected in the block."""

    def __init__(
        self,
        folder: Path,
        printer: VirtualPrinter,
        *,
        policy: SpoolerPolicy | None = None,
        limits: RunnerLimits | None = None,
    ) -> None:
        self.printer = printer
        self.events: list[Event] = []
        self.log = RecordingLog()
        self._folder = folder
        files = RuntimeFiles(folder, "bench")
        self._journal = HotJournal(files.journal)
        self.spooler = Spooler(
            driver=MarlinDriver(
                {
                    "port": str(printer.link),
                    "baud": 115200,
                    "connect_timeout_seconds": 5.0,
                    "temperature_interval_seconds": 1,
                    "receive_buffer_bytes": 0,
                }
            ),
            driver_name="marlin",
            files=files,
            spool_dir=folder / "spool",
            policy=policy or SpoolerPolicy(),
            journal=self._journal,
            outbox=Outbox(files.outbox, instance="i1"),
            clock=SystemClock(),
            log=self.log,
            limits=limits,
        )
        self.spooler.listen(lambda event, _: self.events.append(event))

    async def __aenter__(self) -> RestBench:
        self.spooler.start()
        await self.spooler.perform(ConnectPrinter())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.spooler.shut_down()
        self._journal.close()

    # ------------------------------------------------------------------------------------------------- what is asked

    async def print(self, lines: Sequence[str], job: str = "j1") -> None:
        path = self._folder / "part.gcode"
        path.write_text("".join(f"{line}\n" for line in lines))
        await self.spooler.perform(StartJob(job=job, path=str(path), file=path.name, actor="ada"))

    async def ask(self, request: Request) -> object:
        return await self.spooler.perform(request)

    # ---------------------------------------------------------------------------------------------- what is waited for

    async def until(self, is_true: Callable[[], object], what: str = "the condition") -> None:
        await wait_until(
            is_true,
            within_seconds=WITHIN_SECONDS,
            what=what,
            explain=lambda: f"; {self.status}: {self.reasons[-4:]}, {self.log.entries[-5:]}",
        )

    async def until_status(self, status: str) -> None:
        await self.until(lambda: self.status == status, f"status {status}")

    async def until_ran(self, line: str) -> None:
        await self.until(lambda: line in self.ran, line)

    async def until_hot(self) -> None:
        """Until the host has heard it."""
        await self.until(lambda: (self.heat("tool0") or 0.0) > 200, "a hot nozzle")

    async def until_asked(self, message: str) -> None:
        await self.until(lambda: self.spooler.state.prompt == message, message)

    async def finished(self) -> JobFinished:
        await self.until(lambda: self.terminal, "the end of the job")
        assert len(self.terminal) == 1
        return self.terminal[0]

    # ------------------------------------------------------------------------------------------------- what is known

    @property
    def status(self) -> str:
        return self.spooler.state.status.value

    @property
    def reasons(self) -> list[str]:
        return [event.reason for event in self.events if isinstance(event, PrinterStateChanged)]

    @property
    def terminal(self) -> list[JobFinished]:
        return [event for event in self.events if isinstance(event, JobFinished)]

    @property
    def ran(self) -> list[str]:
        """All that the printer has executed, without questions."""
        return [line for line in self.printer.ledger.lines if not line.startswith(("M105", "M114", "M110"))]

    @property
    def place(self) -> Position:
        return self.printer.printer.position

    def heat(self, heater: str) -> float | None:
        state = self.spooler.state.heaters.get(heater)
        return None if state is None else state.actual_celsius

    def target(self, heater: str) -> float:
        """What the printer itself wants: E0, bed."""
        return self.printer.printer.temperatures[heater].target_celsius

    def ran_of(self, job: Sequence[str]) -> list[str]:
        """Which moves of these ran; they must be told from all others by their text."""
        own = set(moves_of(job))
        return [line for line in self.printer.ledger.lines if line in own]


def moves_of(job: Sequence[str]) -> list[str]:
    """What `ran_of` counts: modes are set by parking too."""
    return [line for line in job if line.startswith("G1 ")]
