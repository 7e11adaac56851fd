"""The dashboard without eyes and without a mouse: what is announced, where the focus goes, what pictures tell.

Names, roles, outlines and tables of every page are judged where every page is looked at, in `test_webui_pictures.py`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.house_process import until
from tests.webui.accessibility import AxNode, ax_nodes, complaints
from tests.webui.browser import Visitor, needs_browser
from tests.webui.home import PRINTER, Home, open_home
from tests.webui.printables import HEAD, LONG, layers, start_print, upload

pytestmark = [needs_browser, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

FOCUSED = (
    "() => (document.activeElement?.getAttribute('aria-label') || document.activeElement?.textContent || '').trim()"
)

LATE_FRAMES = """() => {
  const soon = setTimeout;
  window.requestAnimationFrame = () => 0;
  window.setTimeout = (run, after, ...more) => soon(run, after === 35 ? 60000 : after, ...more);
}"""
"""A browser that is too busy for another frame: what is tidied up behind a frame (Preact's effects) is not."""

TABS = 24
"""More than any dialog here has places to stop at, so that the round is made at least twice."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with open_home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def home(whole_home: Home) -> AsyncIterator[Home]:
    yield whole_home
    await whole_home.bring_to_rest()


async def focused(visitor: Visitor) -> str:
    return str(await visitor.page.evaluate(FOCUSED))


async def round_by_tab(visitor: Visitor, key: str = "Tab") -> list[str]:
    """What has the focus after each press: "stop", "dialog", "notice", "nothing" or what else was reached."""
    reached = []
    for _ in range(TABS):
        await visitor.page.keyboard.press(key)
        reached.append(
            await visitor.page.evaluate(
                """() => { const one = document.activeElement;
                  return !one || one === document.body ? 'nothing' : one.closest('.stop') ? 'stop'
                    : one.closest('.dialog') ? 'dialog' : one.closest('.notices') ? 'notice' : one.outerHTML.slice(0, 90); }"""
            )
        )
    return reached


async def told(visitor: Visitor, role: str) -> list[AxNode]:
    return [node for node in await ax_nodes(visitor.page) if node.role == role]


async def test_a_dialog_takes_the_focus_keeps_it_but_for_the_stop_and_gives_it_back(home: Home) -> None:
    async with home.visitor() as visitor:
        page = visitor.page
        await upload(visitor, home, "a.gcode", HEAD + layers(1))
        await page.focus(".file:has-text('a.gcode')")
        await page.keyboard.press("Enter")
        await visitor.sees(".dialog .facts")
        assert await focused(visitor) == "a.gcode"
        for key in ("Tab", "Shift+Tab"):
            assert set(await round_by_tab(visitor, key)) - {"nothing", "notice"} == {"stop", "dialog"}
        nodes = await ax_nodes(page)
        assert [node.name for node in nodes if node.role == "dialog"] == ["a.gcode"]
        assert "Emergency stop" in [node.name for node in nodes if node.role == "button"]
        assert not [node for node in nodes if node.role in ("navigation", "main", "combobox") and "Sorted" in node.name]
        assert [node for node in nodes if node.role == "link" and node.name == "Settings"] == []
        await page.keyboard.press("Escape")
        await visitor.sees_no(".dialog")
        assert "a.gcode" in await focused(visitor)
        assert [node.name for node in await told(visitor, "link")].count("Settings") == 1


async def test_each_button_that_opens_a_dialog_has_the_focus_again_behind_it(home: Home) -> None:
    async with home.visitor() as visitor:
        for place, opener in (("Files", "New folder"), ("Settings", "Make a key")):
            await visitor.go(place)
            button = visitor.page.get_by_role("button", name=opener)
            await button.focus()
            await visitor.page.keyboard.press("Enter")
            await visitor.sees(".dialog")
            assert complaints(await ax_nodes(visitor.page)) == []
            await visitor.page.keyboard.press("Escape")
            await visitor.sees_no(".dialog")
            assert opener in await focused(visitor)


async def test_the_stop_is_pressed_by_the_keyboard_while_a_question_is_open(home: Home) -> None:
    async with home.visitor() as visitor:
        await start_print(visitor, home, "asks.gcode", HEAD + "M0 Take the part off\n" + layers(LONG))
        await visitor.sees(".dialog .prompt-text")
        asking = (await told(visitor, "alertdialog"))[0]
        assert PRINTER in asking.name
        assert "Take the part off" in asking.description
        await visitor.page.wait_for_function("() => document.activeElement.matches('.dialog')")
        await visitor.page.keyboard.press("Shift+Tab")
        assert await focused(visitor) == "Emergency stop"
        await visitor.page.keyboard.press("Enter")
        await visitor.is_status("halted")
        await visitor.sees_no(".dialog")
        await visitor.page.wait_for_function("() => document.activeElement !== document.body")
        assert await visitor.page.evaluate("scrollY") == 0


async def test_a_question_over_a_dialog_is_answered_first_and_one_escape_closes_one(home: Home) -> None:
    async with home.visitor() as visitor:
        await upload(visitor, home, "asks.gcode", HEAD + layers(20) + "M0 Look here\n" + layers(LONG))
        await visitor.page.click(".file:has-text('asks.gcode')")
        await visitor.sees(".dialog .facts")
        await home.ask("job.start", {"file": "asks.gcode"}, PRINTER)  # by somebody else, while the dialog is open
        await visitor.sees(".dialog[role=alertdialog]")
        assert [node.name for node in await told(visitor, "dialog")] == []
        await visitor.page.keyboard.press("Escape")
        await visitor.sees_no(".dialog[role=alertdialog]")
        await visitor.page.wait_for_function("() => document.activeElement.matches('.dialog')")
        assert [node.name for node in await told(visitor, "dialog")] == ["asks.gcode"]
        await visitor.page.keyboard.press("Escape")
        await visitor.sees_no(".dialog")


async def test_what_happens_is_announced(home: Home) -> None:
    async with home.visitor() as visitor:
        assert await visitor.page.text_content(".announcer") == ""
        await start_print(visitor, home, "told.gcode")
        await visitor.sees_in_words(".announcer", f"{PRINTER}: Printing.")
        await home.ask("job.pause", {}, PRINTER)
        await visitor.sees_in_words(".announcer", f"{PRINTER}: Paused.")
        await home.ask("job.cancel", {}, PRINTER)
        await visitor.sees_in_words(".announcer", "Print cancelled, told.gcode")
        regions = {
            node.properties.get("live"): node for node in await ax_nodes(visitor.page) if node.properties.get("live")
        }
        assert "polite" in regions
        moves_before = len(home.printer.ledger.moves)
        await start_print(visitor, home, "hot.gcode")
        await until(lambda: len(home.printer.ledger.moves) > moves_before + 12)
        home.printer.halt("Thermal Runaway")
        await visitor.is_status("halted")
        await visitor.sees_in_words(".announcer", f"{PRINTER}: Halted")
        await visitor.sees(".notice[role=alert]")
        loud = [node for node in await ax_nodes(visitor.page) if node.properties.get("live") == "assertive"]
        assert [node.role for node in loud][:1] == ["alert"]


async def test_the_graph_and_the_layer_are_told_in_words(home: Home) -> None:
    async with home.visitor() as visitor:
        await start_print(visitor, home, "pictured.gcode")
        await visitor.is_status("printing")
        await visitor.sees("[role=img][aria-label*='Nozzle 60.0 °C of 60, '][aria-label*='Bed 40.0 °C of 40, ']")
        graph = next(node.name for node in await told(visitor, "image") if node.name.startswith("Temperatures"))
        assert "Nozzle 60.0 °C of 60" in graph
        assert "Bed 40.0 °C of 40" in graph
        await visitor.go("G-code")
        await visitor.sees("canvas[data-drawn][aria-label*='of it done']")
        layer = next(node.name for node in await told(visitor, "image") if node.name.startswith("The layer from above"))
        assert f"of {LONG}" in layer
        slider = (await told(visitor, "slider"))[0]
        assert slider.name == "Layer"
        await visitor.page.focus("input[type=range]")
        await visitor.page.keyboard.press("End")  # from now on it does not follow the print
        await visitor.sees(f"input[type=range][aria-valuetext^='Layer {LONG} of {LONG}, Z']")
        value = await visitor.page.get_attribute("input[type=range]", "aria-valuetext")
        await visitor.sees(f"canvas[aria-label*='{value}']")


async def test_a_graph_that_was_left_is_told_no_more(home: Home) -> None:
    async with home.visitor() as visitor:
        await visitor.sees("[role=img][aria-label*='Nozzle ']")
        await visitor.page.evaluate(LATE_FRAMES)
        await visitor.go("Files")
        await visitor.sees_no("[role=img]")
        since = await visitor.page.evaluate("performance.now()")
        await visitor.page.wait_for_function(
            "since => performance.now() - since > 2500", arg=since
        )  # it is told every 2 s


async def test_the_language_is_told_and_the_page_can_be_skipped_to(home: Home) -> None:
    async with home.visitor() as visitor:
        assert await visitor.page.get_attribute("html", "lang") == "en"
        await visitor.page.evaluate("document.activeElement.blur()")
        await visitor.page.keyboard.press("Tab")
        assert await focused(visitor) == "Skip to the page"
        await visitor.page.keyboard.press("Enter")
        assert await visitor.page.evaluate("document.activeElement.id") == "content"
