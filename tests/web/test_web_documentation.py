"""docs/http.md says what is there, and its program runs."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest

from hydrogen.errors import ClientError, DeviceError, HostError
from hydrogen.web.answer import status_of
from hydrogen.web.application import ANSWER_HEADERS, METHODS, REQUEST_HEADERS
from hydrogen.web.door import Door
from hydrogen.web.settings import WebSettings
from hydrogen.web.table import all_endpoints
from tests.web.conftest import KEY, Web

PAGE = (Path(__file__).parent.parent.parent / "docs" / "http.md").read_text(encoding="utf-8")


async def test_every_path_that_is_named_is_there(web: Web) -> None:
    house = web.server._house
    endpoints = all_endpoints(Door(house.authority, WebSettings(), house.proxies), house)
    there = {f"{one.method} {re.sub(':(path|int)', '', one.path)}" for one in endpoints}
    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`?]*)`", PAGE)) - {"POST /api/operations/{name}"}
    assert named <= there and len(named) > 25
    for path in re.findall(r"\$BASE(/api/[\w./]+)", PAGE):
        assert any(one.endswith(f" {path}") for one in there), path


async def test_the_program_gets_answers_and_refusals(web: Web) -> None:
    found = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    program: dict[str, Any] = {}
    exec(found[1], program)
    base = f"http://127.0.0.1:{web.port}"
    web.fleet.result = {"lines": 3}
    result = await asyncio.to_thread(program["command"], base, KEY, "printer.home", "ender3", axes="x")
    assert result == {"lines": 3}
    assert set(await asyncio.to_thread(program["ask"], base, KEY, "GET", "/api/printers")) == {"printers"}
    with pytest.raises(program["Refused"], match="400 invalid_message") as refused:
        await asyncio.to_thread(program["command"], base, KEY, "printer.home", axes=5)
    assert refused.value.details["field"] == "axes"


def test_the_table_of_statuses_is_the_codes() -> None:
    rows = {
        code: [int(status) for status in re.findall(r"\d{3}", line.split("|")[1])]
        for line in PAGE.split("## Errors")[1].split("##")[0].splitlines()
        if re.match(r"\| \d", line)
        for code in re.findall(r"`([a-z_]+)`", line.split("|")[2])
        if code not in ("details", "incident", "invalid_message")
    }
    leaves = {leaf.code: leaf for family in (ClientError, DeviceError, HostError) for leaf in family.__subclasses__()}
    for code, statuses in rows.items():
        assert status_of(leaves[code]) in statuses, code
    told = {status for statuses in rows.values() for status in statuses}
    assert {status_of(leaf) for leaf in leaves.values()} - {400} <= told


def test_what_pages_may_do_is_told() -> None:
    chapter = PAGE.split("## Pages of other hosts")[1].split("##")[0]
    for word in METHODS:
        assert word in chapter
    for name in re.findall(r"`([A-Z][\w-]+)`", chapter):
        assert name in (*REQUEST_HEADERS, *ANSWER_HEADERS), name
