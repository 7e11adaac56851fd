"""Moonraker's door, as PrusaSlicer and OrcaSlicer use it."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.moonraker.slicer import CONTENT, HEADERS, form
from tests.web.conftest import KEY, READER_KEY, UPLOAD_KEY, Web

SLICER = [("root", "gcodes"), ("path", "calibration"), ("print", "true")]


async def upload(web: Web, fields: list[tuple[str, str]], *, key: str = KEY, **options: Any) -> Any:
    headers = {**HEADERS, "X-Api-Key": key}
    return await web.ask("POST", "/server/files/upload", key=None, headers=headers, body=form(fields, **options))


async def test_a_slicer_finds_moonraker_with_its_key_only(web: Web) -> None:
    answer = await web.ask("GET", "/server/info", key=None, headers={"X-Api-Key": KEY})
    assert answer.status == 200 and answer.body.startswith(b'{"result":')
    assert answer.json["result"]["klippy_state"] == "ready" and answer.json["result"]["moonraker_version"]
    for headers in ({}, {"X-Api-Key": "wrong"}):
        refused = await web.ask("GET", "/server/info", key=None, headers=headers)
        assert refused.status == 401 and refused.json["error"]["code"] == 401


async def test_the_printer_is_described(web: Web) -> None:
    for path in ("/printer/info", "/printers/ender3/printer/info"):
        answer = await web.ask("GET", path, key=None, headers={"Authorization": f"Bearer {KEY}"})
        assert answer.status == 200 and answer.json["result"]["state"] == "ready"
    assert (await web.ask("GET", "/printers/nobody/printer/info")).status == 404


async def test_an_upload_is_stored_in_its_folder_and_printed(web: Web) -> None:
    answer = await upload(web, SLICER)
    assert answer.status == 201
    assert answer.json["item"]["path"] == "calibration/cube.gcode" and answer.json["print_started"] is True
    assert (web.files.folder / "calibration" / "cube.gcode").read_bytes() == CONTENT
    (printer, request) = web.fleet.requests[-1]
    assert printer == "ender3" and request.file == "calibration/cube.gcode"  # type: ignore[attr-defined]


async def test_an_upload_without_print_is_stored_only(web: Web) -> None:
    checksum = hashlib.sha256(CONTENT).hexdigest()
    answer = await upload(web, [("root", "gcodes"), ("checksum", checksum)], name="größe 1.gcode")
    assert answer.status == 201 and answer.json["print_started"] is False
    assert answer.json["item"]["path"] == "größe 1.gcode"
    assert answer.headers["location"] == "/server/files/gcodes/gr%C3%B6%C3%9Fe%201.gcode"
    assert not web.fleet.requests


@pytest.mark.parametrize("fields", [[("root", "config")], [("root", "gcodes"), ("checksum", "0" * 64)]])
async def test_what_is_for_elsewhere_or_came_damaged_does_not_stay(web: Web, fields: list[tuple[str, str]]) -> None:
    answer = await upload(web, fields)
    assert answer.status == 400 and answer.json["error"]["message"]
    assert await web.files.list() == []


async def test_rights_are_those_of_the_key(web: Web) -> None:
    assert (await upload(web, SLICER[:2], key=READER_KEY)).status == 401
    assert await web.files.list() == []
    assert (await upload(web, SLICER, key=UPLOAD_KEY)).status == 401  # stored, but it may not print
    assert [file.path for file in await web.files.list()] == ["calibration/cube.gcode"]
