"""`python -m tests.webui.screenshots [FOLDER]`: the pictures of docs/dashboard, of a house with a print under way."""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
from pathlib import Path

from hydrogen.cli.demo import SAMPLE
from hydrogen.gcode.program.qoi import encode_png
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.integration.house_process import KEY, running_house
from tests.webui.browser import Visitor, browsing, visiting

FOLDER = Path(__file__).parents[2] / "docs" / "dashboard"

LOOKS = {
    "light": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 860}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "has_touch": True},
}

PAGES = {
    "printer": "Printer",
    "files": "Files",
    "queue": "Queue",
    "layers": "G-code",
    "terminal": "Terminal",
    "history": "History",
    "settings": "Settings",
}
"""The printer's page is taken whole (but on a phone), with the health of its link open."""

SECTIONS = {
    "sensors.chamber": 'driver = "command"\ncommand = ["echo", "41.5"]\nlabel = "Chamber"\nprinter = "ender3"',
    "sensors.box": 'driver = "command"\ncommand = ["echo", "23"]\nunit = "percent"\nlabel = "Filament box"',
}

SPEED = 4.0
SETTLE_SECONDS = 1.5
HEATING_SECONDS = 45


def cube_picture(size: int) -> bytes:
    """A cube seen from above a corner, as PNG."""
    tops, lefts, rights = (246, 167, 66, 255), (208, 120, 28, 255), (168, 92, 18, 255)
    pixels = bytearray()
    for row in range(size):
        for column in range(size):
            x, y = (column / size - 0.5) * 2, (row / size - 0.5) * 2
            reach = 0.8 - abs(x) / 2
            is_inside = abs(x) < 0.7 and -reach < y < reach
            face = tops if y < abs(x) / 2 - 0.1 else lefts if x < 0 else rights
            pixels += bytes(face if is_inside else (0, 0, 0, 0))
    return encode_png(bytes(pixels), size, size)


def sample_with_picture() -> str:
    """The sample cube, with a picture as slicers write it."""
    code = base64.b64encode(cube_picture(220)).decode()
    lines = "\n".join(f"; {code[at : at + 78]}" for at in range(0, len(code), 78))
    message = "M117 Calibration cube, first of three"
    return f"; thumbnail begin 220x220 {len(code)}\n{lines}\n; thumbnail end\n{message}\n{SAMPLE.read_text()}"


async def prepare(visitor: Visitor, folder: Path) -> None:
    """Three files, one of them printing, another one waiting."""
    files = [folder / name for name in ("bracket-left.gcode", "calibration-cube.gcode", "lamp-socket.gcode")]
    for file in files:
        file.write_text(f"{sample_with_picture()}; {file.name}\n")
    await visitor.sign_in(KEY)
    await visitor.is_status("idle")
    await visitor.go("Files")
    await visitor.uploads(*files)
    for name in ("bracket-left", "lamp-socket"):
        await visitor.page.click(f".file:has-text('{name}')")
        await visitor.presses("Add to queue", ".dialog")
        await visitor.sees_no(".dialog")
    await visitor.page.click(".file:has-text('calibration-cube')")
    await visitor.presses_twice("Print", "Bed clear", ".dialog footer")
    await visitor.is_status("printing")
    await asyncio.sleep(HEATING_SECONDS)


async def take(target: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="hydrogen-pictures-") as place:
        folder = Path(place)
        printer = VirtualPrinter(folder / "ttyVIRTUAL", speed=SPEED)
        try:
            async with running_house(folder, {"ender3": str(printer.link)}, **SECTIONS) as house, browsing() as browser:
                assert house.record is not None
                url = f"http://127.0.0.1:{house.record.web_port}/"
                (folder / "made").mkdir()
                async with visiting(browser, url) as visitor:
                    await prepare(visitor, folder / "made")
                for look, options in LOOKS.items():
                    async with visiting(browser, url, **options) as visitor:
                        await visitor.page.goto(url)
                        await visitor.sees("input[name=key]")
                        await visitor.page.screenshot(path=target / f"sign-in-{look}.png")
                        await visitor.sign_in(KEY)
                        for page, name in PAGES.items():
                            await visitor.go(name)
                            await asyncio.sleep(SETTLE_SECONDS)
                            if page == "printer" and look != "phone":
                                await visitor.page.click(".signal:has-text('Link') > button")
                                await asyncio.sleep(SETTLE_SECONDS)
                            await visitor.page.screenshot(
                                path=target / f"{page}-{look}.png", full_page=page == "printer" and look != "phone"
                            )
                            print(target / f"{page}-{look}.png")
                        await visitor.page.goto(f"{url}#/audit")
                        await visitor.sees(".audit")
                        await visitor.page.screenshot(path=target / f"audit-{look}.png")
        finally:
            printer.stop()


if __name__ == "__main__":
    chosen = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    chosen.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(chosen))
