"""`printers`: eight printers on one host, each on a full wire of its own. What does each get, and what does one more cost?

A house of one printer and a house of eight print the same file at 115200 baud, all eight at once; then the eight print again
while the wire of one of them damages every twentieth line and loses every fiftieth `ok`. The moves take no time: the wires are
what is left to wait for. Memory is counted in proportional shares (PSS), the service's included, over the seven that came in
addition.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.child import WiredRecord, pss_mib, running_wired_printer, work_of
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, hash_of, moves
from benchmarks.house import FILE, PRINTER, START_SECONDS, Frame, House, check_completed, frame_where, running_house
from hydrogen.cli.client import Client, connected

COUNT = 8
BAUD = 115200
SETTINGS: Mapping[str, object] = {
    "ring_size": 128,
    "advanced_ok": True,
    "instant_motion": True,
    "prevent_cold_extrusion": False,
}
STORM: Mapping[str, object] = {"line_damage_rate": 0.05, "ok_loss_rate": 0.02}

LINES, LONG_LINES = 3500, 18_000
"""12 s and a minute of a full wire."""

IDLE_SECONDS = 6.0
"""Between connecting and the job: by then all receive buffers are measured and the wires tried out."""

WATCHED_SECONDS = 10.0
"""For what an idle printer costs."""

FIRST = 300
"""Moves that do not count: eight jobs begin within this time."""

PRINT_SECONDS = 180.0

SHARE_GOAL, CHANGE_GOAL, MEMORY_GOAL = ">= 0.98", "<= 2", "<= 28"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One house: what its printers say of the print, and what it took."""

    records: Sequence[WiredRecord]
    lines: int
    memory_mib: float
    idle_cpu: float
    print_cpu: float
    spooler_cpu: float

    @property
    def shares(self) -> list[float]:
        """Of each calm printer's wire, from its move FIRST to its last."""
        return [record.share(BAUD, FIRST) for record in self.records if record.moves == self.lines]

    @property
    def late_seconds(self) -> float:
        """How late a printer's own process got the CPU at worst."""
        return max(record.late_seconds for record in self.records)


def measure(plan: Plan) -> Iterable[Sample]:
    lines = moves(LONG_LINES if plan.is_long else LINES)
    one = _run(lines, 1)
    eight = _run(lines, COUNT)
    stormy = _run(lines, COUNT, is_stormy=True)
    yield from _shares(one, eight, stormy)
    further = COUNT - 1
    memory = (eight.memory_mib - one.memory_mib) / further
    yield Sample(name="memory of a further printer (PSS)", value=memory, unit="MiB", goal=MEMORY_GOAL)
    yield Sample(name=f"memory of {COUNT} printers and the service (PSS)", value=eight.memory_mib, unit="MiB")
    idle = (eight.idle_cpu - one.idle_cpu) / further
    yield Sample(name="CPU of a further printer, idle", value=idle, unit="s/min")
    yield Sample(name="CPU of a further printer, printing: its spooler", value=eight.spooler_cpu * 60, unit="s/min")
    whole = (eight.print_cpu - one.print_cpu) / further
    yield Sample(name="CPU of a further printer, printing: with the service's part", value=whole * 60, unit="s/min")


def _shares(one: Run, eight: Run, stormy: Run) -> Iterator[Sample]:
    yield Sample(name="link share, alone", value=one.shares[0], unit="")
    yield Sample(name=f"link share, the least of {COUNT}", value=min(eight.shares), unit="", goal=SHARE_GOAL)
    yield Sample(name=f"link share, median of {COUNT}", value=statistics.median(eight.shares), unit="")
    calm, others = eight.shares[:-1], stormy.shares[: COUNT - 1]
    yield Sample(name="link share, the least beside a storm", value=min(others), unit="")
    changes = [100 * abs(after - before) / before for before, after in zip(calm, others, strict=True)]
    yield Sample(name="change by the storm, the most", value=max(changes), unit="%", goal=CHANGE_GOAL)
    yield Sample(name="change by the storm, median", value=statistics.median(changes), unit="%")
    yield Sample(name="faults of the storm", value=stormy.records[-1].faults, unit="")
    late = max(run.late_seconds for run in (one, eight, stormy))
    yield Sample(name="a printer's process late by, the most", value=late * 1000, unit="ms")


def _run(lines: list[bytes], count: int, *, is_stormy: bool = False) -> Run:
    with _house(count, is_stormy=is_stormy) as (house, names, stop):
        house.put_file(lines)
        told = asyncio.run(_print_all(house, names, is_stormy=is_stormy))
        records = stop()
    for name, record in zip(names, records, strict=True):
        if is_stormy and name == names[-1]:
            if record.hash != hash_of(lines[: record.moves]):
                raise BenchmarkFailed(f"the printer in the storm executed {record.moves} moves that are not the file's")
        else:
            check_executed(lines, record.moves, record.hash)
    return Run(records=records, lines=len(lines), **told)


@contextmanager
def _house(count: int, *, is_stormy: bool) -> Iterator[tuple[House, list[str], object]]:
    names = [PRINTER, *(f"{PRINTER}{number}" for number in range(2, count + 1))]
    with ExitStack() as stack:
        printers = [
            stack.enter_context(
                running_wired_printer(
                    baud=BAUD,
                    latency_seconds=0.0,
                    settings=SETTINGS,
                    faults=STORM if is_stormy and name == names[-1] else None,
                )
            )
            for name in names
        ]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        others = {name: printer.port for name, printer in zip(names[1:], printers[1:], strict=True)}
        house = stack.enter_context(running_house(folder, printers[0].port, baud=BAUD, others=others))
        yield house, names, lambda: [printer.stop() for printer in printers]


async def _print_all(house: House, names: Sequence[str], *, is_stormy: bool) -> dict[str, float]:
    async with connected(house.address) as client:
        await _await_all_idle(client, names)
        await asyncio.sleep(IDLE_SECONDS)
        memory = sum(pss_mib(pid) for pid in house.pids)
        idle_cpu = await _watched(house, WATCHED_SECONDS) if not is_stormy else 0.0
        spoolers = [pid for pid in house.pids if pid != house.pid]
        before, spoolers_before = _cpu(house.pids), _cpu(spoolers)
        began = asyncio.get_running_loop().time()
        for name in names:
            await client.command("job.start", name, {"file": FILE})
        await _await_the_end(client, set(names[:-1] if is_stormy else names))
        seconds = asyncio.get_running_loop().time() - began
        told = {
            "memory_mib": memory,
            "idle_cpu": idle_cpu,
            "print_cpu": (_cpu(house.pids) - before) / seconds,
            "spooler_cpu": (_cpu(spoolers) - spoolers_before) / seconds / len(names),
        }
        if is_stormy:
            await client.command("job.cancel", names[-1])
            await _await_finished(client, names[-1])
        return told


async def _await_all_idle(client: Client, names: Sequence[str]) -> None:
    idle: set[str] = set()

    def fits(frame: Frame) -> bool:
        if frame.get("type") == "snapshot":
            states = frame["state"]["printers"]
            idle.update(name for name in names if states[name]["status"] == "idle")
        elif frame.get("status") == "idle" or (frame.get("state") or {}).get("status") == "idle":
            idle.add(str(frame.get("printer")))
        return idle >= set(names)

    await frame_where(client, fits, COUNT * START_SECONDS)


async def _await_the_end(client: Client, names: set[str]) -> None:
    while names:
        finished = await frame_where(client, lambda frame: frame.get("type") == "job.finished", PRINT_SECONDS)
        if finished.get("printer") in names:
            check_completed(finished)
            names.discard(str(finished["printer"]))


async def _await_finished(client: Client, name: str) -> None:
    await frame_where(
        client, lambda frame: frame.get("type") == "job.finished" and frame.get("printer") == name, PRINT_SECONDS
    )


async def _watched(house: House, seconds: float) -> float:
    """CPU seconds per minute of all processes of the house."""
    before = _cpu(house.pids)
    await asyncio.sleep(seconds)
    return (_cpu(house.pids) - before) / seconds * 60


def _cpu(pids: Sequence[int]) -> float:
    return sum(work_of(pid).cpu_seconds for pid in pids)
