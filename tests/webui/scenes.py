"""Every page and dialog of the dashboard, one after the other, on a stage (`stage.py`), in three looks.

The order matters: what a prompt or a stopped printer puts over all pages comes last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.webui.browser import Visitor, visiting
from tests.webui.stage import BROKEN, PRINTING, QUIET, Stage, tell_of_a_port

if TYPE_CHECKING:
    from playwright.async_api import Browser

LOOKS: Mapping[str, Mapping[str, Any]] = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}

Show = Callable[[Visitor], Awaitable[None]]
Looked = Callable[[str, str, Visitor], Awaitable[None]]
"""Told after a picture was taken: the scene's name, the look's, and who looks."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """show: brings a page there. arrange: what the stage does once before. is_whole: the picture goes as far as the page does,
    but on a phone. leave: what has to be closed behind it."""

    name: str
    show: Show
    arrange: Callable[[Stage], Awaitable[None]] | None = None
    is_whole: bool = False
    is_in_empty_house: bool = False
    leaves_by_escape: bool = False


def _at(place: str, *seen: str) -> Show:
    async def show(visitor: Visitor) -> None:
        await visitor.page.evaluate("place => { location.hash = place; }", f"#/{place}")
        for selector in seen:
            await visitor.sees(selector)

    return show


def _dialog(place: str, opener: str, *seen: str) -> Show:
    async def show(visitor: Visitor) -> None:
        await _at(place, opener)(visitor)
        await visitor.page.click(opener)
        for selector in (".dialog", *seen):
            await visitor.sees(selector)

    return show


async def _printing(visitor: Visitor) -> None:
    await _at(f"printer/{PRINTING}", ".job .meter", ".uplot canvas", ".motion-side, .card:has-text('Motion')")(visitor)
    if await visitor.page.evaluate("innerWidth") > 1000:
        await visitor.page.click(".signal:has-text('Link') > button")
        await visitor.sees(".diagnosis li")


async def _stopped(visitor: Visitor) -> None:
    await _at(f"printer/{QUIET}", "main h1")(visitor)
    await visitor.is_status("halted")
    await visitor.sees(".bar.bad:has-text('The printer is stopped')")
    await visitor.sees_no(".dialog")
    await visitor.page.evaluate("document.querySelectorAll('.notice button').forEach((one) => one.click())")


async def _forget(visitor: Visitor) -> None:
    """A browser that knows of no session."""
    await visitor.page.evaluate("localStorage.clear(); location.hash = ''")
    await visitor.page.reload()
    await visitor.sees("input[name=key]")


SCENES = (
    Scene(name="first-start", show=_at("", ".first li:has-text('CH340')"), is_in_empty_house=True),
    Scene(name="overview", show=_at("overview", ".tile:has-text('mk4')", ".tile .meter")),
    Scene(name="printer", show=_printing, is_whole=True),
    Scene(name="files", show=_at("files", ".file:has-text('wall-hook')", ".file .chip.bad", ".file img")),
    Scene(
        name="file",
        show=_dialog("files", ".file:has-text('wall-hook')", ".dialog .findings li"),
        leaves_by_escape=True,
    ),
    Scene(name="queue", show=_at("queue", ".entries .chip:has-text('Waiting')", ".bed-row .told")),
    Scene(name="layers", show=_at(f"layers/{PRINTING}", "canvas.layer[data-drawn]", ".layer-told")),
    Scene(name="terminal", show=_at(f"terminal/{PRINTING}", ".lines:has-text('G1 ')")),
    Scene(name="history", show=_at("history", ".entry:has-text('key-ring')")),
    Scene(
        name="receipt",
        show=_dialog("history", ".entry:has-text('key-ring')", ".dialog .facts", ".dialog table"),
        leaves_by_escape=True,
    ),
    Scene(name="recovery", show=_at(f"recovery/{BROKEN}", ".steps-list code:has-text('G28')")),
    Scene(name="settings", show=_at("settings", "h2:has-text('Log')", "pre.lines[aria-label='Log']")),
    Scene(name="audit", show=_at("audit", ".audit .entry")),
    Scene(
        name="prompt",
        show=_at(f"printer/{QUIET}", ".dialog .prompt-text", ".dialog footer button:enabled"),
        arrange=Stage.let_ask,
    ),
    Scene(name="emergency", show=_stopped, arrange=Stage.stop),
    Scene(name="sign-in", show=_forget),
)


async def walk(stage: Stage, browser: Browser, target: Path, looked: Looked) -> None:
    """Takes `target/SCENE-LOOK.png` of everything."""
    async with AsyncExitStack() as stack:
        visitors = {
            look: await stack.enter_async_context(visiting(browser, stage.url, storage_state=stage.kept, **options))
            for look, options in LOOKS.items()
        }
        for visitor in visitors.values():
            await visitor.page.route_web_socket(stage.sockets_of_empty_house, tell_of_a_port)
        for scene in SCENES:
            if scene.arrange is not None:
                await scene.arrange(stage)
            for look, visitor in visitors.items():
                await _take(scene, look, visitor, stage, target, looked)


async def _take(scene: Scene, look: str, visitor: Visitor, stage: Stage, target: Path, looked: Looked) -> None:
    page = visitor.page
    await page.bring_to_front()  # a page behind others may be given no frames, and then nothing of it is ever seen
    place = stage.empty_url if scene.is_in_empty_house else stage.url
    if not page.url.startswith(place):
        await page.goto(place)
        await visitor.sees("nav.nav")
    await scene.show(visitor)
    await page.wait_for_function(SETTLED)
    await asyncio.sleep(stage.pace.settle_seconds)
    await page.screenshot(
        path=target / f"{scene.name}-{look}.png",
        full_page=scene.is_whole and look != "phone",
        animations="disabled",
    )
    await looked(scene.name, look, visitor)
    if scene.leaves_by_escape:
        await page.keyboard.press("Escape")
        await visitor.sees_no(".dialog")
    assert visitor.complaints == [], (scene.name, look, visitor.complaints)


SETTLED = "() => !document.querySelector('.loading') && [...document.images].every((one) => one.complete)"
"""Nothing is awaited, the pictures are there."""
