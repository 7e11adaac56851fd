"""`dashboard`: the page in a real browser. How soon can it be used, does it stay smooth and small, what do twenty of them cost?

The browser is Debian's chromium without a screen; its processor is slowed down four times by its own means where that is said.
What counts for smoothness is what the browser calls a long animation frame: over 50 ms from its first work to its picture.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.child import cpu_seconds, running_printer, running_wired_printer
from benchmarks.dashboard_browser import USABLE, opened, signed_in
from benchmarks.dashboard_client import DashboardClient
from benchmarks.dashboard_layers import measure_layers
from benchmarks.figure import BenchmarkFailed, Plan, Sample
from benchmarks.gcode import check_executed, moves
from benchmarks.house import FILE, KEY, PRINTER, House, await_idle, check_completed, frame_where, running_house
from benchmarks.upload import BAUD, SETTLED_SECONDS, share_between
from hydrogen.cli.client import connected
from tests.webui.browser import BUILT, CHROMIUM, browsing

if TYPE_CHECKING:
    from playwright.async_api import CDPSession, Page

SLOWED = 4
LOADS = 5
HEATERS = 8
REPORT_SECONDS = 0.1
SMOOTH_SECONDS, LONG_SMOOTH_SECONDS = 10.0, 600.0

LINE_SECONDS = 0.002
LINES, LONG_LINES = 5_000, 180_000
"""An hour of a usual print is some 50 lines a second: the long run shows as many, at ten times the pace."""

WARM_SHARE = 0.3
"""Of a run, before the first look at the memory: caches and the terminal's bounds are filled by then, the graph's half hour is
on its way; what comes on top is growth."""

LOOKS = 4
"""At the memory, from the end of the warm-up to the end."""

CLIENTS = 20
WINDOW_SECONDS, LONG_WINDOW_SECONDS = 4.0, 20.0
PAIRS = 2
PRINT_SECONDS = 400.0


@dataclass
class Smoothness:
    """long_ms: how long each frame took that was over 50 ms. heap_mib: what lives, after the collector has run."""

    long_ms: list[float] = field(default_factory=list)
    heap_mib: list[float] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    looked_at: list[float] = field(default_factory=list)

    @property
    def growth_mib(self) -> float:
        """From the first look to the last."""
        return self.heap_mib[-1] - self.heap_mib[0]


def measure(plan: Plan) -> Iterable[Sample]:
    if CHROMIUM is None or not (BUILT / "index.html").is_file():
        raise BenchmarkFailed("needs chromium, playwright and the built dashboard (make webui)")
    yield from _first_load()
    yield from _many_heaters(LONG_SMOOTH_SECONDS if plan.is_long else SMOOTH_SECONDS)
    yield from _terminal(LONG_LINES if plan.is_long else LINES)
    yield from measure_layers()
    yield from _twenty(LONG_WINDOW_SECONDS if plan.is_long else WINDOW_SECONDS)


# ------------------------------------------------------------------------------------------------------- the first load


def _first_load() -> Iterable[Sample]:
    with (
        tempfile.TemporaryDirectory() as name,
        running_printer("--report-seconds", "1") as printer,
        running_house(Path(name), printer.port) as house,
    ):
        usable, sent = asyncio.run(_load(house))
    yield Sample(name="first load, over the wire", value=max(sent) / 1000, unit="kB", goal="<= 120")
    yield Sample(name=f"usable, {SLOWED}x slowed, quickest", value=min(usable), unit="ms")
    yield Sample(
        name=f"usable, {SLOWED}x slowed, median of {LOADS}", value=statistics.median(usable), unit="ms", goal="<= 1000"
    )


async def _load(house: House) -> tuple[list[float], list[int]]:
    usable, sent = [], []
    async with browsing() as browser:
        kept = await signed_in(browser, house)
        for _ in range(LOADS):
            async with opened(browser, house, kept, slowed=SLOWED) as (page, _):
                usable.append(await _usable_ms(page))
                sent.append(await page.evaluate(SENT_BYTES))
    return usable, sent


SENT_BYTES = """performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation'))
  .reduce((sum, one) => sum + one.encodedBodySize, 0)"""


async def _usable_ms(page: Page) -> float:
    for selector in USABLE:
        await page.wait_for_selector(selector)
    seen: dict[str, float] = await page.evaluate("window.seen.at")
    return max(seen.values())


# ------------------------------------------------------------------------------------------------- smooth, and not growing


def _many_heaters(seconds: float) -> Iterable[Sample]:
    rate = ("--report-seconds", str(REPORT_SECONDS), "--heaters", str(HEATERS))
    with (
        tempfile.TemporaryDirectory() as name,
        running_printer(*rate) as printer,
        running_house(Path(name), printer.port) as house,
    ):
        seen = asyncio.run(_watch(house, seconds))
    yield from _samples(f"{HEATERS} heaters at {1 / REPORT_SECONDS:.0f} Hz, {seconds:.0f} s", seen)


async def _watch(house: House, seconds: float) -> Smoothness:
    async with browsing() as browser:
        kept = await signed_in(browser, house)
        async with opened(browser, house, kept) as (page, session):
            await page.wait_for_selector(".uplot canvas")
            await page.wait_for_selector(f".heaters tbody tr:nth-child({HEATERS})")
            return await _looked_after(page, session, seconds)


async def _looked_after(page: Page, session: CDPSession, seconds: float) -> Smoothness:
    """Frames over the whole time; the memory in equal steps after the warm-up. The collector's own frames are left out."""
    seen = Smoothness()
    rest = seconds * (1 - WARM_SHARE) / (LOOKS - 1)
    began = time.monotonic()
    for wait in (seconds * WARM_SHARE, *[rest] * (LOOKS - 1)):
        await page.evaluate("window.seen.frames.length = 0")
        await asyncio.sleep(wait)
        seen.long_ms += await page.evaluate("window.seen.frames")
        await session.send("HeapProfiler.collectGarbage")
        heap = await session.send("Runtime.getHeapUsage")
        counters = await session.send("Memory.getDOMCounters")
        seen.heap_mib.append(heap["usedSize"] / 2**20)
        seen.nodes.append(counters["nodes"])
        seen.looked_at.append(time.monotonic() - began)
    return seen


def _samples(what: str, seen: Smoothness) -> Iterable[Sample]:
    yield Sample(name=f"{what}: frames over 50 ms", value=len(seen.long_ms), unit="", goal="0")
    yield Sample(name=f"{what}: longest of them", value=max(seen.long_ms, default=0.0), unit="ms")
    yield Sample(name=f"{what}: memory at the end", value=seen.heap_mib[-1], unit="MiB")
    yield Sample(name=f"{what}: memory grown after the warm-up", value=seen.growth_mib, unit="MiB", goal="<= 1")
    yield Sample(name=f"{what}: nodes grown", value=seen.nodes[-1] - seen.nodes[0], unit="", goal="<= 50")


def _terminal(count: int) -> Iterable[Sample]:
    lines = moves(count)
    seconds = count * LINE_SECONDS * 0.9
    with (
        tempfile.TemporaryDirectory() as name,
        running_printer("--line-seconds", str(LINE_SECONDS), "--report-seconds", "1") as printer,
        running_house(Path(name), printer.port) as house,
    ):
        house.put_file(lines)
        seen = asyncio.run(_print_with_terminal(house, seconds))
    yield from _samples(f"terminal open, {count:,} lines printed", seen)


async def _print_with_terminal(house: House, seconds: float) -> Smoothness:
    async with browsing() as browser:
        kept = await signed_in(browser, house)
        async with opened(browser, house, kept, at=f"#/terminal/{PRINTER}") as (page, session):
            await page.wait_for_selector(".lines")
            async with connected(house.address) as client:
                await await_idle(client)
                await client.command("job.start", PRINTER, {"file": FILE})
                await page.wait_for_selector(".lines:has-text('G1 X')")
                seen = await _looked_after(page, session, seconds)
                await client.command("job.cancel", PRINTER)
                return seen


# ------------------------------------------------------------------------------------------------------ twenty of them


def _twenty(window: float) -> Iterable[Sample]:
    lines = moves(int((2 * PAIRS * window + SETTLED_SECONDS) * 900))
    settings = {"ring_size": 128, "instant_motion": True, "prevent_cold_extrusion": False}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running_wired_printer(baud=BAUD, latency_seconds=0.0, settings=settings) as printer,
            running_house(folder, printer.port, baud=BAUD) as house,
        ):
            house.put_file(lines)
            windows = asyncio.run(_audience(house, window))
            record = printer.stop()
    check_executed(lines, record.moves, record.hash)
    cost = [with_them.cpu - without.cpu for without, with_them in windows]
    share = [
        share_between(record, with_them.began, with_them.ended) / share_between(record, without.began, without.ended)
        for without, with_them in windows
    ]
    what = f"{CLIENTS} open dashboards, printing"
    yield Sample(name=f"{what}: CPU of the service", value=100 * statistics.median(cost), unit="%", goal="<= 5")
    yield Sample(name=f"{what}: service without them", value=100 * windows[0][0].cpu, unit="%")
    yield Sample(
        name=f"{what}: share of the link, of that without",
        value=100 * statistics.median(share),
        unit="%",
        goal=">= 99",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """cpu: of a core, by the service's process. began, ended: monotonic seconds."""

    cpu: float
    began: float
    ended: float


async def _audience(house: House, seconds: float) -> list[tuple[Window, Window]]:
    windows = []
    async with connected(house.address) as client:
        await await_idle(client)
        await client.command("job.start", PRINTER, {"file": FILE})
        finishing = asyncio.create_task(
            frame_where(client, lambda frame: frame.get("type") == "job.finished", PRINT_SECONDS)
        )
        await asyncio.sleep(SETTLED_SECONDS)
        for _ in range(PAIRS):
            without = await _window(house, seconds)
            dashboards = [await DashboardClient.opened(house.web_port, house.port, KEY) for _ in range(CLIENTS)]
            windows.append((without, await _window(house, seconds)))
            for dashboard in dashboards:
                await dashboard.close()
        if finishing.done():
            raise BenchmarkFailed("the print was over before the last window")
        check_completed(await finishing)
    return windows


async def _window(house: House, seconds: float) -> Window:
    began, before = time.monotonic(), cpu_seconds([house.pid])
    await asyncio.sleep(seconds)
    ended = time.monotonic()
    return Window(cpu=(cpu_seconds([house.pid]) - before) / (ended - began), began=began, ended=ended)
