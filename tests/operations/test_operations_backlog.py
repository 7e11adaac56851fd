"""Operations on the queue: rights, pages, places."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import Conflict, Forbidden, InvalidMessage, NotFound
from hydrogen.jobs.book import QueueBook
from hydrogen.jobs.bookkeeper import Step
from hydrogen.model.backlog import EntryState, QueueEntry
from hydrogen.model.codec import plain
from hydrogen.model.job import JobOutcome
from hydrogen.operations.backlog import queue_operations
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.operation import Operation
from tests.operations.fleet import WillingFleet, call, named

GUEST = Principal(name="guest", printers=frozenset({"voron"}))


class IdleQueue:
    """The book without the disk and without a start."""

    def __init__(self) -> None:
        self.book = QueueBook()
        self.told: list[tuple[str, str]] = []

    async def add(self, file: str, *, printer: str | None, copies: int, priority: int, actor: str) -> QueueEntry:
        entry = QueueEntry(
            id=f"e{len(self.book.entries)}", file=file, printer=printer, copies=copies, priority=priority, actor=actor
        )
        self.book = self.book.add(entry)
        return entry

    async def change(self, step: Step, *, actor: str, reason: str = "") -> QueueBook:
        self.book = step(self.book)
        self.told.append((actor, reason))
        return self.book

    async def past_entries(self, limit: int) -> list[dict[str, Any]]:
        old = QueueEntry(id="old", file="old.gcode", printing_on="voron", state=EntryState.COMPLETED)
        return [plain(old)][:limit]


class Desk:
    """All operations of the queue over one book and two printers."""

    def __init__(self) -> None:
        self.queue = IdleQueue()
        self._operations = queue_operations(self.queue, WillingFleet("ender3", "voron"))

    def operation(self, name: str) -> Operation:
        return named(self._operations, name)

    async def __call__(
        self, name: str, printer: str | None = None, *, by: Principal | None = None, **params: Any
    ) -> Any:
        return await call(self.operation(name), params, printer=printer, principal=by or Principal(name="owner"))


@pytest.fixture
def desk() -> Desk:
    return Desk()


async def test_an_entry_is_added_with_who_asked_and_its_place_is_told(desk: Desk) -> None:
    await desk("queue.add", file="a.gcode")
    result = await desk("queue.add", "voron", file="b.gcode", copies=3, priority=2)
    assert result["position"] == 0
    assert result["entry"] | {"id": ""} == {
        "id": "",
        "file": "b.gcode",
        "printer": "voron",
        "copies": 3,
        "copies_done": 0,
        "priority": 2,
        "state": "queued",
        "printing_on": None,
        "job": None,
        "actor": "owner",
        "added_at": None,
        "started_at": None,
        "finished_at": None,
        "reason": "",
    }


async def test_who_may_not_print_everywhere_names_a_printer(desk: Desk) -> None:
    with pytest.raises(Forbidden, match="name the printer"):
        await desk("queue.add", by=GUEST, file="a.gcode")
    await desk("queue.add", "voron", by=GUEST, file="a.gcode")


async def test_the_list_is_paged_and_shows_beds_and_holds(desk: Desk) -> None:
    for name in "abc":
        await desk("queue.add", file=f"{name}.gcode")
    await desk("queue.add", "ender3", file="d.gcode")
    await desk("queue.hold", "voron", reason="lunch")
    page = await desk("queue.list", limit=2, offset=1, past=5)
    assert [entry["file"] for entry in page["entries"]] == ["b.gcode", "c.gcode"]
    assert page["total"] == 4
    assert page["printers"] == {
        "ender3": {"bed": "unknown", "job": None, "held": ""},
        "voron": {"bed": "unknown", "job": None, "held": "lunch"},
    }
    assert [entry["id"] for entry in page["past"]] == ["old"]
    assert (await desk("queue.list", "voron"))["total"] == 3
    theirs = await desk("queue.list", by=GUEST)
    assert (theirs["total"], list(theirs["printers"])) == (3, ["voron"])


async def test_an_entry_is_shown_while_it_waits_and_when_it_is_over(desk: Desk) -> None:
    await desk("queue.add", "ender3", file="a")
    assert (await desk("queue.show", id="e0"))["position"] == 0
    shown = await desk("queue.show", id="old", by=GUEST)
    assert (shown["entry"]["state"], shown["position"]) == ("completed", None)
    for wanted, by in (("e0", GUEST), ("old", Principal(name="g", printers=frozenset({"ender3"}))), ("none", None)):
        with pytest.raises(NotFound):
            await desk("queue.show", id=wanted, by=by)


async def test_entries_are_moved_and_removed_by_those_who_may(desk: Desk) -> None:
    await desk("queue.add", file="a.gcode")
    await desk("queue.add", "ender3", file="b.gcode")
    assert (await desk("queue.move", id="e1", position=0))["position"] == 0
    assert (await desk("queue.move", id="e1", before="e0"))["position"] == 0
    with pytest.raises(NotFound):
        await desk("queue.remove", by=GUEST, id="e1")
    with pytest.raises(Forbidden):
        await desk("queue.remove", by=GUEST, id="e0")
    await desk("queue.remove", id="e1")
    assert [entry.id for entry in desk.queue.book.entries] == ["e0"]


async def test_places_are_counted_among_what_the_caller_sees(desk: Desk) -> None:
    for number, printer in enumerate(("ender3", "ender3", "voron", "ender3", "voron", "voron", "ender3")):
        await desk("queue.add", printer, file=f"{number}.gcode")

    async def shown(by: Principal | None = None) -> list[str]:
        return [entry["id"] for entry in (await desk("queue.list", by=by))["entries"]]

    assert await shown(GUEST) == ["e2", "e4", "e5"]
    assert (await desk("queue.show", by=GUEST, id="e4"))["position"] == 1
    assert (await desk("queue.move", by=GUEST, id="e5", position=1))["position"] == 1
    assert await shown(GUEST) == ["e2", "e5", "e4"]
    assert (await desk("queue.move", by=GUEST, id="e2", position=1))["position"] == 1
    assert await shown(GUEST) == ["e5", "e2", "e4"]
    assert (await desk("queue.move", by=GUEST, id="e5", position=9))["position"] == 2
    assert await shown() == ["e0", "e1", "e3", "e2", "e4", "e5", "e6"]
    with pytest.raises(NotFound):
        await desk("queue.move", by=GUEST, id="e5", before="e0")
    assert (await desk("queue.add", "voron", by=GUEST, file="a.gcode"))["position"] == 3


async def test_a_hold_without_a_printer_is_one_of_all_that_the_caller_may_reach(desk: Desk) -> None:
    assert await desk("queue.hold", by=GUEST) == {"held": {"voron": "held by guest"}}
    assert await desk("queue.hold", reason="night") == {"held": {"ender3": "night", "voron": "night"}}
    assert await desk("queue.release", "ender3") == {"held": {"voron": "night"}}
    assert await desk("queue.release") == {"held": {}}


async def test_a_bed_is_declared_clear_for_the_job_that_was_seen_there(desk: Desk) -> None:
    desk.queue.book = desk.queue.book.occupy("voron", "j1").finished("voron", "j1", JobOutcome.COMPLETED, 1.0)
    with pytest.raises(Conflict):
        await desk("printer.clear_bed", "voron", job="j0")
    assert await desk("printer.clear_bed", "voron", job="j1") == {"bed": "clear"}
    assert await desk("printer.clear_bed", "ender3") == {"bed": "clear"}
    assert desk.queue.told[-1] == ("owner", "declared clear")


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("queue.add", {}),
        ("queue.add", {"file": "a", "copies": 0}),
        ("queue.add", {"file": "a", "copies": 101}),
        ("queue.add", {"file": "a", "priority": 101}),
        ("queue.move", {"id": "a"}),
        ("queue.move", {"id": "a", "before": "b", "position": 1}),
        ("queue.move", {"id": "a", "position": -1}),
        ("queue.hold", {"reason": "x" * 201}),
        ("queue.remove", {"id": ""}),
        ("printer.clear_bed", {"job": ""}),
    ],
)
def test_wrong_params_are_refused(desk: Desk, name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        model_from_plain(desk.operation(name).params, params)
