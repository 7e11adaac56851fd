"""A page of the dashboard in a browser that is measured: signed in, its frames and what appears in it told by itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.house import KEY, House, await_idle
from hydrogen.cli.client import connected

if TYPE_CHECKING:
    from playwright.async_api import Browser, CDPSession, Page

WIDTH, HEIGHT = 1280, 900

USABLE = ".head [data-status=idle]", ".pad button:not(:disabled)", ".heaters td[data-heater]"
"""The printer's state, a button that takes a press, a temperature: what a person comes for."""

WATCH = """
(() => {
  const seen = window.seen = { at: {}, frames: [] };
  const wanted = WANTED;
  const look = () => {
    for (const one of wanted) if (!(one in seen.at) && document.querySelector(one)) seen.at[one] = performance.now();
    if (Object.keys(seen.at).length < wanted.length) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  new PerformanceObserver((list) => seen.frames.push(...list.getEntries().map((one) => one.duration)))
    .observe({ type: "long-animation-frame" });
})()
"""
"""seen.at: when each of WANTED was there, in ms since the page was asked for. seen.frames: what each frame over 50 ms took."""


async def signed_in(browser: Browser, house: House) -> Any:
    """What the browser keeps of somebody who has signed in."""
    await asyncio.to_thread(_wait_until_idle, house)
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url_of(house))
    await page.fill("input[name=key]", KEY)
    await page.check("input[name=remember]")
    await page.click("button[type=submit]")
    await page.wait_for_selector(USABLE[0])
    kept = await context.storage_state()
    await context.close()
    return kept


def _wait_until_idle(house: House) -> None:
    async def wait() -> None:
        async with connected(house.address) as client:
            await await_idle(client)

    asyncio.run(wait())


@asynccontextmanager
async def opened(
    browser: Browser, house: House, kept: Any, *, slowed: int = 1, at: str = "", wanted: Sequence[str] = USABLE
) -> AsyncIterator[tuple[Page, CDPSession]]:
    """slowed: so many times, by the browser's own means. at: behind the address. wanted: selectors whose coming is timed."""
    context = await browser.new_context(storage_state=kept, viewport={"width": WIDTH, "height": HEIGHT})
    try:
        page = await context.new_page()
        session = await context.new_cdp_session(page)
        await session.send("Emulation.setCPUThrottlingRate", {"rate": slowed})
        await page.add_init_script(WATCH.replace("WANTED", json.dumps(list(wanted))))
        await page.goto(url_of(house) + at)
        yield page, session
    finally:
        await context.close()


def url_of(house: House) -> str:
    return f"http://127.0.0.1:{house.web_port}/"
