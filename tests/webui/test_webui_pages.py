"""`/` and its parts, as browsers ask for them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from hydrogen.errors import NotFound
from hydrogen.webui.pages import Pages
from tests.webui.test_webui_assets import make_built


def request(name: str = "", **headers: str) -> Request:
    raw = [(key.replace("_", "-").encode(), value.encode()) for key, value in {"host": "pi:5000", **headers}.items()]
    return Request({"type": "http", "method": "GET", "path": "/", "headers": raw, "path_params": {"name": name}})


def pages(folder: Path) -> Pages:
    return Pages(folder, lambda: 5001)


async def index(folder: Path, **headers: str) -> Response:
    return await pages(folder).index(request(**headers))


async def test_the_page_is_asked_for_again_and_answered_briefly_while_it_is_the_same(tmp_path: Path) -> None:
    make_built(tmp_path)
    first = await index(tmp_path)
    assert first.headers["cache-control"] == "no-cache" and "ws://pi:5001" in first.headers["content-security-policy"]
    again = await index(tmp_path, if_none_match=first.headers["etag"])
    assert (again.status_code, again.body) == (304, b"")


async def test_parts_are_kept_for_a_year(tmp_path: Path) -> None:
    make_built(tmp_path)
    answer = await pages(tmp_path).asset(request("main-1.js"))
    assert "immutable" in answer.headers["cache-control"] and answer.body == b"let a = 1;"
    assert answer.headers["content-type"].startswith("text/javascript")


async def test_who_takes_gzip_gets_what_was_packed_beforehand(tmp_path: Path) -> None:
    make_built(tmp_path)
    answer = await index(tmp_path, accept_encoding="gzip, br")
    assert answer.headers["content-encoding"] == "gzip" and answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(bytes(answer.body)).endswith(b"page")


@pytest.mark.parametrize("name", ["other.js", "../index.html", "main-1.js.gz", ""])
async def test_what_is_no_part_is_not_there(tmp_path: Path, name: str) -> None:
    make_built(tmp_path)
    with pytest.raises(NotFound):
        await pages(tmp_path).asset(request(name))


async def test_without_a_dashboard_the_page_says_how_to_build_it(tmp_path: Path) -> None:
    answer = await index(tmp_path)
    assert answer.status_code == 200 and b"make webui" in answer.body
    assert answer.headers["cache-control"] == "no-store"


async def test_one_that_is_built_anew_is_served_without_a_restart(tmp_path: Path) -> None:
    served = pages(tmp_path)
    assert b"make webui" in (await served.index(request())).body
    make_built(tmp_path)
    assert (await served.index(request())).body == b"<!DOCTYPE html>page"
