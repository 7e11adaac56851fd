"""A real browser on the dashboard: Debian's chromium, driven by playwright. Without one, those tests are skipped, visibly.

A visit that ends in an exception leaves what was to be seen in `build/pictures/failed/` (`PICTURES`): the picture, the page as
HTML, and what the browser's console said.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hydrogen.webui.building import BUILT, SOURCE

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

needs_browser = pytest.mark.skipif(
    CHROMIUM is None or find_spec("playwright") is None or not (BUILT / "index.html").is_file(),
    reason="needs chromium (apt-get install chromium), playwright and the built dashboard (make webui)",
)

AXE = SOURCE / "node_modules" / "axe-core" / "axe.min.js"

WAIT_MS = 60_000

PICTURES = Path(__file__).parents[2] / "build" / "pictures"
"""What the tests leave behind to be looked at; not committed, begun anew by `make test`."""

_left: Counter[str] = Counter()
"""How many visits each test has lost so far."""

PICTURE_MS = 5_000
"""For the picture of a page that may hang."""


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A browser; each page of it in a context of its own."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


class Visitor:
    """A person in front of the dashboard. complaints: what the browser said against the page (errors, broken policy). said: its
    whole console."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self.said: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        self.said.append(f"{kind}: {text}")
        # A refused request is told in the console, too: refusing is the service's right, and the page shows it.
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.complaints.append(text)

    async def sign_in(self, key: str) -> None:
        await self.page.goto(self.url)
        await self.page.fill("input[name=key]", key)
        await self.page.click("button[type=submit]")

    async def go(self, name: str) -> None:
        await self.page.click(f"nav a:has-text('{name}')")

    async def sees(self, selector: str, timeout: float = WAIT_MS, **options: Any) -> Any:
        return await self.page.wait_for_selector(selector, timeout=timeout, **options)

    async def sees_no(self, selector: str) -> None:
        await self.page.wait_for_selector(selector, state="detached", timeout=WAIT_MS)

    async def sees_in_words(self, selector: str, text: str) -> None:
        """Also what is only for screen readers, which counts as hidden where it has no room."""
        await self.page.wait_for_function(
            "([selector, text]) => document.querySelector(selector)?.textContent.includes(text)", arg=[selector, text]
        )

    async def is_status(self, status: str) -> None:
        await self.sees(f".head [data-status={status}]")

    async def presses(self, name: str, within: str = "#page") -> None:
        await self.page.click(f"{within} button:has-text('{name}')")

    async def presses_twice(self, name: str, sure: str, within: str = "#page") -> None:
        await self.presses(name, within)
        await self.presses(sure, within)

    async def uploads(self, *files: Path) -> None:
        await self.page.set_input_files("input[type=file]", [str(file) for file in files])

    async def findings(self) -> list[str]:
        """What axe finds serious or worse on the page as it is."""
        await self.page.evaluate(AXE.read_text())
        told = await self.page.evaluate("axe.run({resultTypes: ['violations']})")
        return [
            f"{one['id']}: {one['nodes'][0]['html'][:160]}"
            for one in told["violations"]
            if one["impact"] in ("serious", "critical")
        ]


@asynccontextmanager
async def visiting(browser: Browser, url: str, **options: Any) -> AsyncIterator[Visitor]:
    """options: of playwright's context (viewport, color_scheme …)."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    context.set_default_timeout(WAIT_MS)
    try:
        visitor = Visitor(await context.new_page(), url)
        try:
            yield visitor
        except BaseException as error:
            await leave_evidence(visitor, error, PICTURES / "failed")
            raise
    finally:
        await context.close()


async def leave_evidence(visitor: Visitor, error: BaseException, folder: Path) -> None:
    """Picture, HTML and console of a page, named by the test that runs; as far as the browser still gives them."""
    from playwright.async_api import Error

    test = os.environ.get("PYTEST_CURRENT_TEST", "outside of a test").partition(" (")[0]
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", test.rpartition("/")[2])
    _left[name] += 1
    place = folder / (name if _left[name] == 1 else f"{name}-{_left[name]}")
    told = [f"{type(error).__name__}: {error}", f"at {visitor.page.url}", *visitor.said, *visitor.complaints]
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    await asyncio.to_thread(place.with_name(f"{place.name}.txt").write_text, "\n".join(told) + "\n")
    with suppress(Error, TimeoutError):
        async with asyncio.timeout(PICTURE_MS / 1000):
            await asyncio.to_thread(place.with_name(f"{place.name}.html").write_text, await visitor.page.content())
            await visitor.page.screenshot(path=place.with_name(f"{place.name}.png"), timeout=PICTURE_MS)
