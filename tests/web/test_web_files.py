"""`/api/storage` and the original's upload paths: what a client can do with files over HTTP."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from hydrogen.files.store import NobodyNeeds
from tests.support.http_peer import Answer
from tests.web.conftest import KEY, READER_KEY, UPLOAD_KEY, StartWeb, Web
from tests.web.test_web_multipart import form
from tests.web.test_web_upload import FORM_TYPE, file_form, left_in, upload


class PrintsA(NobodyNeeds):
    """`a.gcode` is being printed, `b.gcode` waits in the queue."""

    def is_needed(self, path: str) -> str | None:
        return "it is being printed on ender3" if path == "a.gcode" else None

    def is_awaited(self, path: str) -> str | None:
        return "entry 7 waits for it" if path == "b.gcode" else None


async def test_an_upload_says_what_was_stored(web: Web) -> None:
    answer = await upload(web, file_form(path="sub"), key=UPLOAD_KEY)
    [file] = answer.json["files"]
    assert (answer.status, file["path"], file["size_bytes"]) == (201, "sub/a.gcode", 4)
    assert file["sha256"] == hashlib.sha256(b"G28\n").hexdigest() and file["modified_at"].endswith("Z")
    assert answer.json["print"] is None
    assert await web.files.digest_of("sub/a.gcode") == file["sha256"]


async def test_uploading_needs_the_scope_files_and_leaves_nothing_without(web: Web) -> None:
    assert (await upload(web, file_form(), key=READER_KEY)).status == 403
    assert (await web.ask("PUT", "/api/storage/a.gcode", key=READER_KEY, body=b"G28\n")).status == 403
    assert (await web.ask("DELETE", "/api/storage/a.gcode", key=READER_KEY)).status == 403
    assert left_in(web.files.folder) == []


async def test_upload_and_print_starts_a_job_whichever_comes_first(web: Web) -> None:
    for body in (file_form(print="true", printer="ender3"), file_form(print_="true", printer_="ender3")):
        printed = (await upload(web, body)).json["print"]
        assert printed["started"] is True and printed["job"]
    answer = await web.ask("PUT", "/api/storage/b.gcode?print=true&printer=ender3", body=b"G28\n")
    assert answer.json["print"]["started"] is True


async def test_a_file_that_cannot_be_printed_is_stored_and_the_answer_says_why(web: Web) -> None:
    answer = await upload(web, file_form(print="true", printer="ender3"), key=UPLOAD_KEY)
    assert (answer.status, answer.json["print"]["started"]) == (201, False)
    assert answer.json["print"]["error"]["code"] == "forbidden"
    answer = await upload(web, file_form(print="true", printer="nobody"))
    assert answer.json["print"]["error"]["code"] == "not_found"
    assert left_in(web.files.folder) == ["a.gcode"]


async def test_what_prints_is_not_overwritten_or_deleted_and_what_is_awaited_only_by_force(start_web: StartWeb) -> None:
    web = await start_web(store={"needs": PrintsA()})
    for name in ("a.gcode", "b.gcode"):
        (web.files.folder / name).write_text("G1 X1\n")
    for answer in (
        await upload(web, file_form()),
        await upload(web, file_form(path="")),
        await web.ask("PUT", "/api/storage/a.gcode", body=b"G28\n"),
        await web.ask("DELETE", "/api/storage/a.gcode?force=true"),
        await web.ask("DELETE", "/api/storage/b.gcode"),
    ):
        assert (answer.status, answer.code) == (409, "conflict")
        assert answer.json["error"]["details"]["reason"]
    assert (web.files.folder / "a.gcode").read_text() == "G1 X1\n"
    assert (await upload(web, file_form(path="sub"))).status == 201
    assert (await web.ask("DELETE", "/api/storage/b.gcode?force=true")).status == 200


async def test_nothing_is_overwritten_where_that_is_not_wanted(web: Web) -> None:
    assert (await upload(web, file_form())).status == 201
    for body in (file_form(overwrite="false"), file_form(overwrite_="false")):
        assert (await upload(web, body)).status == 409
    assert (await upload(web, file_form())).status == 201


async def test_files_are_listed_in_pages_and_by_folder(web: Web) -> None:
    for name in ("a", "b", "sub/c"):
        await web.ask("PUT", f"/api/storage/{name}.gcode", body=b"G28\n")
    page = (await web.ask("GET", "/api/storage?limit=2", key=READER_KEY)).json
    assert ([file["path"] for file in page["files"]], page["next"], page["folders"]) == (
        ["a.gcode", "b.gcode"],
        "b.gcode",
        ["sub"],
    )
    page = (await web.ask("GET", "/api/storage?limit=2&after=b.gcode")).json
    assert ([file["path"] for file in page["files"]], page["next"]) == (["sub/c.gcode"], None)
    page = (await web.ask("GET", "/api/storage?folder=sub")).json
    assert [file["path"] for file in page["files"]] == ["sub/c.gcode"]
    assert (await web.ask("GET", f"/api/storage?key={KEY}", key=None)).status == 200
    for query in ("limit=x", "limit=0", "limit=-1", "unknown=1", "limit=99999999999"):
        assert (await web.ask("GET", f"/api/storage?{query}")).status == 400


async def test_files_and_folders_are_deleted(web: Web) -> None:
    for name in ("a", "sub/c"):
        await web.ask("PUT", f"/api/storage/{name}.gcode", body=b"G28\n")
    assert (await web.ask("DELETE", "/api/storage/a.gcode")).json["file"]["path"] == "a.gcode"
    assert (await web.ask("DELETE", "/api/storage/a.gcode")).status == 404
    assert (await web.ask("DELETE", "/api/storage/sub")).status == 409
    assert (await web.ask("DELETE", "/api/storage/sub?recursive=maybe")).status == 400
    assert (await web.ask("DELETE", "/api/storage/sub?recursive=true")).json == {"files": 1}
    assert list(web.files.folder.glob("[!.]*")) == []


async def original(web: Web, path: str, body: bytes, key: str | None = KEY) -> Answer:
    return await web.ask("POST", path, key=key, headers=FORM_TYPE, body=body)


@pytest.mark.parametrize("path", ["/api/upload", "/api/system/upload", "/upload"])
async def test_the_original_servers_clients_get_its_answers(start_web: StartWeb, path: str) -> None:
    web = await start_web(store={"limit_bytes": 1000})
    answer = await original(web, path, file_form(name="Würfel.gcode", print="false"))
    assert (answer.status, answer.json) == (
        200,
        {"files": {"local": {"name": "Würfel.gcode", "origin": "local"}}, "done": True},
    )
    assert left_in(web.files.folder) == ["Würfel.gcode"]
    for status, body, key in (
        (413, file_form(content=b"G1 X1\n" * 1000), KEY),
        (400, form(('name="print"', b"false")), KEY),
        (401, file_form(), None),
        (403, file_form(), READER_KEY),
    ):
        answer = await original(web, path, body, key)
        assert (answer.status, answer.json["done"]) == (status, False) and isinstance(answer.json["error"], str)
    assert (await web.ask("GET", path)).status == 405
    assert left_in(web.files.folder) == ["Würfel.gcode"]


async def test_who_brings_and_who_takes_away_is_on_record(web: Web) -> None:
    await upload(web, file_form())
    await upload(web, file_form(name="../x.gcode"))
    await web.ask("DELETE", "/api/storage/a.gcode")
    assert [(record["action"], record["result"]) for record in web.server._house.audit._waiting] == [
        ("file.upload", "ok"),
        ("file.upload", "invalid_message"),
        ("file.delete", "ok"),
    ]


async def test_a_part_of_a_file_does_not_take_the_place_of_the_whole(web: Web) -> None:
    """`curl -C - -T` sends what it takes for the rest."""
    await web.ask("PUT", "/api/storage/a.gcode", body=b"G28\nG1 X1\n")
    for path in ("/api/storage/a.gcode", "/api/storage/new.gcode"):
        answer = await web.ask("PUT", path, headers={"Content-Range": "bytes 4-9/10"}, body=b"G1 X1\n")
        assert (answer.status, answer.json["error"]["details"]["field"]) == (400, "Content-Range")
    assert left_in(web.files.folder) == ["a.gcode"]
    assert (await web.ask("GET", "/api/storage/a.gcode")).body == b"G28\nG1 X1\n"


async def test_only_the_version_that_is_named_is_replaced_fetched_or_deleted(web: Web) -> None:
    first = await web.ask("PUT", "/api/storage/a.gcode", body=b"G28\n")
    old = f'"{first.json["file"]["sha256"]}"'
    replaced = await web.ask("PUT", "/api/storage/a.gcode", headers={"If-Match": f'"x", {old}'}, body=b"G28\nG28\n")
    assert replaced.status == 201
    for method, body in (("PUT", b"G28\n"), ("DELETE", None), ("GET", None), ("HEAD", None)):
        for wanted in (old, f'W/"{replaced.json["file"]["sha256"]}"', ""):
            answer = await web.ask(method, "/api/storage/a.gcode", headers={"If-Match": wanted}, body=body)
            assert answer.status == 412, (method, wanted)
    assert (await web.ask("GET", "/api/storage/a.gcode", headers={"If-Match": "*"})).body == b"G28\nG28\n"
    assert (await web.ask("PUT", "/api/storage/no.gcode", headers={"If-Match": "*"}, body=b"G28\n")).code == "conflict"
    assert left_in(web.files.folder) == ["a.gcode"]
    assert (await web.ask("DELETE", "/api/storage/a.gcode", headers={"If-Match": "*"})).status == 200


async def test_what_was_replaced_while_the_other_version_came_is_kept(web: Web) -> None:
    old = (await web.ask("PUT", "/api/storage/a.gcode", body=b"G28\n")).json["file"]["sha256"]
    head = f'PUT /api/storage/a.gcode HTTP/1.1\r\nHost: x\r\nAuthorization: Key {KEY}\r\nIf-Match: "{old}"\r\n'
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(f"{head}Content-Length: 8\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n".encode())
    assert b"100" in await reader.readline()  # it is wanted, and was looked at once
    await web.ask("PUT", "/api/storage/a.gcode", body=b"G28\nG1\n")
    writer.write(b"G28\nG28\n")
    assert b" 412 " in await reader.read()
    writer.close()
    assert (await web.ask("GET", "/api/storage/a.gcode")).body == b"G28\nG1\n"
