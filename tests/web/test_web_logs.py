"""`/api/system/logs` as JSON and as text."""

from __future__ import annotations

import pytest

from hydrogen.web.logs import text_of
from tests.web.conftest import READER_KEY, Web


async def test_the_last_lines_as_json(web: Web) -> None:
    web.logs.add("warning", "printer late", {"printer": "ender3", "process": "spooler", "silent_seconds": 3.5})
    answer = await web.ask("GET", "/api/system/logs?level=warning&limit=5")
    assert answer.status == 200
    [line] = answer.json["lines"]
    assert (line["event"], line["printer"], line["part"]) == ("printer late", "ender3", "spooler")
    assert line["fields"]["silent_seconds"] == 3.5
    assert (await web.ask("GET", f"/api/system/logs?after={answer.json['number']}")).json["lines"] == []


async def test_the_last_lines_as_text(web: Web) -> None:
    web.logs.add("error", "port lost", {"reason": "two\nlines", "ä": "ö"})
    answer = await web.ask("GET", "/api/system/logs?format=text")
    assert answer.headers["content-type"].startswith("text/plain")
    [line] = answer.body.decode().splitlines()
    assert line.endswith('error   service: port lost reason="two\\nlines" ä="ö"')


@pytest.mark.parametrize("query", ["level=loud", "limit=0", "limit=x", "since=yesterday", "format=xml", "after=-1"])
async def test_a_bad_wish_is_told_what_is_wrong(web: Web, query: str) -> None:
    answer = await web.ask("GET", f"/api/system/logs?{query}")
    assert (answer.status, answer.code) == (400, "invalid_message")


async def test_only_administrators_read_the_log(web: Web) -> None:
    assert (await web.ask("GET", "/api/system/logs", key=READER_KEY)).status == 403
    assert (await web.ask("GET", "/api/system/logs", key=None)).status == 401


def test_a_line_of_text_is_one_line() -> None:
    line = {"at": "T", "level": "info", "part": "service", "event": "a\nb", "fields": {}}
    assert "\n" not in text_of(line)
