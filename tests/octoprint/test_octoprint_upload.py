from __future__ import annotations

from typing import Any

import pytest

from hydrogen.errors import FileRejected
from hydrogen.spooler.request import StartJob
from tests.octoprint.conftest import PRINTER, Octo
from tests.support.http_peer import Answer
from tests.web.conftest import READER_KEY, UPLOAD_KEY

FORM = {"Content-Type": "multipart/form-data; boundary=B"}
GCODE = b"G28\nG1 X1\n"


def form(*parts: tuple[str, str | None, bytes]) -> bytes:
    """name, filename, content."""
    body = b""
    for name, filename, content in parts:
        file = f'; filename="{filename}"' if filename is not None else ""
        body += f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'.encode() + content + b"\r\n"
    return body + b"--B--\r\n"


async def send(octo: Octo, *parts: tuple[str, str | None, bytes], **more: Any) -> Answer:
    return await octo.ask("POST", "/api/files/local", form(*parts), headers=FORM, **more)


@pytest.mark.parametrize("is_behind", [False, True])
async def test_fields_may_stand_before_or_behind_the_file(octo: Octo, is_behind: bool) -> None:
    octo.connect()
    file = ("file", "Würfel mit 100%.gcode", GCODE)
    fields = [("path", None, b"a/b"), ("print", None, b"true"), ("plateindex", None, b"1"), ("userdata", None, b"{}")]
    answer = await send(octo, *([file, *fields] if is_behind else [*fields, file]))
    assert answer.status == 201
    told = answer.json
    assert (told["done"], told["effectiveSelect"], told["effectivePrint"]) == (True, True, True)
    assert told["files"]["local"]["path"] == "a/b/Würfel mit 100%.gcode"
    assert answer.headers["location"] == "http://localhost/api/files/local/a/b/W%C3%BCrfel%20mit%20100%25.gcode"
    assert (octo.web.files.folder / "a/b/Würfel mit 100%.gcode").read_bytes() == GCODE
    [request] = octo.requests
    assert isinstance(request, StartJob)
    assert request.file == told["files"]["local"]["path"]


async def test_a_file_is_only_stored_unless_more_is_asked_for(octo: Octo) -> None:
    octo.connect()
    told = (await send(octo, ("file", "a.gcode", GCODE), ("print", None, b"false"))).json
    assert (told["effectiveSelect"], told["effectivePrint"]) == (False, False)
    assert octo.requests == []
    told = (await send(octo, ("file", "b.gcode", GCODE), ("select", None, b"true"))).json
    assert (told["effectiveSelect"], told["effectivePrint"]) == (True, False)
    assert (await octo.ask("GET", "/api/job")).json["job"]["file"]["name"] == "b.gcode"


async def test_only_the_part_called_file_is_one(octo: Octo) -> None:
    answer = await send(octo, ("filename", "x.gcode", b"G28\n"), ("file", "a.gcode", GCODE))
    assert answer.json["files"]["local"]["name"] == "a.gcode"
    assert not (octo.web.files.folder / "x.gcode").exists()


async def test_a_file_is_replaced_unless_it_must_not_be(octo: Octo) -> None:
    octo.put("a.gcode")
    assert (await send(octo, ("file", "a.gcode", GCODE), ("noOverwrite", None, b"true"))).status == 409
    assert (octo.web.files.folder / "a.gcode").read_bytes() == b"G28\n"
    assert (await send(octo, ("file", "a.gcode", GCODE))).status == 201
    assert (octo.web.files.folder / "a.gcode").read_bytes() == GCODE


async def test_a_busy_printer_takes_the_file_and_says_why_it_does_not_print(octo: Octo) -> None:
    octo.start("other.gcode")
    told = (await send(octo, ("print", None, b"true"), ("file", "a.gcode", GCODE))).json
    assert (told["done"], told["effectivePrint"]) == (True, False)
    assert "printing" in told["warning"]


async def test_a_file_that_must_not_be_printed_is_stored_nevertheless(octo: Octo) -> None:
    octo.connect()
    octo.web.fleet.failures[PRINTER] = FileRejected("line 3 is too long")
    told = (await send(octo, ("print", None, b"true"), ("file", "a.gcode", GCODE))).json
    assert (told["effectivePrint"], told["warning"]) == (False, "line 3 is too long")


async def test_rights_are_those_of_the_key(octo: Octo) -> None:
    octo.connect()
    assert (await send(octo, ("file", "a.gcode", GCODE), key=READER_KEY)).status == 403
    assert (await send(octo, ("file", "a.gcode", GCODE), key=None)).status == 403
    told = (await send(octo, ("print", None, b"true"), ("file", "a.gcode", GCODE), key=UPLOAD_KEY)).json
    assert told["effectivePrint"] is False
    assert octo.requests == []


async def test_a_folder_is_made_without_a_file(octo: Octo) -> None:
    answer = await send(octo, ("foldername", None, b"new"), ("path", None, b"a/"))
    assert answer.status == 201
    assert answer.json["folder"]["path"] == "a/new"
    assert answer.headers["location"] == "http://localhost/api/files/local/a/new"
    assert (octo.web.files.folder / "a/new").is_dir()
    assert (await send(octo, ("foldername", None, b"new"), ("path", None, b"a"))).status == 409


@pytest.mark.parametrize(
    ("parts", "status"),
    [
        ([("file", "model.stl", b"solid")], 415),
        ([("path", None, b"a")], 400),
        ([("file", "", b"")], 400),
        ([("file", "a.gcode", GCODE), ("userdata", None, b"{")], 400),
        ([("file", "../a.gcode", GCODE)], 400),
        ([("file", "a.gcode", GCODE), ("path", None, b"../..")], 400),
    ],
)
async def test_what_cannot_be_stored_is_refused(octo: Octo, parts: Any, status: int) -> None:
    answer = await send(octo, *parts)
    assert answer.status == status, answer.body
    assert isinstance(answer.json["error"], str)


async def test_a_json_body_is_no_upload_and_the_card_takes_none(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/files/local", {"foldername": "x"})).status == 400
    assert (await octo.ask("POST", "/api/files/sdcard", form(("file", "a.gcode", GCODE)), headers=FORM)).status == 409
