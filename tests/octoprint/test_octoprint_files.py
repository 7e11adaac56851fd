from __future__ import annotations

from typing import Any

import pytest

from hydrogen.spooler.request import StartJob
from tests.octoprint.conftest import Octo
from tests.web.conftest import READER_KEY

FILE = "/api/files/local/sub/a.gcode"


async def test_files_are_listed_by_folder(octo: Octo) -> None:
    octo.put("b.gcode")
    octo.put("sub/a.gcode")
    flat = (await octo.ask("GET", "/api/files")).json
    assert [(one["name"], one["type"]) for one in flat["files"]] == [("sub", "folder"), ("b.gcode", "machinecode")]
    assert flat["files"][0]["children"] == []
    assert 0 < flat["free"] <= flat["total"]
    deep = (await octo.ask("GET", "/api/files/local?recursive=true")).json["files"]
    assert deep[0]["children"][0]["path"] == "sub/a.gcode"
    folder = (await octo.ask("GET", "/api/files/local/sub")).json
    assert [one["name"] for one in folder["children"]] == ["a.gcode"]
    assert (await octo.ask("GET", "/api/files/sdcard")).json == {"files": []}


async def test_a_file_is_found_and_fetched(octo: Octo) -> None:
    octo.put("sub/a.gcode", b"G28\nG1 X1\n")
    entry = (await octo.ask("GET", FILE, headers={"Host": "pi:5000"})).json
    assert (entry["size"], entry["refs"]["resource"]) == (10, f"http://pi:5000{FILE}")
    assert (await octo.ask("GET", "/downloads/files/local/sub/a.gcode")).body == b"G28\nG1 X1\n"
    part = await octo.ask("GET", "/downloads/files/local/sub/a.gcode", headers={"Range": "bytes=4-"})
    assert (part.status, part.body) == (206, b"G1 X1\n")
    for path in ("/api/files/local/no.gcode", "/downloads/files/local/no.gcode", "/downloads/files/local/%2e%2e/x"):
        assert (await octo.ask("GET", path)).status in (400, 404)


async def test_a_file_is_selected_and_printed(octo: Octo) -> None:
    octo.put("sub/a.gcode")
    assert (await octo.ask("POST", FILE, {"command": "select"})).status == 409
    octo.connect()
    assert (await octo.ask("POST", FILE, {"command": "select", "print": False})).status == 204
    assert octo.requests == []
    assert (await octo.ask("POST", FILE, {"command": "select", "print": True})).status == 204
    [request] = octo.requests
    assert isinstance(request, StartJob)
    assert (await octo.ask("POST", "/api/files/local/no.gcode", {"command": "select"})).status == 404
    assert (await octo.ask("POST", FILE, {"command": "select"}, key=READER_KEY)).status == 403


async def test_a_file_is_copied_and_moved(octo: Octo) -> None:
    octo.put("sub/a.gcode")
    octo.put("other/x.gcode")
    answer = await octo.ask("POST", FILE, {"command": "copy", "destination": "other"})
    assert (answer.status, answer.json["path"]) == (201, "other/a.gcode")
    assert answer.headers["location"] == "http://localhost/api/files/local/other/a.gcode"
    assert (await octo.ask("POST", FILE, {"command": "copy", "destination": "other"})).status == 409
    moved = await octo.ask("POST", FILE, {"command": "move", "destination": "other/b.gcode"})
    assert (moved.status, moved.json["name"]) == (201, "b.gcode")
    assert (await octo.ask("GET", FILE)).status == 404
    top = await octo.ask("POST", "/api/files/local/other/b.gcode", {"command": "move", "destination": "/"})
    assert top.json["path"] == "b.gcode"


async def test_folders_are_copied_and_moved(octo: Octo) -> None:
    octo.put("sub/deep/a.gcode")
    assert (await octo.ask("POST", "/api/files/local/sub", {"command": "copy", "destination": "two"})).status == 201
    assert (octo.web.files.folder / "two/deep/a.gcode").exists()
    assert (await octo.ask("POST", "/api/files/local/sub", {"command": "move", "destination": "three"})).status == 201
    assert (octo.web.files.folder / "three/deep/a.gcode").exists()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"command": "fly"}, 400),
        ({"command": "copy"}, 400),
        ({"command": "slice"}, 409),
        ({"command": "uploadSd"}, 409),
        ({"command": "move", "destination": "../x.gcode"}, 400),
    ],
)
async def test_what_cannot_be_done_is_refused(octo: Octo, body: Any, status: int) -> None:
    octo.put("sub/a.gcode")
    assert (await octo.ask("POST", FILE, body)).status == status


async def test_files_and_folders_are_deleted(octo: Octo) -> None:
    octo.put("sub/a.gcode")
    octo.put("sub/b.gcode")
    assert (await octo.ask("DELETE", FILE, key=READER_KEY)).status == 403
    answer = await octo.ask("DELETE", FILE)
    assert (answer.status, answer.body) == (204, b"")
    assert (await octo.ask("DELETE", FILE)).status == 404
    assert (await octo.ask("DELETE", "/api/files/local/sub")).status == 204
    assert not (octo.web.files.folder / "sub").exists()


async def test_names_are_tried(octo: Octo) -> None:
    octo.put("sub/a.gcode")

    async def ask(command: str, filename: str, path: str | None = "sub") -> Any:
        body = {"command": command, "storage": "local", "path": path, "filename": filename}
        return (await octo.ask("POST", "/api/files/test", body)).json

    there = await ask("exists", "a.gcode")
    assert (there["exists"], there["suggestion"], there["size"]) == (True, "a_1.gcode", 4)
    assert await ask("exists", "b.gcode") == {"exists": False}
    assert await ask("exists", "sub", path=None) == {"exists": True, "suggestion": "sub_1"}
    assert await ask("sanitize", " u\u0308 1.gcode") == {"sanitized": "ü 1.gcode"}
    assert "error" in await ask("sanitize", "..")
