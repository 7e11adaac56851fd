"""The dashboard in a real browser, against a real service with a virtual printer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from hydrogen.cli.client import connected
from hydrogen.cli.snapshot import snapshot_of
from tests.integration.house_process import KEY, running_house, until
from tests.integration.test_host_truth import Firmware
from tests.support.waiting import wait_until_answered
from tests.webui.browser import AXE, needs_browser, visiting
from tests.webui.home import PRINTER, Home, open_home
from tests.webui.path_proxy import path_proxy
from tests.webui.printables import HEAD, LONG, layers, start_print, upload

pytestmark = [needs_browser, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

HOSTILE = "<img src=x onerror=document.title='taken'>.gcode"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole_home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    async with open_home(tmp_path_factory.mktemp("home")) as home:
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def home(whole_home: Home) -> AsyncIterator[Home]:
    yield whole_home
    await whole_home.bring_to_rest()


async def test_a_print_is_run_from_the_page(home: Home) -> None:
    async with home.visitor() as visitor:
        await start_print(visitor, home, "cube.gcode")
        await visitor.is_status("printing")
        await visitor.presses_twice("Pause", "Press again", ".job")
        await visitor.is_status("paused")
        await visitor.presses("Resume", ".job")
        await visitor.is_status("printing")
        await visitor.presses_twice("Cancel print", "Cancel for good", ".job")
        await visitor.sees(".verdict:has-text('Print cancelled')")
        await visitor.go("History")
        await visitor.page.click(".entry:has-text('cube.gcode')")
        await visitor.sees(".dialog:has-text('Receipt of cube.gcode') .facts:has-text('key1')")


async def test_the_printer_is_let_go_and_connected_again(home: Home) -> None:
    async with home.visitor() as visitor:
        await visitor.presses_twice("Disconnect", "Press again")
        await visitor.is_status("offline")
        await visitor.sees(".bar:has-text('The printer is not connected')")
        await visitor.presses("Connect", ".bar")
        await visitor.is_status("idle")


async def test_heat_and_moves_stay_within_what_the_printer_is_made_for(home: Home) -> None:
    async with home.visitor() as visitor:
        await visitor.page.fill("input[aria-label='Target of Nozzle in °C']", "300")
        await visitor.page.keyboard.press("Enter")
        await visitor.sees(".notice:has-text('260 °C at most')")
        await visitor.presses("Home all")
        await visitor.sees(".position:has-text('0.00')")
        await visitor.sees("button[aria-label='Move X by 0 mm']:disabled")
        await visitor.page.click("button[aria-label='Move X by 10 mm']")
        await visitor.sees("button[aria-label='Move X by -10 mm']:not(:disabled)")
        await visitor.page.fill("input[aria-label='Target of Bed in °C']", "45")
        await visitor.page.keyboard.press("Enter")
        await visitor.sees("tr:has-text('Bed') td:has-text('45')")
        await visitor.page.locator(".factor:has-text('Fan') input").fill("50")
        await visitor.sees(".factor:has-text('50 %')")
        await until(lambda: home.printer.printer.machine.fans.get(0) == 128)
        await visitor.sees(factor("Speed", 100))
        await home.ask("printer.send_gcode", {"lines": ["M220 S70", "M106 P1 S255"]}, PRINTER)
        for label, percent in (("Speed", 70), ("Fan 1", 100), ("Fan", 50)):
            await visitor.sees(factor(label, percent))
    async with home.visitor() as visitor:
        for label, percent in (("Speed", 70), ("Fan 1", 100), ("Fan", 50)):
            await visitor.sees(factor(label, percent))
        home.printer.do(lambda printer, now: printer.choose_at_panel("M106 S0", now))
        await visitor.sees(factor("Fan", 0))
    await home.ask("printer.send_gcode", {"lines": ["M220 S100", "M107 P1"]}, PRINTER)


def factor(label: str, percent: int) -> str:
    return f".factor:has(span:text-is('{label}')) output:text-is('{percent} %')"


async def test_what_is_wrong_with_the_host_is_shown_to_whoever_comes_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware = Firmware(tmp_path)
    firmware.say("0x50005")
    monkeypatch.setenv("PATH", f"{firmware.folder}:{os.environ['PATH']}")
    async with open_home(tmp_path) as home:
        await wait_until_answered(lambda: _is_ill(home), 60)
        async with home.visitor() as visitor:
            await visitor.page.click(".signal:has-text('Host') > button")
            await visitor.sees(".signal:has-text('Host'):has-text('Under-voltage')")


async def _is_ill(home: Home) -> bool:
    async with connected(home.house.address) as client:
        return "under_voltage" in (await snapshot_of(client))["host_trouble"]


async def test_what_others_wrote_is_shown_as_text(home: Home) -> None:
    text = HEAD + "M117 <script>document.title='taken'</script>\nM0 <b>Go?</b>\n" + layers(LONG)
    async with home.visitor() as visitor:
        await start_print(visitor, home, HOSTILE, text)
        await visitor.sees(".dialog .prompt-text:has-text('<b>Go?</b>')")
        await visitor.sees(".display:has-text('<script>document.title')")
        assert "taken" not in await visitor.page.title()
        assert await visitor.page.locator("main img[src=x], .dialog b, main script").count() == 0
        await visitor.page.click(".dialog footer button")
        await visitor.sees_no(".dialog")


async def test_a_question_is_not_answered_by_who_cannot_have_read_it(home: Home) -> None:
    async with home.visitor() as visitor:
        await visitor.page.evaluate(
            """() => {
              const usual = setTimeout;
              window.setTimeout = (run, after, ...more) => {
                if (after !== 400) return usual(run, after, ...more);
                window.letRead = run;
                return 0;
              };
            }"""
        )
        await upload(visitor, home, "asking.gcode", HEAD + "M0 Ready?\n" + layers(LONG))
        await home.ask("job.start", {"file": "asking.gcode"}, PRINTER)
        await visitor.sees(".dialog .prompt-text:has-text('Ready?')")
        await visitor.sees(".dialog footer button:disabled")
        await visitor.page.evaluate("letRead()")
        await visitor.page.click(".dialog footer button:enabled")
        await visitor.sees_no(".dialog")


async def test_an_object_is_left_out_for_good(home: Home) -> None:
    parts = "".join(
        f";LAYER_CHANGE\n;Z:{n / 5}\nG1 Z{n / 5} F600\nM486 S0\nM486 A<b>left</b>\nG1 X10 Y10 F3000\nG1 X60 E1\nM486 S-1\n"
        f"M486 S1\nM486 Aright\nG1 X110 Y90\nG1 X180 E2\nM486 S-1\n"
        for n in range(1, LONG + 1)
    )
    async with home.visitor() as visitor:
        await start_print(visitor, home, "plate.gcode", HEAD + "M486 T2\n" + parts)
        await visitor.is_status("printing")
        await visitor.go("G-code")
        await visitor.page.click(".objects button:has-text('<b>left</b>')")
        await visitor.presses_twice("Leave out <b>left</b>", "For good")
        await visitor.sees(".objects li:has-text('left out'):has-text('<b>left</b>')")
        assert await visitor.page.locator("button:has-text('Leave out')").count() == 0


async def test_the_emergency_stop_is_in_reach_above_every_dialog(home: Home) -> None:
    async with home.visitor() as visitor:
        await upload(visitor, home, "a.gcode", HEAD + layers(1))
        await visitor.page.click(".file:has-text('a.gcode')")
        await visitor.sees(".dialog")
        await visitor.page.click(".stop")
        await visitor.is_status("halted")
        await visitor.page.keyboard.press("Escape")
        await visitor.go("Printer")
        await visitor.sees(".bar.bad:has-text('The printer is stopped')")
        await visitor.page.click(".stop")  # once more, to be sure
        await visitor.sees(".notice.good:has-text('stopped already')")


async def test_who_is_unknown_sees_nothing_and_who_may_only_look_has_no_controls(home: Home) -> None:
    async with visiting(home.browser, home.url) as visitor:
        page = visitor.page
        await visitor.sign_in("a-wrong-key-123")
        await visitor.sees(".refusal:has-text('not known')")
        await visitor.sign_in(KEY)
        await visitor.is_status("idle")
        await visitor.go("Settings")
        await visitor.presses("Make a key")
        await page.fill(".dialog input[name=name]", "panel")
        for scope in ("control printers", "print", "change files", "emergency stop"):
            await page.uncheck(f".dialog label:has(span:text-is('{scope}')) input")
        await page.click(".dialog button[type=submit]")
        key = await (await visitor.sees(".dialog .secret")).text_content()
        await page.keyboard.press("Escape")
        await visitor.sees(".entry:has-text('panel')")
        await page.click("a:has-text('Who did what')")
        await visitor.sees(".audit .entry:has-text('key.create')")
        assert key not in await page.content()
        await visitor.go("Settings")
        await visitor.presses("Sign out")
        await visitor.sees("form input[name=key]")
        assert await page.evaluate("sessionStorage.length + localStorage.length") == 0
        await visitor.sign_in(key)
        await visitor.is_status("idle")
        for selector in (".stop", ".pad", ".target", ".extrude", "nav a:has-text('Terminal')"):
            assert await page.locator(selector).count() == 0, selector
        await visitor.go("Files")
        await visitor.sees("h1:has-text('Files')")
        assert await page.locator("button:has-text('Upload')").count() == 0
        await page.goto(f"{home.url}#/audit")
        await visitor.sees("main:has-text('for administrators')")


async def test_what_broke_off_is_recovered_after_approval(home: Home) -> None:
    async with home.visitor() as visitor:
        moves_before = len(home.printer.ledger.moves)
        await start_print(visitor, home, "long.gcode")
        await visitor.is_status("printing")
        await until(lambda: len(home.printer.ledger.moves) > moves_before + 12)
        home.printer.reset()
        await visitor.sees(".bar:has-text('broke off')")
        await visitor.is_status("idle")
        await visitor.page.click("a:has-text('See the recovery plan')")
        await visitor.sees(".steps-list code:has-text('G28 X Y')")
        await visitor.sees(".warnings:has-text('What you measured goes into “Measured nozzle height”')")
        await visitor.presses_twice("I have looked", "Press again")
        await visitor.is_status("printing")


async def test_a_height_that_nobody_knows_is_asked_for_in_its_field(home: Home) -> None:
    async with home.visitor() as visitor:
        moves_before = len(home.printer.ledger.moves)
        await start_print(visitor, home, "parked.gcode")
        await visitor.is_status("printing")
        await until(lambda: len(home.printer.ledger.moves) > moves_before + 12)
        await visitor.presses_twice("Pause", "Press again", ".job")
        await visitor.is_status("paused")
        home.printer.reset()
        await visitor.sees(".bar:has-text('broke off')")
        await visitor.is_status("idle")
        await visitor.page.click("a:has-text('See the recovery plan')")
        await visitor.sees(
            ".refusal:has-text('measure its height over the bed'):has-text('Fill in “Measured nozzle height”')"
        )
        await visitor.sees_no(".steps-list")
        field = visitor.page.locator(".field:has-text('Measured nozzle height') input")
        await visitor.presses("Compute again")
        assert await field.evaluate("(field) => field.matches(':invalid') && field === document.activeElement")
        await field.fill("3.5")
        await visitor.presses("Compute again")
        await visitor.sees(".steps-list code:has-text('G92 Z3.5')")
        await visitor.sees_no(".refusal")
        assert "z_mm" not in await visitor.page.inner_text("main")
        await visitor.presses_twice("Give the print up", "Give up for good")
        await visitor.sees("h2:has-text('Nothing to recover')")


async def test_the_queue_waits_for_the_bed(home: Home) -> None:
    async with home.visitor() as visitor:
        await start_print(visitor, home, "first.gcode", HEAD + layers(1))
        await visitor.sees(".verdict:has-text('Print completed')")
        await upload(visitor, home, "part.gcode", HEAD + layers(LONG))
        await visitor.page.click(".file:has-text('part.gcode')")
        await visitor.presses("Add to queue", ".dialog")
        await visitor.go("Queue")
        await visitor.sees(".entries .chip:has-text('Waiting')")
        await visitor.presses("The bed is clear")
        await visitor.sees(".entries .chip:has-text('Printing')")


async def test_a_house_without_printers_gets_its_first_one_here(home: Home, tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        assert house.record is not None
        url = f"http://127.0.0.1:{house.record.web_port}/"
        house.pin_ports()
        async with visiting(home.browser, url) as visitor:
            await visitor.sign_in(KEY)
            await visitor.sees("h1:has-text('No printer yet')")
            await visitor.sees(".first button:has-text('Look again')")
            await visitor.presses("Another port…", ".first")
            await visitor.page.fill(".dialog input[name=port]", "nowhere://")
            await visitor.presses("Add a printer", ".dialog")
            await visitor.sees(".notice.error:has-text('tcp://')")
            await visitor.page.fill(".dialog input[name=name]", "first")
            await visitor.page.fill(".dialog input[name=port]", "virtual:speed=max")
            for axis, size in (("x", "220"), ("y", "210"), ("z", "200")):
                await visitor.page.fill(f".dialog input[name=size-{axis}]", size)
            await visitor.presses("Add a printer", ".dialog")
            await visitor.sees_no(".dialog")
            await visitor.is_status("idle")  # it has come back by itself, and found the printer
            await visitor.go("Settings")
            await visitor.sees("[aria-label=Printers] li:has-text('first'):has-text('virtual:speed=max')")
            await visitor.presses("Remove", "[aria-label=Printers]")
            await visitor.presses("Remove for good?", "[aria-label=Printers]")
            await visitor.sees_no("[aria-label=Printers] li")
            await visitor.go("Printer")
            await visitor.presses("Add a virtual printer", ".first")
            await visitor.is_status("idle")
            assert visitor.complaints == []


async def test_who_may_not_add_a_printer_reads_how_to_name_it(home: Home, tmp_path: Path) -> None:
    async with running_house(tmp_path, {}) as house:
        assert house.record is not None
        async with connected(house.address) as client:
            made = await client.command("key.create", None, {"name": "panel", "scopes": ["read", "control", "print"]})
        async with visiting(home.browser, f"http://127.0.0.1:{house.record.web_port}/") as visitor:
            await visitor.sign_in(made["key"])
            await visitor.sees(".first pre:has-text('[printers.ender3]')")
            assert await visitor.page.query_selector(".first button:has-text('virtual')") is None
            assert visitor.complaints == []


async def test_the_page_works_under_a_path_behind_a_proxy(home: Home) -> None:
    record = home.house.record
    assert record is not None
    async with (
        path_proxy(record.web_port, record.websocket_port) as url,
        visiting(home.browser, url) as visitor,
    ):
        await visitor.sign_in(KEY)
        await visitor.is_status("idle")
        await upload(visitor, home, "a b&c.gcode", HEAD + layers(1))
        assert visitor.complaints == []


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed (make webui)")
async def test_every_page_can_be_used_by_everybody(home: Home) -> None:
    async with home.visitor() as visitor:
        found: dict[str, Any] = {}
        for scheme in ("light", "dark"):
            await visitor.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            for name in ("Printer", "Files", "Queue", "G-code", "Terminal", "History", "Settings"):
                await visitor.go(name)
                await visitor.sees("main h1")
                if name == "Printer":
                    await visitor.page.click(".signal:has-text('Link') > button:not([aria-expanded=true])")
                    await visitor.sees(".diagnosis li")
                found |= {f"{scheme} {name} {one}": one for one in await visitor.findings()}
        assert not found, "\n".join(found)


async def test_the_page_recovers_by_itself_and_misses_no_end_of_a_job(home: Home) -> None:
    house = home.house
    async with home.visitor() as visitor:
        await start_print(visitor, home, "short.gcode", HEAD + layers(60))
        await visitor.is_status("printing")
        house.pin_ports()
        assert house.process is not None
        house.process.kill()
        await house.process.wait()
        await visitor.sees(".live.waiting")
        await house.start()
        await visitor.sees(".live.live")
        await visitor.sees(".verdict:has-text('Print completed')", 60_000)
    assert (await home.ask("job.history", {"limit": 1}, PRINTER))["jobs"][0]["state"] == "completed"
