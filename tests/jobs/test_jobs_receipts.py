"""Receipts on their way to the record and to their files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import DiskFull, HostError
from hydrogen.jobs import receipts as receipts_module
from hydrogen.jobs.receipts import HostWatch, ReceiptShelf, RecordKeeper
from hydrogen.jobs.store import JobStore
from hydrogen.model.events import Event, HostMeasured, JobReceiptIssued, JobStarted, PrinterAttached, PublishedEvent
from hydrogen.model.host import HostState
from hydrogen.model.job import JobOutcome, JobState
from hydrogen.model.printer import PrinterState
from hydrogen.model.receipt import HostRecord, Receipt

STARTED = JobStarted(at=1.0, printer="p", job="j1", file="a.gcode", lines_total=1, bytes_total=1)


def issued(job: str = "j1") -> JobReceiptIssued:
    receipt = Receipt(job=job, file="a.gcode", outcome=JobOutcome.COMPLETED)
    return JobReceiptIssued(at=9.0, printer="p", job=job, receipt=receipt)


def measured(celsius: float | None, cpu: float | None = None, disk: int | None = None) -> HostMeasured:
    return HostMeasured(at=2.0, host=HostState(temperature_celsius=celsius, cpu_share=cpu, disk_free_bytes=disk))


def watched(*events: Event) -> HostWatch:
    watch = HostWatch()
    for number, event in enumerate(events):
        watch.on_published(PublishedEvent(number + 1, event))
    return watch


def test_the_worst_of_the_host_while_the_job_ran_is_kept() -> None:
    watch = watched(
        measured(99.0),
        STARTED,
        measured(50.0, 0.2, 900),
        measured(None, 0.9, 500),
        measured(60.0),
        issued(),
        measured(88.0),
    )
    expected = HostRecord(samples=3, max_temperature_celsius=60.0, max_cpu_share=0.9, min_disk_free_bytes=500)
    assert watch.take("j1") == expected
    assert watch.take("j1") is None


def test_a_job_that_ran_before_this_service_is_watched_from_the_moment_it_is_found() -> None:
    state = PrinterState(job=JobState(id="j7", file="a.gcode"))
    watch = watched(PrinterAttached(at=1.0, printer="p", state=state), measured(50.0))
    assert watch.take("j7") == HostRecord(samples=1, max_temperature_celsius=50.0)


def test_records_whose_receipt_never_comes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts_module, "WATCHED_JOBS", 2)
    watch = watched(
        *(JobStarted(at=1.0, printer="p", job=f"j{n}", file="f", lines_total=1, bytes_total=1) for n in range(5))
    )
    assert [watch.take(f"j{n}") is not None for n in range(5)] == [False, False, False, True, True]


async def test_a_receipt_is_stored_with_its_host_and_lies_as_a_file(tmp_path: Path) -> None:
    store = JobStore(tmp_path / "hydrogen.db", ManualClock())
    await store.start()
    shelf = ReceiptShelf(tmp_path / "receipts")
    keeper = RecordKeeper(store, shelf, watched(STARTED, measured(50.0)))
    await keeper.keep(STARTED, "i.1")
    await keeper.keep(issued(), "i.2")
    file = shelf.path_of("j1")
    first = json.loads(file.read_text())
    assert first["host"]["max_temperature_celsius"] == 50.0
    assert (await store.receipt("j1")) == ("p", first)
    file.unlink()
    await keeper.keep(issued(), "i.2")
    assert json.loads(file.read_text()) == first, "told again: the same, whatever has been forgotten meanwhile"
    await store.release()


async def test_the_oldest_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts_module, "KEPT_RECEIPTS", 2)
    shelf = ReceiptShelf(tmp_path / "receipts")
    for number in range(4):
        await shelf.write(f"0{number}", {"job": number})
    assert sorted(path.name for path in (tmp_path / "receipts").iterdir()) == ["02.json", "03.json"]


async def test_a_name_that_leads_astray_is_not_written(tmp_path: Path) -> None:
    await ReceiptShelf(tmp_path / "receipts").write("../escaped", {})
    assert not (tmp_path / "escaped.json").exists()


async def test_a_receipt_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "receipts").write_text("a file where the folder should be")
    with pytest.raises(HostError, match="j1") as told:
        await ReceiptShelf(tmp_path / "receipts").write("j1", {})
    assert not isinstance(told.value, DiskFull)
