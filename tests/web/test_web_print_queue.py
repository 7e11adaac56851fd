"""The queue as a collection."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hydrogen.model.backlog import EntryState
from hydrogen.spooler.request import PauseJob, ResumeJob
from tests.web.conftest import READER_KEY, Web

QUEUE = "/api/print/queue"


async def add(web: Web, file: str, **further: Any) -> str:
    answer = await web.ask("POST", QUEUE, body={"file": file, **further})
    assert answer.status == 201, answer.body
    return str(answer.json["entry"]["id"])


async def test_an_entry_is_added_shown_moved_and_taken_out(web: Web) -> None:
    answer = await web.ask("POST", QUEUE, body={"file": "a.gcode", "copies": 2, "printer": "ender3"})
    assert (answer.status, answer.headers["location"], answer.json["position"]) == (201, f"{QUEUE}/e0", 0)
    second = await add(web, "b.gcode")
    moved = await web.ask("POST", f"{QUEUE}/reorder", body={"id": second, "position": 0})
    assert (moved.status, moved.json["position"]) == (200, 0)
    listed = (await web.ask("GET", f"{QUEUE}?limit=1&past=1", key=READER_KEY)).json
    assert ([one["id"] for one in listed["entries"]], listed["total"], len(listed["past"])) == ([second], 2, 1)
    assert (await web.ask("GET", f"{QUEUE}/e0")).json["entry"]["copies"] == 2
    assert (await web.ask("GET", f"{QUEUE}/old")).json["position"] is None
    gone = await web.ask("DELETE", f"{QUEUE}/e0")
    assert (gone.status, gone.body) == (204, b"")
    for method in ("GET", "DELETE"):
        assert (await web.ask(method, f"{QUEUE}/e0")).code == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", QUEUE, {}),
        ("POST", QUEUE, {"file": 5}),
        ("POST", QUEUE, {"file": "a", "copies": 0}),
        ("POST", QUEUE, {"file": "a", "colour": "red"}),
        ("POST", f"{QUEUE}/reorder", {"id": "e0"}),
        ("POST", f"{QUEUE}/reorder", {"id": "e0", "position": 1, "before": "e1"}),
        ("GET", f"{QUEUE}?limit=0", None),
        ("GET", f"{QUEUE}?limit=many", None),
        ("GET", f"{QUEUE}?past=101", None),
    ],
)
async def test_what_does_not_fit_is_refused(web: Web, method: str, path: str, body: Any) -> None:
    answer = await web.ask(method, path, body=body)
    assert (answer.status, answer.code) == (400, "invalid_message")


async def test_who_only_looks_changes_nothing(web: Web) -> None:
    await add(web, "a.gcode")
    for method, path, body in (
        ("POST", QUEUE, {"file": "b.gcode"}),
        ("DELETE", f"{QUEUE}/e0", None),
        ("POST", f"{QUEUE}/reorder", {"id": "e0", "position": 0}),
    ):
        assert (await web.ask(method, path, key=READER_KEY, body=body)).status == 403
    assert len(web.queue.book.entries) == 1


async def test_the_job_of_an_entry_is_paused_and_goes_on(web: Web) -> None:
    await add(web, "a.gcode")
    waiting = await web.ask("POST", f"{QUEUE}/e0/pause")
    assert (waiting.status, waiting.json["error"]["details"]["state"]) == (409, "queued")
    (entry,) = web.queue.book.entries
    printing = replace(entry, state=EntryState.PRINTING, printing_on="ender3", job="j1")
    web.queue.book = replace(web.queue.book, entries=(printing,))
    for word, request in (("pause", PauseJob), ("resume", ResumeJob)):
        answer = await web.ask("POST", f"{QUEUE}/e0/{word}")
        assert (answer.status, answer.json) == (200, {"id": "e0", "job": "j1", "printer": "ender3"})
        assert isinstance(web.fleet.requests[-1][1], request)


async def test_the_same_key_adds_once(web: Web) -> None:
    headers = {"Idempotency-Key": "k" * 16}
    ids = [(await web.ask("POST", QUEUE, headers=headers, body={"file": "a"})).json["entry"]["id"] for _ in range(2)]
    assert ids == ["e0", "e0"]
