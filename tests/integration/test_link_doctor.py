"""Causes that are injected into a real link (spooler, driver, pty, virtual printer), and what the doctor says of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from hydrogen.core.bus import Bus
from hydrogen.core.clock import SystemClock
from hydrogen.core.context import Context
from hydrogen.doctor.cause import Confidence
from hydrogen.doctor.desk import DoctorDesk
from hydrogen.doctor.notebook import Notebook
from hydrogen.model.events import Event, PrinterAttached
from hydrogen.model.printer import PrinterState
from hydrogen.model.state import State
from hydrogen.system.disturbance import DisturbanceWatch
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import square_lines
from tests.integration.rest_bench import RestBench
from tests.support.waiting import wait_until_answered

StartPrinter = Callable[..., VirtualPrinter]

SECONDS = 40.0
"""For what a busy machine does."""


class Clinic:
    """A bench, and a doctor who hears what its spooler says as the service's would."""

    def __init__(self, bench: RestBench) -> None:
        bus = Bus(lambda _name, error: self.failures.append(error))
        self.failures: list[BaseException] = []
        self.context = Context(epoch="e", initial=State(printers={"bench": PrinterState()}), bus=bus)
        notebook = Notebook()
        bus.listen(notebook.on_published, name="doctor")
        bus.listen(DisturbanceWatch(self.context.publish).on_published, name="link disturbances")
        self._desk = DoctorDesk(context=self.context, notebook=notebook, clock=SystemClock(), read_kernel=lambda: None)
        self.bench = bench
        bench.spooler.listen(lambda event, _: self._hear(event))

    def attach(self) -> None:
        self._hear(PrinterAttached(at=SystemClock().wall(), state=self.bench.spooler.state))

    def _hear(self, event: Event) -> None:
        self.context.publish(replace(event, printer="bench"))

    async def first(self) -> tuple[str, Confidence]:
        (diagnosis,) = await self._desk.diagnose(("bench",))
        assert self.failures == []
        return diagnosis.verdicts[0].cause, diagnosis.verdicts[0].confidence

    async def is_named(self, cause: str) -> bool:
        """A wrong one must never be told with high confidence, not even on the way there."""
        told, confidence = await self.first()
        assert told in (cause, "nothing_wrong") or confidence != "high", told
        return told == cause


@asynccontextmanager
async def clinic(folder: Path, printer: VirtualPrinter) -> AsyncIterator[Clinic]:
    bench = RestBench(folder, printer)
    ward = Clinic(bench)
    async with bench:
        ward.attach()
        yield ward


FAULTS: Mapping[str, Mapping[str, float]] = {
    "noisy_wire": {"corrupt_every": 25},
    "lines_lost": {"drop_line_every": 40},
    "replies_lost": {"drop_ok_every": 40},
    "board_reset": {"reset_after": 100},
    "firmware_halted": {"halt_after": 100},
    "unplugged": {"unplug_after": 100},
}
"""What is done to the wire or the board, by what the doctor ought to say."""


async def is_found(folder: Path, printer: VirtualPrinter, cause: str) -> None:
    async with clinic(folder, printer) as ward:
        await ward.bench.print(square_lines(200))
        await wait_until_answered(partial(ward.is_named, cause), SECONDS)


async def is_found_beside(folder: Path, printer: VirtualPrinter, cause: str) -> None:
    """The same, with another program that has the port open."""
    with open(printer.link, "rb", buffering=0) as port:  # noqa: ASYNC230
        other = await asyncio.create_subprocess_exec("sleep", "600", stdin=port)
    try:
        await is_found(folder, printer, cause)
    finally:
        other.kill()
        await other.wait()


@pytest.mark.timeout(120)
async def test_injected_causes_are_named(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    """All at once: most of the time is spent in waiting for answers that do not come."""
    printers = {cause: start_virtual_printer(f"tty-{cause}", speed=None, faults=FAULTS[cause]) for cause in FAULTS}
    for cause in (*FAULTS, "other_program"):
        (tmp_path / cause).mkdir()
    shared = start_virtual_printer("tty-shared", speed=None, faults=FAULTS["replies_lost"])
    await asyncio.gather(
        *(is_found(tmp_path / cause, printer, cause) for cause, printer in printers.items()),
        is_found_beside(tmp_path / "other_program", shared, "other_program"),
    )


async def test_a_good_print_is_left_alone(tmp_path: Path, start_virtual_printer: StartPrinter) -> None:
    async with clinic(tmp_path, start_virtual_printer(speed=None)) as ward:
        await ward.bench.print(square_lines(200))
        assert (await ward.bench.finished()).outcome == "completed"
        assert (await ward.first())[0] == "nothing_wrong"
