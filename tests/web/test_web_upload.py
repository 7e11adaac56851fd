"""Uploads over a real socket: whatever is wrong with one, nothing of it stays."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from hydrogen.files.space import Space
from hydrogen.web.upload import MOST_UPLOADS
from tests.support.http_peer import DEADLINE_SECONDS, Answer, answer_from
from tests.support.waiting import wait_until
from tests.web.conftest import KEY, StartWeb, Web
from tests.web.test_web_multipart import form

GCODE = b"".join(b"G1 X%d Y%d\n" % (number % 200, number % 190) for number in range(3_800)) * 53
FORM_TYPE = {"Content-Type": "multipart/form-data; boundary=b0undary"}


def left_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def file_form(*, name: str = "a.gcode", content: bytes = b"G28\n", **fields: str) -> bytes:
    """Fields whose names end in `_` come behind the file."""
    before = [(f'name="{key}"', value.encode()) for key, value in fields.items() if not key.endswith("_")]
    behind = [(f'name="{key[:-1]}"', value.encode()) for key, value in fields.items() if key.endswith("_")]
    return form(
        *before, (f'name="file"; filename="{name}"\r\nContent-Type: application/octet-stream', content), *behind
    )


async def upload(web: Web, body: bytes, *, path: str = "/api/storage", key: str = KEY) -> Answer:
    return await web.ask("POST", path, key=key, headers=FORM_TYPE, body=body)


@asynccontextmanager
async def opened(web: Web, head: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection on which this request's head has been sent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            writer.write(f"{head}\r\nHost: localhost\r\nAuthorization: Key {KEY}\r\n\r\n".encode())
            yield reader, writer
    finally:
        writer.close()


async def test_a_large_form_is_stored_whole(web: Web) -> None:
    answer = await upload(web, file_form(content=GCODE, path="sub/deep"))
    assert answer.status == 201, answer.body
    assert (web.files.folder / "sub/deep/a.gcode").read_bytes() == GCODE
    assert left_in(web.files.folder) == ["sub/deep/a.gcode"]


@pytest.mark.parametrize("fields", [{"path": "x", "select": "true"}, {"path_": "x", "userdata_": "{}"}])
async def test_fields_count_before_and_behind_the_file(web: Web, fields: dict[str, str]) -> None:
    assert (await upload(web, file_form(**fields))).status == 201  # type: ignore[arg-type]
    assert left_in(web.files.folder) == ["x/a.gcode"]


async def test_several_files_come_in_one_form(web: Web) -> None:
    body = form(*[(f'name="file"; filename="{number}.gcode"', b"G28\n") for number in range(3)], ('name="path"', b"p"))
    assert [file["path"] for file in (await upload(web, body)).json["files"]] == ["p/0.gcode", "p/1.gcode", "p/2.gcode"]
    body = form(*[(f'name="file"; filename="{number}.gcode"', b"G28\n") for number in range(9)])
    assert (await upload(web, body)).status == 400
    assert len(left_in(web.files.folder)) == 3


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid_message"),
        (form(('name="print"', b"true")), 400, "invalid_message"),
        (form(('name="file"; filename=""', b"")), 400, "invalid_message"),
        (file_form(name="../x.gcode"), 400, "invalid_message"),
        (file_form(name="x.sh"), 400, "invalid_message"),
        (file_form(path="../.."), 400, "invalid_message"),
        (file_form(path_="../.."), 400, "invalid_message"),
        (file_form(path_="con"), 400, "invalid_message"),
        (file_form(note="x" * 5000), 400, "invalid_message"),
        (file_form(content=GCODE)[:-12], 400, "invalid_message"),
        (file_form(content=b""), 400, "file_rejected"),
        (file_form(content=b"\x7fELF\0\0"), 400, "file_rejected"),
        (file_form(name="a.gcode.gz", content=b"no gzip"), 400, "file_rejected"),
        (file_form(name="a.gcode.gz", content=gzip.compress(GCODE, 1)[:-9]), 400, "file_rejected"),
        (file_form(content=GCODE * 3), 413, "invalid_message"),
    ],
)
async def test_what_is_wrong_is_refused_and_leaves_nothing(
    start_web: StartWeb, body: bytes, status: int, code: str
) -> None:
    web = await start_web(store={"limit_bytes": 6_000_000})
    answer = await upload(web, body)
    assert (answer.status, answer.code) == (status, code), answer.body
    assert left_in(web.files.folder) == [] and not web.reports


async def test_a_form_of_another_kind_is_refused(web: Web) -> None:
    for kind in ("application/json", "multipart/form-data", "multipart/mixed; boundary=b0undary"):
        answer = await web.ask("POST", "/api/storage", headers={"Content-Type": kind}, body=file_form())
        assert (answer.status, answer.json["error"]["details"]["field"]) == (400, "Content-Type")


async def test_a_body_is_put_as_it_is_or_packed(web: Web) -> None:
    assert (await web.ask("PUT", "/api/storage/s/a.gcode", body=GCODE)).status == 201
    packed = await web.ask(
        "PUT", "/api/storage/s/b.gcode", headers={"Content-Encoding": "gzip"}, body=gzip.compress(GCODE)
    )
    assert packed.status == 201
    assert (web.files.folder / "s/a.gcode").read_bytes() == (web.files.folder / "s/b.gcode").read_bytes() == GCODE
    unknown = await web.ask("PUT", "/api/storage/c.gcode", headers={"Content-Encoding": "br"}, body=b"G28\n")
    assert (unknown.status, unknown.json["error"]["details"]["reason"]) == (400, "encoding")
    kept = await web.ask("PUT", "/api/storage/s/a.gcode", headers={"If-None-Match": "*"}, body=b"G28\n")
    assert (kept.status, kept.code) == (409, "conflict")


async def test_a_body_in_chunks_is_bounded_too(start_web: StartWeb) -> None:
    web = await start_web(store={"limit_bytes": 1_000_000})
    async with opened(web, "PUT /api/storage/a.gcode HTTP/1.1\r\nTransfer-Encoding: chunked") as (reader, writer):
        for _ in range(20):
            writer.write(b"%x\r\n%b\r\n" % (100_000, GCODE[:100_000]))
        writer.write(b"0\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"413"
    await wait_until(lambda: not left_in(web.files.folder))


@pytest.mark.parametrize(
    ("target", "more", "store", "status"),
    [
        ("PUT /api/storage/a.gcode", "", {}, 100),
        ("PUT /api/storage/a.gcode", "", {"limit_bytes": 99_999}, 413),
        ("PUT /api/storage/a.gcode", "", {"space": Space(Path(), probe=lambda _folder: 50_000_000)}, 507),
        ("PUT /api/storage/a.sh", "", {}, 400),
        ("PUT /api/storage/x%2f..%2fa.gcode", "", {}, 400),
        ("POST /api/storage", "Content-Type: multipart/form-data; boundary=x\r\n", {}, 100),
        ("POST /api/storage", "Content-Type: multipart/form-data; boundary=x\r\n", {"limit_bytes": 30_000}, 413),
        ("POST /api/storage", "Content-Type: text/plain\r\n", {}, 400),
        ("POST /upload", "Content-Type: multipart/form-data; boundary=x\r\n", {"limit_bytes": 30_000}, 413),
    ],
)
async def test_who_waits_for_100_is_refused_before_it_sends(
    start_web: StartWeb, target: str, more: str, store: dict[str, object], status: int
) -> None:
    web = await start_web(store=store)
    head = f"{target} HTTP/1.1\r\nContent-Length: 100000\r\n{more}Expect: 100-continue"
    async with opened(web, head) as (reader, _):
        assert int((await reader.readline()).split()[1]) == status


async def test_without_the_right_nobody_is_asked_to_send(web: Web) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
    writer.write(
        b"PUT /api/storage/a.gcode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
    )
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
async def test_a_client_that_goes_away_leaves_nothing(web: Web, share: float) -> None:
    body = file_form(content=GCODE)
    head = f"POST /api/storage HTTP/1.1\r\nContent-Length: {len(body)}\r\nContent-Type: {FORM_TYPE['Content-Type']}"
    async with opened(web, head) as (_, writer):
        writer.write(body[: int(len(body) * share)])
        await writer.drain()
        if share:
            await wait_until(lambda: left_in(web.files.folder))
    await wait_until(lambda: not left_in(web.files.folder) and not web.files._incoming)
    assert not web.reports


async def test_a_client_that_stands_still_is_given_up(start_web: StartWeb) -> None:
    web = await start_web(upload_idle_seconds=0.05)
    async with opened(web, "PUT /api/storage/a.gcode HTTP/1.1\r\nContent-Length: 1000") as (reader, writer):
        writer.write(b"G28\n")
        data = await reader.readuntil(b"}}")
        assert answer_from(data).status == 400 and b"nothing came" in data
    assert left_in(web.files.folder) == []


async def test_a_full_disk_is_507_and_the_next_one_goes_well(start_web: StartWeb) -> None:
    free_bytes = [100_000_000]
    web = await start_web(store={"space": Space(Path(), reserve_bytes=0, probe=lambda _folder: free_bytes[0])})
    free_bytes[0] = 1_000_000
    answer = await upload(web, file_form(content=GCODE))
    assert (answer.status, answer.code) == (507, "disk_full")
    assert left_in(web.files.folder) == []
    free_bytes[0] = 100_000_000
    assert (await upload(web, file_form(content=GCODE))).status == 201


async def test_the_next_one_waits_for_a_place_and_not_for_ever(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    async with AsyncExitStack() as stack:
        writers = []
        for number in range(MOST_UPLOADS):
            head = f"PUT /api/storage/{number}.gcode HTTP/1.1\r\nContent-Length: 4"
            writers.append((await stack.enter_async_context(opened(web, head)))[1])
        await wait_until(lambda: web.files._incoming == MOST_UPLOADS)
        with monkeypatch.context() as impatient:
            impatient.setattr("hydrogen.web.upload.SLOT_SECONDS", 0.05)
            refused = await web.ask("PUT", "/api/storage/late.gcode", body=b"G28\n")
        assert (refused.status, refused.headers["retry-after"]) == (503, "5")
        waiting = asyncio.create_task(web.ask("PUT", "/api/storage/next.gcode", body=b"G28\n"))
        writers[0].write(b"G28\n")
        assert (await waiting).status == 201
    await wait_until(lambda: not web.files._incoming)
    assert left_in(web.files.folder) == ["0.gcode", "next.gcode"]
