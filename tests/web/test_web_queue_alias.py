"""The queue under its other names."""

from __future__ import annotations

from dataclasses import replace

from hydrogen.analysis.kind import Kind
from hydrogen.gcode.program.analysis import FileAnalysis, LayerIndex
from hydrogen.model.backlog import EntryState
from tests.web.conftest import READER_KEY, Web


async def fill(web: Web, count: int) -> None:
    for number in range(count):
        answer = await web.ask("POST", "/api/queue/add", body={"file": f"{number}.gcode"})
        assert answer.status == 201


async def begin_first(web: Web) -> None:
    first, *others = web.queue.book.entries
    printing = replace(first, state=EntryState.PRINTING, printing_on="ender3", job="j1")
    web.queue.book = replace(web.queue.book, entries=(printing, *others))


async def test_status_tells_what_is_printed_and_what_comes(web: Web) -> None:
    assert (await web.ask("GET", "/api/queue/status", key=READER_KEY)).json["current_job"] is None
    await fill(web, 3)
    await begin_first(web)
    told = (await web.ask("GET", "/api/queue/status")).json
    assert (told["active_jobs"], told["pending_jobs"], told["queue_length"]) == (1, 2, 3)
    assert told["current_job"] == {
        "id": "e0",
        "filename": "0.gcode",
        "progress": 25.0,
        "time_remaining": 90.0,
        "started_at": "2023-11-14T22:13:20.000Z",
    }
    assert [one["filename"] for one in told["pending"]] == ["1.gcode", "2.gcode"]


async def test_status_tells_how_long_what_comes_will_take(web: Web) -> None:
    for name in ("0.gcode", "1.gcode"):
        (web.files.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (web.files.folder / name).write_bytes(b"G28\n")
    file = await web.files.stat("1.gcode")
    assert file.identity is not None
    await fill(web, 2)
    web.files.remember_digest("1.gcode", file.identity, "ab" * 32)
    web.shelf.folder.mkdir(exist_ok=True)
    web.shelf.store(Kind().key, FileAnalysis(sha256="ab" * 32, seconds=61.5), LayerIndex(), ())
    pending = (await web.ask("GET", "/api/queue/status")).json["pending"]
    assert [one["estimated_time"] for one in pending] == [None, 61.5]


async def test_an_entry_is_moved_and_taken_out(web: Web) -> None:
    await fill(web, 2)
    moved = await web.ask("PUT", "/api/queue/modify", body={"id": "e1", "before": "e0"})
    assert (moved.status, moved.json["position"]) == (200, 0)
    assert (await web.ask("DELETE", "/api/queue/remove/e1")).status == 204
    assert [entry.id for entry in web.queue.book.entries] == ["e0"]


async def test_the_queue_is_held_and_let_go_on(web: Web) -> None:
    assert (await web.ask("POST", "/api/queue/pause", body={"reason": "lunch"})).json == {"held": {"ender3": "lunch"}}
    assert (await web.ask("GET", "/api/queue/metrics")).json["held"] == {"ender3": "lunch"}
    assert (await web.ask("POST", "/api/queue/resume")).json == {"held": {}}


async def test_clear_takes_out_what_waits_and_leaves_what_is_printed(web: Web) -> None:
    await fill(web, 3)
    await begin_first(web)
    assert (await web.ask("DELETE", "/api/queue/clear", key=READER_KEY)).status == 403
    assert (await web.ask("DELETE", "/api/queue/clear")).json == {"removed": ["e1", "e2"]}
    told = (await web.ask("GET", "/api/queue/metrics")).json
    assert (told["queue_length"], told["active_jobs"], told["pending_jobs"]) == (1, 1, 0)
