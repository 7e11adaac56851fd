"""Operations on jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.job import job_operations
from hydrogen.operations.operation import Operation
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob, StartJob
from tests.operations.fleet import WillingFleet, call, named
from tests.operations.test_operations_file import Shelf


class Ids:
    def __init__(self) -> None:
        self.given = 0

    def new(self) -> str:
        self.given += 1
        return f"job{self.given}"


class Ledger:
    def __init__(self) -> None:
        self.asked: list[int] = []

    async def history(self, limit: int) -> list[dict[str, Any]]:
        self.asked.append(limit)
        return [{"job": "2", "printer": "ender3"}, {"job": "1", "printer": "voron"}]


def operation(name: str, fleet: WillingFleet | None = None, ledger: Ledger | None = None) -> Operation:
    return named(job_operations(fleet or WillingFleet(), Shelf("cube.gcode"), Ids(), ledger), f"job.{name}")


async def test_start_resolves_the_file_and_gives_the_job_an_id() -> None:
    fleet = WillingFleet()
    fleet.result = {"job": "job1", "lines_total": 7143}
    result = await call(operation("start", fleet), {"file": "cube.gcode"}, key="k" * 16)
    path = str(Path("/files/cube.gcode"))
    [(printer, request)] = fleet.requests
    assert printer == "ender3"
    assert request == StartJob(
        job="job1", path=path, file="cube.gcode", actor="owner", idempotency_key="owner:" + "k" * 16
    )
    assert result == {"job": "job1", "lines_total": 7143}


async def test_missing_file_starts_nothing() -> None:
    fleet = WillingFleet()
    with pytest.raises(NotFound):
        await call(operation("start", fleet), {"file": "no.gcode"})
    assert fleet.requests == []


async def test_pause_resume_and_cancel_become_requests() -> None:
    fleet = WillingFleet()
    await call(operation("pause", fleet))
    await call(operation("resume", fleet))
    await call(operation("cancel", fleet), {"reason": "spaghetti"})
    assert [request for _, request in fleet.requests] == [
        PauseJob(actor="owner"),
        ResumeJob(actor="owner"),
        CancelJob(reason="spaghetti", actor="owner"),
    ]


async def test_history_shows_the_jobs_of_the_callers_printers() -> None:
    ledger = Ledger()
    history = operation("history", ledger=ledger)
    assert len((await call(history, {"limit": 7}, printer=None))["jobs"]) == 2
    guest = Principal(name="guest", printers=frozenset({"voron"}))
    assert await call(history, printer=None, principal=guest) == {"jobs": [{"job": "1", "printer": "voron"}]}
    assert ledger.asked == [7, 50]


def test_without_a_ledger_there_is_no_history() -> None:
    names = [declared.name for declared in job_operations(WillingFleet(), Shelf(), Ids())]
    assert names == ["job.start", "job.pause", "job.resume", "job.cancel"]


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("start", {}),
        ("start", {"file": ""}),
        ("start", {"file": "x" * 1025}),
        ("start", {"file": 5}),
        ("pause", {"reason": "x"}),
        ("cancel", {"reason": "x" * 201}),
        ("history", {"limit": 0}),
        ("history", {"limit": 501}),
    ],
)
def test_wrong_params_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        model_from_plain(operation(name, ledger=Ledger()).params, params)
