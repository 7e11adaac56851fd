"""Files in Moonraker's ways; what a real analysis tells of them is in tests/compat."""

from __future__ import annotations

from typing import Any

import pytest

from tests.moonraker.slicer import CONTENT
from tests.web.conftest import KEY, READER_KEY, Web


async def ask(web: Web, method: str, path: str, key: str = KEY) -> Any:
    return await web.ask(method, path, key=None, headers={"X-Api-Key": key})


@pytest.fixture
async def stored(web: Web) -> Web:
    (web.files.folder / "sub").mkdir(parents=True)
    (web.files.folder / "sub/a.gcode").write_bytes(CONTENT)
    return web


async def test_files_are_listed_described_and_fetched(stored: Web) -> None:
    (listed,) = (await ask(stored, "GET", "/server/files/list?root=gcodes", READER_KEY)).json["result"]
    assert (listed["path"], listed["size"]) == ("sub/a.gcode", len(CONTENT))
    assert (await ask(stored, "GET", "/server/files/list?root=config")).json["result"] == []
    told = (await ask(stored, "GET", "/server/files/metadata?filename=sub/a.gcode")).json["result"]
    assert (told["filename"], told["size"]) == ("sub/a.gcode", len(CONTENT))
    assert (await ask(stored, "GET", "/server/files/thumbnails?filename=sub/a.gcode")).json["result"] == []
    assert (await ask(stored, "GET", "/server/files/gcodes/sub/a.gcode")).body == CONTENT


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/server/files/metadata", 400),
        ("/server/files/metadata?filename=no.gcode", 404),
        ("/server/files/metadata?filename=../x.gcode", 400),
        ("/server/files/gcodes/no.gcode", 404),
        ("/server/files/gcodes/.thumbs/ab-0.png", 404),
        ("/server/files/gcodes/%2e%2e/keys.json", 400),
    ],
)
async def test_what_is_not_there_is_refused(stored: Web, path: str, status: int) -> None:
    answer = await ask(stored, "GET", path)
    assert (answer.status, answer.json["error"]["code"]) == (status, status)


async def test_a_file_is_printed_and_the_print_is_steered(stored: Web) -> None:
    assert (await ask(stored, "POST", "/printer/print/start?filename=sub/a.gcode")).json == {"result": "ok"}
    for what in ("pause", "resume", "cancel"):
        assert (await ask(stored, "POST", f"/printers/ender3/printer/print/{what}")).json == {"result": "ok"}
    kinds = [type(request).__name__ for _, request in stored.fleet.requests]
    assert kinds == ["StartJob", "PauseJob", "ResumeJob", "CancelJob"]
    assert (await ask(stored, "POST", "/printer/print/cancel", READER_KEY)).status == 401


async def test_the_camera_is_told(web: Web) -> None:
    (told,) = (await ask(web, "GET", "/server/webcams/list")).json["result"]["webcams"]
    assert (told["name"], told["stream_url"]) == ("Bed", "http://pi:8080/?action=stream")
