"""What clients are told of a file that a slicer made, from its real analysis: list, job, picture, Moonraker's metadata."""

from __future__ import annotations

import base64
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import connected
from hydrogen.gcode.program.qoi import encode_png
from hydrogen_simulators.pytest_plugin import VirtualPrinter
from tests.compat.conftest import Host
from tests.compat.slicer import curl, curl_form
from tests.integration.house_process import running_house
from tests.support.http_peer import Answer, ask
from tests.support.waiting import wait_until_answered

PICTURE = encode_png(bytes(range(48)), 4, 3)
ANALYSIS_SECONDS = 120.0
"""Generous: the analyser gives way to everything else on the machine."""

pytestmark = pytest.mark.timeout(300)

NAME = "würfel 1.gcode"
FILE = "/api/files/local/w%C3%BCrfel%201.gcode"


def content() -> bytes:
    """PrusaSlicer's sample, with a picture as PrusaSlicer 2.6 and later write them."""
    sample = (resources.files("hydrogen.samples") / "cube.gcode").read_bytes()
    head, _, rest = sample.partition(b"\n")
    text = base64.b64encode(PICTURE)
    return head + b"\n;\n; thumbnail begin 4x3 %d\n; %s\n; thumbnail end\n;\n" % (len(text), text) + rest


async def analysed(host: Host, prefix: str = "") -> dict[str, Any]:
    """The file as it is told once its analysis is there."""
    entry: dict[str, Any] = {}

    async def is_analysed() -> bool:
        entry.update((await host.ask("GET", prefix + FILE)).json)
        return "gcodeAnalysis" in entry

    await wait_until_answered(is_analysed, ANALYSIS_SECONDS)
    return entry


async def store(host: Host) -> None:
    answer = await curl(host, "/api/files/local", curl_form([("print", "false"), ("path", "")], NAME, content()))
    assert answer.status == 201


async def without_a_key(host: Host, path: str) -> Answer:
    return await ask(host.port, "GET", path)


async def test_a_file_is_told_as_it_was_analysed(host: Host) -> None:
    await store(host)
    entry = await analysed(host)
    found = entry["gcodeAnalysis"]
    assert 600 < found["estimatedPrintTime"] < 1500  # PrusaSlicer says 18 minutes
    assert found["filament"]["tool0"]["length"] == pytest.approx(1372.0, rel=0.02)  # and 3.30 cm3
    assert found["filament"]["tool0"]["volume"] == pytest.approx(3.3, rel=0.02)
    assert found["dimensions"]["height"] == pytest.approx(20.0, abs=0.5)
    listed = (await host.ask("GET", "/api/files?recursive=true")).json["files"]
    assert [one["gcodeAnalysis"] for one in listed] == [found]
    await its_picture_is_shown_to_who_was_told_its_address(host, entry)
    await moonrakers_clients_are_told_it_in_their_words(host, entry)
    await the_job_tells_the_same(host, entry)


async def its_picture_is_shown_to_who_was_told_its_address(host: Host, entry: dict[str, Any]) -> None:
    for prefix in ("/", "/printers/bench/"):
        picture = await without_a_key(host, prefix + entry["thumbnail"])
        assert (picture.status, picture.headers["content-type"], picture.body) == (200, "image/png", PICTURE)
    assert (await without_a_key(host, FILE)).status == 403


async def moonrakers_clients_are_told_it_in_their_words(host: Host, entry: dict[str, Any]) -> None:
    told = (await host.ask("GET", "/server/files/metadata?filename=w%C3%BCrfel%201.gcode")).json["result"]
    assert (told["slicer"], told["estimated_time"]) == ("PrusaSlicer", entry["gcodeAnalysis"]["estimatedPrintTime"])
    assert told["layer_count"] > 50 and told["nozzle_diameter"] == 0.4
    (thumbnail,) = told["thumbnails"]
    picture = await host.ask("GET", f"/server/files/gcodes/{thumbnail['relative_path']}")
    assert (thumbnail["width"], thumbnail["height"], picture.body) == (4, 3, PICTURE)


async def the_job_tells_the_same(host: Host, entry: dict[str, Any]) -> None:
    assert (await host.ask("POST", FILE, {"command": "select"})).status == 204
    job = (await host.ask("GET", "/api/job")).json["job"]
    assert job["file"]["path"] == NAME
    assert job["estimatedPrintTime"] == entry["gcodeAnalysis"]["estimatedPrintTime"]
    assert job["filament"] == entry["gcodeAnalysis"]["filament"]
    assert (job["averagePrintTime"], job["lastPrintTime"]) == (None, None)
    assert (await host.ask("POST", "/api/job", {"command": "start"})).status == 204

    async def is_printed() -> bool:
        return "prints" in (await host.ask("GET", FILE)).json

    await wait_until_answered(is_printed, ANALYSIS_SECONDS)
    after = (await host.ask("GET", FILE)).json
    job = (await host.ask("GET", "/api/job")).json["job"]
    assert after["prints"]["success"] == 1
    assert after["statistics"]["lastPrintTime"]["_default"] == job["lastPrintTime"] == job["averagePrintTime"] > 0


async def test_the_time_rests_on_the_limits_that_each_printer_told(
    tmp_path: Path, start_virtual_printer: Callable[..., VirtualPrinter]
) -> None:
    limits = {"slow": 200.0, "quick": 20_000.0}
    printers = {name: start_virtual_printer(name, speed=None, acceleration=value) for name, value in limits.items()}
    links = {name: str(printer.link) for name, printer in printers.items()}
    async with running_house(tmp_path, links) as house, connected(house.address) as watcher:
        assert house.record is not None
        host = Host(house, printers["slow"], watcher, house.record.web_port)

        async def are_connected() -> bool:
            jobs = [await host.ask("GET", f"/printers/{name}/api/job") for name in printers]
            return all(job.status == 200 and job.json["state"] == "Operational" for job in jobs)

        await wait_until_answered(are_connected, ANALYSIS_SECONDS)
        told = (await host.ask("GET", "/api/printers")).json["printers"]
        assert {name: told[name]["firmware"]["limits"]["M204"]["P"] for name in limits} == limits
        await store(host)
        entries = [await analysed(host, f"/printers/{name}") for name in limits]
        slow, quick = (entry["gcodeAnalysis"]["estimatedPrintTime"] for entry in entries)
        assert slow > 1.2 * quick
