"""Every page in three looks, from one house and one browser: pictured (`build/pictures/`), judged by what a machine can see,
and by what a screen reader is given."""

from __future__ import annotations

import asyncio
import zlib
from pathlib import Path

import pytest

from tests.webui.accessibility import ax_nodes, complaints
from tests.webui.browser import PICTURES, Visitor, browsing, needs_browser, visiting
from tests.webui.scenes import LOOKS, SCENES, walk
from tests.webui.stage import QUICK, open_stage

LEAST_ROWS = 100
"""Of pixels that differ from each other; an empty page has two dozen, or the head's 56."""


def distinct_rows(png: bytes) -> int:
    """How many rows of a picture are unlike each other, as far as PNG's own filters do not tell them apart already."""
    width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    packed, at = bytearray(), 8
    while at < len(png):
        length = int.from_bytes(png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += 12 + length
    rows = zlib.decompress(packed)
    stride = len(rows) // height
    assert stride > width, "no picture"
    return len({rows[row * stride : (row + 1) * stride] for row in range(height)})


SIDEWAYS = """() => {
  const scrolls = (one) => one && (['auto', 'scroll'].includes(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
  const wide = [...document.body.querySelectorAll('*')].filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 1 && (right > innerWidth + 1 || left < -1) && !scrolls(one.parentElement) && !one.closest('.unseen');
  });
  const cut = [...document.querySelectorAll('button, .chip, nav a span')].filter((one) =>
    one.getClientRects().length > 0 && one.offsetParent && one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0);
  const low = [...document.querySelectorAll('.dialog')].filter((one) => one.getBoundingClientRect().bottom > innerHeight + 1);
  const broken = [...document.querySelectorAll('button span, nav a span, th, .chip')].filter((one) => {
    const words = document.createRange();
    words.selectNodeContents(one);
    return one.offsetParent && !one.children.length && /^\\S{1,14}$/.test(one.textContent) && words.getClientRects().length > 1;
  });
  return [...wide, ...cut, ...low, ...broken].slice(0, 6).map((one) => one.outerHTML.slice(0, 120));
}"""
"""What stands out of the window sideways and cannot be scrolled to, words that do not fit their button or are broken in the
middle, and dialogs whose foot is below the window."""


@needs_browser
@pytest.mark.timeout(300)
async def test_every_page_is_pictured_in_three_looks_fits_and_can_be_read_aloud(tmp_path: Path) -> None:
    found: list[str] = []

    async def look_at(scene: str, look: str, visitor: Visitor) -> None:
        found.extend(f"{scene} {look}: {one}" for one in await visitor.page.evaluate(SIDEWAYS))
        if look == "light":
            found.extend(f"{scene}, to a screen reader: {one}" for one in complaints(await ax_nodes(visitor.page)))

    await asyncio.to_thread(PICTURES.mkdir, parents=True, exist_ok=True)
    async with browsing() as browser, open_stage(tmp_path, browser, QUICK) as stage:
        await walk(stage, browser, PICTURES, look_at)
    for scene in SCENES:
        for look in LOOKS:
            picture = await asyncio.to_thread((PICTURES / f"{scene.name}-{look}.png").read_bytes)
            if (rows := distinct_rows(picture)) < LEAST_ROWS:
                found.append(f"{scene.name} {look}: blank, {rows} rows differ")
    assert not found, "\n".join(found)


@needs_browser
async def test_an_empty_page_is_taken_for_blank_and_a_failed_visit_leaves_its_evidence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.webui.browser.PICTURES", tmp_path)
    async with browsing() as browser:
        with pytest.raises(ValueError, match="on purpose"):
            async with visiting(browser, "about:blank") as visitor:
                await visitor.page.evaluate("console.log('still here')")
                raise ValueError("on purpose")
    left = {path.suffix: path for path in (tmp_path / "failed").iterdir()}
    assert "still here" in left[".txt"].read_text()
    assert "<html>" in left[".html"].read_text()
    assert distinct_rows(left[".png"].read_bytes()) < LEAST_ROWS
