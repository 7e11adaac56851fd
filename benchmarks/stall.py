"""`stall`: how long the machine stands still after a fault, and whether it executes the file all the same.

The driver prints over a serial wire at 115200 baud with the latency of a slow adapter. Moves take no time, so a gap between
two of them is what the fault cost. There is a printer for each kind of fault and one for all of them; they print at the same
time, since they wait for their wires nearly all of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field

from benchmarks.child import PrinterProcess, WiredPrinterProcess, WiredRecord, running_wired_printer
from benchmarks.driver_print import drive
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, moves

BAUD = 115200
LATENCY_SECONDS = 0.003
RING_BYTES = 128

LINES = 1200
LONG_LINES = 6000
PRINT_SECONDS = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """faults: fields of FaultPlan, each every so many lines; the first one meets an open window."""

    name: str
    faults: Mapping[str, int]
    settings: Mapping[str, object] = field(default_factory=dict)


KINDS = (
    Weather(name="no fault", faults={}),
    Weather(name="a line damaged", faults={"corrupt_every": 290}),
    Weather(name="a line lost", faults={"drop_line_every": 290}),
    Weather(name="an ok lost", faults={"drop_ok_every": 290}),
    Weather(name="an ok lost, plain oks", faults={"drop_ok_every": 290}, settings={"advanced_ok": False}),
    Weather(name="a needless resend", faults={"resend_every": 290}),
    Weather(name="a resend without ok", faults={"corrupt_every": 290}, settings={"ok_after_resend": False}),
    Weather(
        name="all of them",
        faults={"corrupt_every": 211, "drop_line_every": 263, "drop_ok_every": 307, "resend_every": 353},
    ),
    Weather(
        name="all of them, plain oks, none after a resend",
        faults={"corrupt_every": 211, "drop_line_every": 263, "drop_ok_every": 307, "resend_every": 353},
        settings={"advanced_ok": False, "ok_after_resend": False},
    ),
)


def measure(plan: Plan) -> Iterable[Sample]:
    lines = moves(LONG_LINES if plan.is_long else LINES)
    with ExitStack() as stack:
        printers = [stack.enter_context(_printer(kind)) for kind in KINDS]
        asyncio.run(_print_all(printers, lines))
        records = [printer.stop() for printer in printers]
    for kind, record in zip(KINDS, records, strict=True):
        _check(kind, record, lines)
        goal = "<= 1.0" if kind.faults else ""
        yield Sample(name=f"longest standstill, {kind.name}", value=record.longest_gap_seconds, unit="s", goal=goal)


def _printer(kind: Weather) -> AbstractContextManager[WiredPrinterProcess]:
    settings = {"ring_size": RING_BYTES, "instant_motion": True, "prevent_cold_extrusion": False, **kind.settings}
    return running_wired_printer(baud=BAUD, latency_seconds=LATENCY_SECONDS, settings=settings, faults=kind.faults)


async def _print_all(printers: Sequence[PrinterProcess], lines: list[bytes]) -> None:
    prints = [drive(printer.port, lines, baud=BAUD, patience_seconds=PRINT_SECONDS) for printer in printers]
    await asyncio.gather(*prints)


def _check(kind: Weather, record: WiredRecord, lines: list[bytes]) -> None:
    try:
        check_executed(lines, record.moves, record.hash)
    except BenchmarkFailed as failure:
        raise BenchmarkFailed(f"{kind.name}: {failure}") from None
    if bool(record.faults) != bool(kind.faults):
        raise BenchmarkFailed(f"{kind.name}: {record.faults} faults were injected")
