"""One service with one virtual printer and one browser for all browser tests of a module; each test is a visitor of its own.

Starting the three takes longer than most tests. Behind each test the printer is brought back to rest: idle, without a job, a
queue or anything on its bed.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydrogen.cli.client import Client, connected
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import KEY, HouseProcess, await_status, running_house
from tests.webui.browser import Visitor, browsing, visiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

PRINTER = "bench"
SPEED = 20.0
DEAD = frozenset({"halted", "error", "offline"})

SECTIONS = {
    f"printers.{PRINTER}.machine": "size_x_mm = 200\nsize_y_mm = 200\nsize_z_mm = 180\nnozzle_celsius = 260\n",
}


@dataclass(frozen=True, kw_only=True)
class Home:
    """kept: what a browser remembers of somebody who has signed in with a key for everything."""

    house: HouseProcess
    printer: VirtualPrinter
    browser: Browser
    folder: Path
    kept: Any

    @property
    def url(self) -> str:
        assert self.house.record is not None
        return f"http://127.0.0.1:{self.house.record.web_port}/"

    @asynccontextmanager
    async def visitor(self, **options: Any) -> AsyncIterator[Visitor]:
        """Somebody who has signed in before, in front of an idle printer."""
        async with visiting(self.browser, self.url, storage_state=self.kept, **options) as visitor:
            await visitor.page.goto(self.url)
            await visitor.is_status("idle")
            yield visitor
            assert visitor.complaints == []

    def file(self, name: str, text: str) -> Path:
        """A file to be uploaded."""
        folder = self.folder / "made"
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
        return folder / name

    async def ask(self, operation: str, params: Mapping[str, Any], printer: str | None = None) -> Mapping[str, Any]:
        """Carried out as a client with all rights."""
        async with connected(self.house.address) as client:
            return await client.command(operation, printer, params)

    async def bring_to_rest(self) -> None:
        """Whatever a test left behind."""
        async with connected(self.house.address) as client:
            state = await _state(client)
            for entry in (await client.command("queue.list", None, {}))["entries"]:
                if entry["state"] == "queued":
                    await client.command("queue.remove", None, {"id": entry["id"]})
            if state["status"] in DEAD:
                self.printer.reset()
                await client.command("printer.connect", PRINTER, {})
            elif state["job"] is not None:
                await client.command("job.cancel", PRINTER, {})
        async with connected(self.house.address) as client:
            await await_status(client, "idle")
            await client.command("printer.clear_bed", PRINTER, {})
            await client.command("queue.release", PRINTER, {})


async def _state(client: Client) -> Mapping[str, Any]:
    async for frame in client.frames():
        if frame.get("type") == "snapshot":
            told: Mapping[str, Any] = frame["state"]["printers"][PRINTER]
            return told
    raise AssertionError("the service told no snapshot")


@asynccontextmanager
async def open_home(folder: Path) -> AsyncIterator[Home]:
    printer = VirtualPrinter(folder / "ttyVIRTUAL", instant_heating=True, speed=SPEED)
    try:
        async with running_house(folder, {PRINTER: str(printer.link)}, **SECTIONS) as house, browsing() as browser:
            kept = await _signed_in(house, browser)
            yield Home(house=house, printer=printer, browser=browser, folder=folder, kept=kept)
    finally:
        await asyncio.to_thread(printer.stop)


async def _signed_in(house: HouseProcess, browser: Browser) -> Any:
    assert house.record is not None
    async with visiting(browser, f"http://127.0.0.1:{house.record.web_port}/") as visitor:
        await visitor.page.goto(visitor.url)
        await visitor.page.check("input[name=remember]")
        await visitor.page.fill("input[name=key]", KEY)
        await visitor.page.click("button[type=submit]")
        await visitor.is_status("idle")
        return await visitor.page.context.storage_state()
