"""PrusaLink's upload, as PrusaSlicer's host type "PrusaLink" sends it."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.octoprint.prusalink import is_true
from tests.web.conftest import KEY, READER_KEY, UPLOAD_KEY, Web

CONTENT = b"G28\nG1 X10\n"


async def put(web: Web, path: str, *, key: str = KEY, **headers: str) -> Any:
    given = {"X-Api-Key": key, "Content-Type": "text/x.gcode", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return await web.ask("PUT", path, key=None, headers=given, body=CONTENT)


async def test_there_is_one_storage(web: Web) -> None:
    for key, is_read_only in ((KEY, False), (READER_KEY, True)):
        answer = await web.ask("GET", "/api/v1/storage", key=None, headers={"X-Api-Key": key})
        (storage,) = answer.json["storage_list"]
        assert (storage["path"], storage["available"], storage["read_only"]) == ("/local", True, is_read_only)
        assert storage["free_space"] > 0


async def test_a_file_is_put_and_printed(web: Web) -> None:
    answer = await put(web, "/api/v1/files/local/a%20b/cube.gcode", Overwrite="?1", Print_After_Upload="?1")
    assert answer.status == 201
    assert answer.headers["location"] == "http://localhost/api/v1/files/local/a%20b/cube.gcode"
    assert (web.files.folder / "a b" / "cube.gcode").read_bytes() == CONTENT
    (printer, request) = web.fleet.requests[-1]
    assert printer == "ender3" and request.file == "a b/cube.gcode"  # type: ignore[attr-defined]


async def test_nothing_is_written_over_or_printed_unasked(web: Web) -> None:
    assert (await put(web, "/api/v1/files/local/x.gcode")).status == 201
    refused = await put(web, "/api/v1/files/local/x.gcode", Overwrite="?0")
    assert refused.status == 409 and isinstance(refused.json["error"], str)
    assert (await put(web, "/api/v1/files/local/x.gcode", Overwrite="?1")).status == 201
    assert not web.fleet.requests


async def test_rights_are_those_of_the_key(web: Web) -> None:
    assert (await put(web, "/api/v1/files/local/x.gcode", key=READER_KEY)).status == 403
    assert await web.files.list() == []
    assert (await put(web, "/api/v1/files/local/x.gcode", key=UPLOAD_KEY, Print_After_Upload="?1")).status == 403
    assert len(await web.files.list()) == 1


@pytest.mark.parametrize(("value", "truth"), [("?1", True), ("1", True), ("True", True), ("?0", False), (None, False)])
def test_structured_booleans_are_read(value: str | None, truth: bool) -> None:
    assert is_true(value) is truth
