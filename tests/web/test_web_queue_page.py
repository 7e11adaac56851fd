"""The queue for people."""

from __future__ import annotations

from tests.web.conftest import Web


async def test_names_of_strangers_are_shown_escaped(web: Web) -> None:
    for file in ("<img src=x>", "a&b\"'.gcode"):
        assert (await web.ask("POST", "/api/print/queue", body={"file": file})).status == 201
    answer = await web.ask("GET", "/print/queue")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert b"&lt;img src=x&gt;" in answer.body and b"<img" not in answer.body
    assert b"a&amp;b&quot;&#x27;.gcode" in answer.body
    assert answer.headers["cache-control"] == "no-store"


async def test_an_empty_queue_is_a_page_too(web: Web) -> None:
    answer = await web.ask("GET", "/print/queue")
    assert b"<title>Print Queue</title>" in answer.body and b"0 in the queue" in answer.body


async def test_a_long_queue_says_how_much_is_left_out(web: Web) -> None:
    for number in range(201):
        await web.queue.add(f"{number}.gcode", printer=None, copies=1, priority=0, actor="owner")
    assert b"201 in the queue, 1 more than are shown" in (await web.ask("GET", "/print/queue")).body
