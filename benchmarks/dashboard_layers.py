"""The dashboard's G-code view with a file of 10 MB: how soon is its first layer seen, is going through its layers smooth?"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.child import running_printer
from benchmarks.dashboard_browser import opened, signed_in
from benchmarks.figure import BenchmarkFailed, Sample
from benchmarks.gcode import vase
from benchmarks.house import PRINTER, House, frame_where, running_house
from hydrogen.cli.client import connected
from tests.webui.browser import browsing

if TYPE_CHECKING:
    from playwright.async_api import Page

FILE = "vase.gcode"
LAYERS, POINTS = 400, 900
OPENINGS = 5
ANALYSIS_SECONDS = 60.0

DRAWN = "canvas.layer[data-drawn]"

GO_THROUGH = """async (isPatient) => {
  const slider = document.querySelector('.scrub input[type=range]');
  const canvas = document.querySelector('canvas.layer');
  const put = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const count = Number(slider.max);
  const took = [];
  await frame();
  window.seen.frames.length = 0;
  for (let layer = 1; layer <= count; layer += 1) {
    const began = performance.now();
    put.call(slider, String(layer));
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await frame();
    while ((isPatient || layer === count) && canvas.dataset.drawn !== String(layer)) {
      if (performance.now() - began > 20000) throw new Error(`layer ${layer}: ${document.querySelector('main').innerText}`);
      await frame();
    }
    took.push(performance.now() - began);
  }
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { took, frames: [...window.seen.frames] };
}"""
"""isPatient: each layer is waited for; otherwise the slider goes on with each frame, as a hand drags it, and the last one is
waited for."""


@dataclass(frozen=True, kw_only=True)
class LayersSeen:
    """All in milliseconds, but for the memory. dragged, stepped: frames over 50 ms."""

    first: list[float]
    changes: list[float]
    dragged: list[float]
    stepped: list[float]
    heap_mib: float


def measure_layers() -> Iterable[Sample]:
    """Raises BenchmarkFailed where the file is not analysed in time."""
    content = vase(LAYERS, POINTS)
    with (
        tempfile.TemporaryDirectory() as name,
        running_printer("--report-seconds", "1") as printer,
        running_house(Path(name), printer.port) as house,
    ):
        house.put_content(FILE, content)
        seen = asyncio.run(_look(house))
    what = f"G-code view, {len(content) / 1e6:.0f} MB, {LAYERS} layers of {POINTS} moves"
    changes = statistics.quantiles(seen.changes, n=20)
    yield Sample(
        name=f"{what}: first layer drawn, median of {OPENINGS}",
        value=statistics.median(seen.first),
        unit="ms",
        goal="<= 1000",
    )
    yield Sample(name=f"{what}: one layer to the next, median", value=statistics.median(seen.changes), unit="ms")
    yield Sample(name=f"{what}: one layer to the next, 95th", value=changes[18], unit="ms")
    yield Sample(name=f"{what}: stepped through all, frames over 50 ms", value=len(seen.stepped), unit="", goal="0")
    yield Sample(name=f"{what}: dragged through all, frames over 50 ms", value=len(seen.dragged), unit="", goal="0")
    longest = max([*seen.stepped, *seen.dragged], default=0.0)
    yield Sample(name=f"{what}: longest of them", value=longest, unit="ms")
    yield Sample(name=f"{what}: memory behind it", value=seen.heap_mib, unit="MiB")


async def _look(house: House) -> LayersSeen:
    await _analysed(house)
    first = []
    async with browsing() as browser:
        kept = await signed_in(browser, house)
        for number in range(OPENINGS):
            async with opened(browser, house, kept, at=f"#/layers/{PRINTER}/{FILE}", wanted=[DRAWN]) as (page, session):
                await page.wait_for_selector(DRAWN)
                first.append((await page.evaluate("window.seen.at"))[DRAWN])
                if number < OPENINGS - 1:
                    continue
                dragged, stepped = (
                    await _gone_through(page, is_patient=False),
                    await _gone_through(page, is_patient=True),
                )
                await session.send("HeapProfiler.collectGarbage")
                heap = await session.send("Runtime.getHeapUsage")
    return LayersSeen(
        first=first,
        changes=stepped["took"],
        dragged=dragged["frames"],
        stepped=stepped["frames"],
        heap_mib=heap["usedSize"] / 2**20,
    )


async def _gone_through(page: Page, *, is_patient: bool) -> dict[str, Any]:
    seen: dict[str, Any] = await page.evaluate(GO_THROUGH, is_patient)
    return seen


async def _analysed(house: House) -> None:
    """The first person that looks at a file may have to wait for it; that is another figure (`benchmarks analysis`)."""
    async with connected(house.address) as client:
        while (info := await client.command("file.info", None, {"file": FILE}))["state"] != "ready":
            if info["state"] == "failed":
                raise BenchmarkFailed(f"the file was not analysed: {info}")
            await frame_where(client, lambda frame: str(frame.get("type")).startswith("file."), ANALYSIS_SECONDS)
