"""Operations on jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import InvalidMessage, NotFound
from hydrogen.files.store import FileStore
from hydrogen.jobs.store import HistoryFilter
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.job import job_operations
from hydrogen.operations.operation import Operation
from hydrogen.spooler.request import CancelJob, PauseJob, ResumeJob, StartJob
from tests.operations.fleet import DirectStarter, Ledger, WillingFleet, call, named
from tests.operations.test_operations_file import Shelf


class Ids:
    def __init__(self) -> None:
        self.given = 0

    def new(self) -> str:
        self.given += 1
        return f"job{self.given}"


def operation(name: str, fleet: WillingFleet | None = None, ledger: Ledger | None = None) -> Operation:
    fleet = fleet or WillingFleet()
    operations = job_operations(fleet, Shelf("cube.gcode"), Ids(), DirectStarter(fleet), ledger or Ledger())
    return named(operations, f"job.{name}")


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


async def test_a_job_is_written_down_under_the_name_that_its_file_has_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "caf\u00e9.gcode").write_text("G28\n")
    fleet = WillingFleet()
    operations = job_operations(fleet, FileStore(tmp_path), Ids(), DirectStarter(fleet), Ledger())
    for spelling in ("./sub//caf\u00e9.gcode", "sub/cafe\u0301.gcode"):
        await call(named(operations, "job.start"), {"file": spelling})
    assert [request.file for _, request in fleet.requests if isinstance(request, StartJob)] == [
        "sub/caf\u00e9.gcode"
    ] * 2


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


async def test_history_asks_for_the_jobs_of_the_callers_printers_a_page_at_a_time() -> None:
    ledger = Ledger()
    history = operation("history", ledger=ledger)
    guest = Principal(name="guest", printers=frozenset({"voron"}))
    page = await call(history, {"limit": 2, "outcome": "failed", "before": "9"}, printer="voron", principal=guest)
    assert page == {"jobs": [{"job": "2", "printer": "ender3"}, {"job": "1", "printer": "voron"}], "next": "1"}
    assert (await call(history, printer=None))["next"] is None
    assert ledger.asked == [
        (2, HistoryFilter(printer="voron", state="failed", before="9", printers=frozenset({"voron"}))),
        (50, HistoryFilter()),
    ]


async def test_a_receipt_is_shown_to_those_who_may_see_its_printer() -> None:
    receipt = operation("receipt")
    assert await call(receipt, {"job": "1"}, printer=None) == {
        "printer": "voron",
        "receipt": {"job": "1", "outcome": "completed"},
    }
    with pytest.raises(NotFound):
        await call(receipt, {"job": "2"}, printer=None)
    with pytest.raises(NotFound):
        await call(receipt, {"job": "1"}, printer=None, principal=Principal(name="g", printers=frozenset({"ender3"})))


async def test_a_job_is_shown_to_those_who_may_see_its_printer() -> None:
    show = operation("show")
    assert (await call(show, {"job": "1"}, printer=None))["job"]["printer"] == "voron"
    guest = Principal(name="g", printers=frozenset({"ender3"}))
    for job, principal in (("9", Principal(name="owner")), ("1", guest)):
        with pytest.raises(NotFound):
            await call(show, {"job": job}, printer=None, principal=principal)


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
        ("history", {"outcome": "lost"}),
        ("receipt", {}),
    ],
)
def test_wrong_params_are_refused(name: str, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        model_from_plain(operation(name).params, params)
