"""The dashboard of a house with several printers, of which not everybody may see all; and a hand that is quicker than thought.
The printers are not there: nothing here needs them to move."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from hydrogen.cli.client import connected
from tests.integration.house_process import KEY, HouseProcess, running_house
from tests.support.waiting import wait_until
from tests.webui.browser import Visitor, browsing, needs_browser, visiting

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [needs_browser, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

FILE = "cube.gcode"

FILLED_AT_ONCE = 'host = "127.0.0.1"\nport = 0\ncommands_per_second = 1000\ncommands_burst = 1000'
"""A queue grows as fast as the test can tell it to."""


@dataclass(frozen=True, kw_only=True)
class Hall:
    """A house with the printers `one` and `two`. key_of_two: of somebody who may reach the second one only."""

    house: HouseProcess
    browser: Browser
    key_of_two: str

    @property
    def url(self) -> str:
        assert self.house.record is not None
        return f"http://127.0.0.1:{self.house.record.web_port}/"

    async def ask(self, operation: str, printer: str | None = None, **params: Any) -> Any:
        async with connected(self.house.address) as client:
            return await client.command(operation, printer, params)

    async def queue(self) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = (await self.ask("queue.list", limit=1000))["entries"]
        return entries

    async def fill_queue(self, count: int) -> None:
        async with connected(self.house.address) as client:
            for _ in range(count):
                await client.command("queue.add", "one", {"file": FILE})


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    folder = tmp_path_factory.mktemp("hall")
    ports = {name: str(folder / f"ttyNOTHING{name}") for name in ("one", "two")}
    async with running_house(folder, ports, websocket=FILLED_AT_ONCE) as house, browsing() as browser:
        (house.files / FILE).write_text("G28\n" * 100)
        scopes = ["read", "control", "print", "files"]
        async with connected(house.address) as client:
            made = await client.command("key.create", None, {"name": "guest", "scopes": scopes, "printers": ["two"]})
        yield Hall(house=house, browser=browser, key_of_two=made["key"])


@pytest_asyncio.fixture(loop_scope="module")
async def hall(whole_hall: Hall) -> AsyncIterator[Hall]:
    yield whole_hall
    async with connected(whole_hall.house.address) as client:
        for entry in (await client.command("queue.list", None, {"limit": 1000}))["entries"]:
            await client.command("queue.remove", None, {"id": entry["id"]})


async def enters(visitor: Visitor, page: str) -> None:
    """Signs in as somebody who may do everything, and goes there."""
    await visitor.sign_in(KEY)
    await visitor.sees(".live.live")
    await visitor.page.goto(f"{visitor.url}#/{page}")


async def test_who_signs_in_after_another_person_sees_nothing_of_theirs(hall: Hall) -> None:
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "settings")
        await visitor.sees(".head .chooser option:has-text('one') >> nth=0", state="attached")
        await visitor.presses("Sign out")
        await visitor.page.fill("input[name=key]", hall.key_of_two)
        await visitor.page.click("button[type=submit]")
        await visitor.sees(".live.live")
        assert await visitor.page.inner_text(".head .chooser") == "two"
        await visitor.page.goto(f"{hall.url}#/files")
        await visitor.page.click(f".file:has-text('{FILE}')")
        await visitor.sees(
            ".dialog footer button:has-text('Add to queue')"
        )  # what is known of the file is for this printer
        assert visitor.complaints == []


async def test_a_file_is_queued_for_the_printer_that_was_chosen(hall: Hall) -> None:
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "files")
        for chosen in ("two", ""):
            await visitor.page.click(f".file:has-text('{FILE}')")
            await visitor.page.select_option(".dialog footer select", chosen)
            await visitor.presses("Add to queue", ".dialog")
            await visitor.sees_no(".dialog")
        assert [entry["printer"] for entry in await hall.queue()] == ["two", None]
        assert visitor.complaints == []


async def test_a_printer_that_is_not_there_is_not_taken_for_another_one(hall: Hall) -> None:
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "printer/gone")
        await visitor.sees("h1:has-text('There is no printer gone')")
        await visitor.page.goto(f"{hall.url}#/printer/two")
        await visitor.sees(".bar:has-text('The printer is not connected')")
        assert visitor.complaints == []


async def test_a_double_click_takes_no_entry_out_and_two_presses_take_out_one(hall: Hall) -> None:
    await hall.fill_queue(4)
    before = [entry["id"] for entry in await hall.queue()]
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "queue")
        button = ".entries li:nth-child(2) .button:is([aria-label^='Remove'], .asking)"
        await visitor.page.dblclick(button)
        await visitor.sees(f"{button}:has-text('Take it out?')")
        assert [entry["id"] for entry in await hall.queue()] == before
        await visitor.page.click(button)
        await visitor.sees_no(".entries li:nth-child(4)")
        assert [entry["id"] for entry in await hall.queue()] == [before[0], *before[2:]]
        assert visitor.complaints == []


async def test_a_key_that_is_held_down_is_no_second_press(hall: Hall) -> None:
    await hall.fill_queue(1)
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "queue")
        await visitor.page.focus(".entries li .button[aria-label^='Remove']")
        for _ in range(5):
            await visitor.page.keyboard.down("Enter")  # all but the first are repeats
        await visitor.sees(".entries li .asking")
        assert len(await hall.queue()) == 1
        await visitor.page.keyboard.up("Enter")
        await visitor.page.keyboard.press("Enter")
        await visitor.sees_no(".entries li")
        assert visitor.complaints == []


async def test_a_long_queue_is_shown_to_its_end(hall: Hall) -> None:
    await hall.fill_queue(120)
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "queue")
        await visitor.sees("ol.entries li:nth-child(100)")
        assert await visitor.page.is_enabled("ol.entries li:nth-child(100) [aria-label^='Later']")
        await visitor.presses("More (20)")
        await visitor.sees("ol.entries li:nth-child(120)")
        assert visitor.complaints == []


async def test_many_files_are_asked_about_in_turn_and_leave_room_for_commands(hall: Hall) -> None:
    """What is found in one file is no reason to ask for the list again, or for the others."""
    (hall.house.files / "many").mkdir()
    for number in range(60):
        (hall.house.files / "many" / f"{number:02}.gcode").write_text(f"G28\nG1 X{number} Y1 F3000\nG1 X10 E1\n")
    sent: Counter[str] = Counter()
    async with visiting(hall.browser, hall.url) as visitor:
        visitor.page.on("websocket", lambda socket: socket.on("framesent", partial(count_operation, sent)))
        await enters(visitor, "files/many")
        begun = asyncio.get_running_loop().time()
        for number in range(60):
            row = visitor.page.locator(f".file:has-text('{number:02}.gcode')")
            await row.scroll_into_view_if_needed()
            await row.locator(".file-time", has_text=re.compile(r"\d")).wait_for()
        passed = asyncio.get_running_loop().time() - begun
        assert sent["file.info"] <= 2 * 60 + 10  # once while it is analysed, and once more
        assert sent["file.list"] <= 4 + passed / 1.5
        assert visitor.complaints == []


def count_operation(sent: Counter[str], frame: str | bytes) -> None:
    told = json.loads(frame)
    sent[told.get("operation", told["type"])] += 1


async def test_nothing_moves_under_the_pointer_once_it_is_there(hall: Hall) -> None:
    """What somebody may do is told behind what there is: a link that is added then would push the others aside."""
    async with visiting(hall.browser, hall.url) as visitor:
        held: list[Any] = []

        def proxy(socket: Any) -> None:
            server = socket.connect_to_server()

            def pass_on(frame: str) -> None:
                if json.loads(frame)["type"] == "authenticated":
                    held.append((socket, frame))
                else:
                    socket.send(frame)

            server.on_message(pass_on)

        await visitor.page.route_web_socket(re.compile("ws://"), proxy)
        await visitor.sign_in(KEY)
        await visitor.sees(".live.live")
        await wait_until(lambda: bool(held))
        assert await visitor.page.locator(".nav a").count() == 0
        [(socket, frame)] = held
        socket.send(frame)
        await visitor.sees("nav a:has-text('Terminal')")
        assert visitor.complaints == []


async def test_a_double_click_sends_a_form_once(hall: Hall) -> None:
    async with visiting(hall.browser, hall.url) as visitor:
        await enters(visitor, "settings")
        await visitor.presses("Make a key")
        await visitor.page.fill(".dialog input[name=name]", "double")
        await visitor.page.dblclick(".dialog button[type=submit]")
        await visitor.sees(".dialog .secret")
        await visitor.page.keyboard.press("Escape")
        await visitor.sees(".entry:has-text('double')")
        assert (
            await visitor.page.locator(".notice").all_text_contents() == []
        )  # nor is a second one asked for and refused
        assert visitor.complaints == []
