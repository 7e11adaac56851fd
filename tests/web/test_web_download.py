"""Downloads over a real socket: whole, in parts, not again."""

from __future__ import annotations

import hashlib
import os

import pytest

from tests.web.conftest import BLIND_KEY, READER_KEY, Web

CONTENT = os.urandom(700_000)
TAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'


@pytest.fixture
def stocked(web: Web) -> Web:
    (web.files.folder / "sub").mkdir()
    (web.files.folder / "sub" / "Würfel 1.gcode").write_bytes(CONTENT)
    return web


PATH = "/api/storage/sub/W%C3%BCrfel%201.gcode"


async def know_digest(web: Web) -> None:
    stored = await web.files.stat("sub/Würfel 1.gcode")
    assert stored.identity is not None
    web.files.remember_digest(stored.path, stored.identity, TAG.strip('"'))


async def test_a_file_is_downloaded_whole(stocked: Web) -> None:
    answer = await stocked.ask("GET", PATH, key=READER_KEY)
    assert (answer.status, answer.body) == (200, CONTENT)
    assert answer.headers["content-length"] == str(len(CONTENT))
    assert answer.headers["accept-ranges"] == "bytes"
    assert "filename*=UTF-8''W%C3%BCrfel%201.gcode" in answer.headers["content-disposition"]
    assert answer.headers["etag"].startswith('W/"')
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_head_tells_the_same_and_sends_nothing(stocked: Web) -> None:
    whole = await stocked.ask("GET", PATH)
    head = await stocked.ask("HEAD", PATH)
    assert (head.status, head.body) == (200, b"")
    for name in ("content-length", "etag", "last-modified", "content-disposition", "content-type"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "first", "last"), [("0-0", 0, 0), ("100-600000", 100, 600_000), ("-5", 699_995, 699_999)]
)
async def test_a_part_is_sent_where_one_is_asked_for(stocked: Web, asked: str, first: int, last: int) -> None:
    answer = await stocked.ask("GET", PATH, headers={"Range": f"bytes={asked}"})
    assert (answer.status, answer.body) == (206, CONTENT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/700000"
    head = await stocked.ask("HEAD", PATH, headers={"Range": f"bytes={asked}"})
    assert (head.status, head.headers["content-range"]) == (206, answer.headers["content-range"])


async def test_a_range_behind_the_end_is_416_with_the_size(stocked: Web) -> None:
    answer = await stocked.ask("GET", PATH, headers={"Range": "bytes=700000-"})
    assert (answer.status, answer.headers["content-range"]) == (416, "bytes */700000")


async def test_what_the_client_has_is_not_sent_again(stocked: Web) -> None:
    await know_digest(stocked)
    answer = await stocked.ask("GET", PATH, headers={"If-None-Match": TAG})
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", TAG)
    answer = await stocked.ask("GET", PATH, headers={"Range": "bytes=0-9", "If-Range": TAG})
    assert (answer.status, answer.body) == (206, CONTENT[:10])
    (stocked.files.folder / "sub" / "Würfel 1.gcode").write_bytes(b"G28\n")
    answer = await stocked.ask("GET", PATH, headers={"Range": "bytes=0-9", "If-Range": TAG})
    assert (answer.status, answer.body) == (200, b"G28\n")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/storage/missing.gcode", 404),
        ("/api/storage/sub", 404),
        ("/api/storage/../../keys.json", 400),
        ("/api/storage/%2e%2e/%2e%2e/keys.json", 400),
        ("/api/storage/..%2f..%2fkeys.json", 400),
        ("/api/storage/%00.gcode", 400),
        ("/api/storage/.incoming/x", 400),
        ("/api/storage//etc/passwd", 400),
        ("/api/storage/", 400),
        ("/api/storage/%ff.gcode", 404),
    ],
)
async def test_nothing_else_can_be_fetched(stocked: Web, path: str, status: int) -> None:
    (stocked.files.folder.parent / "keys.json").write_text("secret")
    answer = await stocked.ask("GET", path)
    assert answer.status == status and b"secret" not in answer.body


async def test_a_download_needs_the_right_to_read(stocked: Web) -> None:
    assert (await stocked.ask("GET", PATH, key=None)).status == 401
    assert (await stocked.ask("GET", PATH, key=BLIND_KEY)).status == 403
