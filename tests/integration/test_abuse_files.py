"""Names, paths and forms of strangers, at every door that files come in by or go out by. Nothing leaves the files folder,
nothing stays that should not, and the service is as well as before."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

from tests.compat.slicer import BOUNDARY, curl_form
from tests.integration.house_process import KEY, HouseProcess, running_house
from tests.support.http_peer import Answer, ask

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECRET = "nobody-may-read-this"

OUTSIDE = (
    "..%2Fapi_key",
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e/api_key",
    "sub/%2e%2e/%2e%2e/api_key",
    "%2Fetc%2Fpasswd",
    "..%5Capi_key",
    "a%00.gcode",
    "%C0%AE%C0%AE/api_key",
    ".incoming/x.gcode",
    "%0Aa.gcode",
    "a" * 300 + ".gcode",
    "a/" * 200 + "a.gcode",
)
"""As they stand in an address: out of the folder, into what is hidden, and what is no name at all."""

LINK = "link.gcode"
"""A symbolic link that somebody laid into the folder. It is not read through; what is stored under its name takes its place."""

READING = (
    "/api/files/local/{}",
    "/downloads/files/local/{}",
    "/printers/bench/downloads/files/local/{}",
    "/server/files/gcodes/{}",
    "/server/files/metadata?filename={}",
    "/server/files/thumbnails?filename={}",
    "/api/storage/{}",
)
WRITING = ("/api/v1/files/local/{}", "/api/storage/{}")

NAMES = (
    "../x.gcode",
    "..",
    ".",
    "/etc/x.gcode",
    "a\0.gcode",
    "",
    " ",
    ".hidden.gcode",
    "CON.gcode",
    "x.exe",
    "a" * 300 + ".gcode",
)
"""As they stand in a form: what an upload must not be called. Some lose their folder, as browsers have it, and are stored."""

UPLOADS = ("/api/files/local", "/server/files/upload", "/api/storage")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HouseProcess]:
    folder = tmp_path_factory.mktemp("abuse")
    async with running_house(folder, {"bench": str(folder / "ttyNOTHING")}) as made:
        (made.data_dir / "secret.gcode").write_text(SECRET)
        (made.files / LINK).symlink_to(made.data_dir / "secret.gcode")
        yield made


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def unharmed(house: HouseProcess) -> AsyncIterator[None]:
    before = everything_below(house.data_dir)
    yield
    assert (await said(house, "GET", "/api/system/health")).status == 200
    for words in ("Traceback", "defect met", "service failed", "incident"):
        assert words not in house.said, house.said
    inside = {path for path in everything_below(house.data_dir) - before if not path.startswith(STIRRING)}
    assert all(path.startswith("files/") and not path.startswith("files/.incoming/") for path in inside), inside


STIRRING = ("hydrogen.db", "audit/", "session_keys.json", "digests.jsonl", "repeats.jsonl", "analysis/", "receipts/")
"""What the house itself writes beside the files."""


def everything_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


async def said(house: HouseProcess, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    assert house.record is not None, house.said
    return await ask(house.record.web_port, method, path, headers={"X-Api-Key": KEY, **headers}, body=body)


@pytest.mark.parametrize("door", READING)
async def test_nothing_outside_is_read(house: HouseProcess, door: str) -> None:
    for name in (*OUTSIDE, LINK):
        answer = await said(house, "GET", door.format(name))
        assert 400 <= answer.status < 500, (name, answer)
        assert SECRET.encode() not in answer.body and b"root:" not in answer.body, name


@pytest.mark.parametrize("door", WRITING)
async def test_nothing_outside_is_written(house: HouseProcess, door: str) -> None:
    for name in OUTSIDE:
        answer = await said(house, "PUT", door.format(name), b"G28\n", Overwrite="?1")
        assert 400 <= answer.status < 500, (name, answer)
    await said(house, "PUT", door.format(LINK), b"G28\n", Overwrite="?1")
    assert (house.data_dir / "secret.gcode").read_text() == SECRET


async def test_nothing_outside_is_deleted_moved_or_selected(house: HouseProcess) -> None:
    for name in OUTSIDE:
        path = f"/api/files/local/{name}"
        assert 400 <= (await said(house, "DELETE", path)).status < 500, name
        for body in (b'{"command":"select"}', b'{"command":"move","destination":"b.gcode"}'):
            answer = await said(house, "POST", path, body, **{"Content-Type": "application/json"})
            assert 400 <= answer.status < 500, (name, body, answer)
    assert (house.data_dir / "secret.gcode").read_text() == SECRET


@pytest.mark.parametrize("door", UPLOADS)
async def test_what_is_no_name_is_refused_or_stored_inside(house: HouseProcess, door: str) -> None:
    for name in NAMES:
        answer = await form(house, door, curl_form([("path", "")], name, b"G28\n"))
        assert answer.status == 201 or 400 <= answer.status < 500, (name, answer)
    for folder in ("../..", "/etc", "a/../../b", ".incoming", "a\0b"):
        answer = await form(house, door, curl_form([("path", folder)], "ok.gcode", b"G28\n"))
        assert answer.status == 201 or 400 <= answer.status < 500, (folder, answer)


@pytest.mark.parametrize("door", UPLOADS)
async def test_forms_that_are_none_are_refused(house: HouseProcess, door: str) -> None:
    whole = curl_form([("print", "false")], "broken.gcode", b"G28\n")
    bodies = (
        b"",
        b"--",
        whole[:-8],
        whole.replace(b"\r\n", b"\n"),
        whole.replace(BOUNDARY.encode(), b"another"),
        whole.replace(b'name="file"', b'name="other"').replace(b'; filename="broken.gcode"', b""),
        b"".join(b"--%s\r\nX: %d\r\n" % (BOUNDARY.encode(), number) for number in range(5000)),
        curl_form([(f"f{number}", "x") for number in range(2000)], "broken.gcode", b"G28\n"),
        curl_form([("print", "x" * 2_000_000)], "broken.gcode", b"G28\n"),
    )
    for place, body in enumerate(bodies):
        answer = await form(house, door, body)
        assert 400 <= answer.status < 500, (place, answer)
    for kind in (
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'b' * 9000}",
    ):
        answer = await said(house, "POST", door, whole, **{"Content-Type": kind})
        assert 400 <= answer.status < 500, (kind, answer)
    assert not (house.files / "broken.gcode").exists()


@pytest.mark.parametrize("spelling", ["sub//./caf\u00e9.gcode", "sub/cafe\u0301.gcode", "./sub/caf\u00e9.gcode"])
async def test_whatever_the_spelling_what_the_queue_waits_for_is_kept(house: HouseProcess, spelling: str) -> None:
    path = quote("sub/caf\u00e9.gcode")
    assert (await said(house, "PUT", f"/api/storage/{path}", b"G28\n")).status == 201
    added = await operation(house, "queue.add", file=spelling)
    try:
        assert added["entry"]["file"] == "sub/caf\u00e9.gcode"
        assert (await said(house, "DELETE", f"/api/storage/{path}")).code == "conflict"
        assert (await said(house, "DELETE", "/api/storage/sub?recursive=true")).code == "conflict"
    finally:
        await operation(house, "queue.remove", id=added["entry"]["id"])


async def operation(house: HouseProcess, name: str, **params: object) -> Any:
    body = json.dumps({"params": params}).encode()
    answer = await said(house, "POST", f"/api/operations/{name}", body, **{"Content-Type": "application/json"})
    return answer.json["result"]


async def form(house: HouseProcess, door: str, body: bytes) -> Answer:
    return await said(house, "POST", door, body, **{"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"})
