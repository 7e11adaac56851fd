"""A real browser on the dashboard: Debian's chromium, driven by playwright. Without one, those tests are skipped, visibly."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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

WAIT_MS = 30_000


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
    """A person in front of the dashboard. complaints: what the browser said against the page (errors, broken policy)."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._hear(message.type, message.text))

    def _hear(self, kind: str, text: str) -> None:
        # A refused request is told in the console, too: refusing is the service's right, and the page shows it.
        if kind == "error" and "Failed to load resource" not in text and "WebSocket connection" not in text:
            self.complaints.append(text)

    async def sign_in(self, key: str) -> None:
        await self.page.goto(self.url)
        await self.page.fill("input[name=key]", key)
        await self.page.click("button[type=submit]")

    async def go(self, name: str) -> None:
        await self.page.click(f"nav a:has-text('{name}')")

    async def sees(self, selector: str, timeout: float = WAIT_MS) -> Any:
        return await self.page.wait_for_selector(selector, timeout=timeout)

    async def sees_no(self, selector: str) -> None:
        await self.page.wait_for_selector(selector, state="detached", timeout=WAIT_MS)

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
        yield Visitor(await context.new_page(), url)
    finally:
        await context.close()
