"""`metrics`: what a scrape of `/metrics` costs in a house of eight printers that print."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.figure import BenchmarkFailed, Plan, Sample
from hydrogen.core.clock import ManualClock
from hydrogen.system.metric_source import FRESH_SECONDS
from hydrogen.web.metrics import exposition
from tests.support.full_house import source_of
from tests.support.metric_lint import lint

PRINTERS = 8
SCRAPES = 20


def measure(_plan: Plan) -> Iterable[Sample]:
    with tempfile.TemporaryDirectory(prefix="hydrogen-bench-") as name, _spoolers(Path(name)):
        walls, cpus, body = asyncio.run(_scrape(Path(name)))
    if breaks := lint(body.decode()):
        raise BenchmarkFailed(f"the page has {len(breaks)} faults, the first: {breaks[0]}")
    yield Sample(name="first scrape (loads the library)", value=walls[0] * 1e3, unit="ms")
    yield Sample(name=f"scrape, {PRINTERS} printers", value=min(walls[1:]) * 1e3, unit="ms", goal="<= 20")
    yield Sample(name="CPU of a scrape", value=min(cpus[1:]) * 1e3, unit="ms")
    yield Sample(name="series", value=sum(not line.startswith(b"#") for line in body.splitlines()), unit="")
    yield Sample(name="page", value=len(body) / 1024, unit="KiB")


async def _scrape(folder: Path) -> tuple[list[float], list[float], bytes]:
    """Wall and CPU seconds of each scrape, the kernel asked anew each time, and the last page."""
    clock = ManualClock()
    source = source_of(folder, PRINTERS, clock)
    walls, cpus = [], []
    body = b""
    for _ in range(SCRAPES):
        clock.advance(FRESH_SECONDS)
        began, cpu = time.perf_counter(), time.process_time()
        body = await asyncio.to_thread(exposition, await source.readings())
        walls.append(time.perf_counter() - began)
        cpus.append(time.process_time() - cpu)
    return walls, cpus, body


@contextmanager
def _spoolers(folder: Path) -> Iterator[None]:
    """Processes that stand for the spoolers: their pids in the locks, as the source looks for them."""
    with ExitStack() as stack:
        for number in range(PRINTERS):
            name = f"printer{number}"
            child = stack.enter_context(
                subprocess.Popen(["/bin/sh", "-c", "read _", name], stdin=subprocess.PIPE)  # ends when the pipe does
            )
            (folder / f"{name}.lock").write_text(f"{child.pid}\n")
        yield
