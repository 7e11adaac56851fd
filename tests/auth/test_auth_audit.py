"""Recording never waits, loses nothing in silence, and keeps no secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth import audit as module
from hydrogen.auth.audit import AuditEntry, AuditLog, harmless
from hydrogen.auth.audit_files import AuditFiles
from hydrogen.core.clock import ManualClock
from hydrogen.errors import DiskFull
from tests.support.recording_log import RecordingLog
from tests.support.waiting import wait_until


class Recorded:
    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.reports: list[BaseException] = []
        self.files = AuditFiles(folder)
        self.log = AuditLog(
            self.files,
            clock=self.clock,
            log=RecordingLog(),
            report=lambda _name, error: self.reports.append(error),
        )

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line, _ in self.files.lines()]


def entry(action: str = "printer.home", **params: Any) -> AuditEntry:
    return AuditEntry(actor="anna", source="websocket 192.0.2.1", action=action, printer="ender3", params=params)


async def test_a_record_says_who_from_where_what_and_how_it_ended(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    end = recorded.log.begin(entry(axes="xy"))
    began = recorded.clock.wall()
    recorded.clock.advance(30)
    end("printer_halted")
    await recorded.log.release()
    (record,) = recorded.records
    assert record["at"].startswith("2027-01-15T08:00:00") and began == 1_800_000_000
    assert {name: record[name] for name in ("actor", "source", "action", "printer", "params", "result")} == {
        "actor": "anna",
        "source": "websocket 192.0.2.1",
        "action": "printer.home",
        "printer": "ender3",
        "params": {"axes": "xy"},
        "result": "printer_halted",
    }


async def test_the_running_log_writes_by_itself_and_release_writes_the_rest(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    running = asyncio.create_task(recorded.log.run())
    recorded.log.record(entry())
    await wait_until(lambda: recorded.records)
    running.cancel()
    await asyncio.wait([running])
    for _ in range(3):
        recorded.log.record(entry())
    await recorded.log.release()
    await recorded.log.release()
    assert len(recorded.records) == 4 and recorded.files.verify().breaks == []


async def test_a_full_disk_loses_nothing_that_fits_the_queue_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Recorded(tmp_path)

    def full(_bodies: object) -> None:
        raise DiskFull("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(recorded.files, "append", full)
        for _ in range(3):
            recorded.log.record(entry())
            assert not await recorded.log.flush()
    assert len(recorded.reports) == 1
    assert await recorded.log.flush()
    assert len(recorded.records) == 3


async def test_a_full_queue_is_counted_and_the_gap_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 5)
    recorded = Recorded(tmp_path)
    for _ in range(8):
        recorded.log.record(entry())
    await recorded.log.flush()
    gap, *kept = recorded.records
    assert (gap["action"], gap["params"]) == ("audit.lost", {"records": 3})
    assert len(kept) == 5


async def test_many_records_at_once_are_all_written_in_their_order(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    for number in range(1234):
        recorded.log.record(entry(number=number))
    await asyncio.gather(recorded.log.flush(), recorded.log.flush())
    assert [record["params"]["number"] for record in recorded.records] == list(range(1234))


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"api_key": "s", "Token": "s", "ticket": {"a": 1}}, {"api_key": "***", "Token": "***", "ticket": "***"}),
        ({"deep": {"secret": "s", "plain": 1}}, {"deep": {"secret": "***", "plain": 1}}),
        ({"n": float("inf"), "big": 10**30, "none": None}, {"n": "inf", "big": str(10**30), "none": None}),
        ({"a": [[[[["deep"]]]]]}, {"a": [[["…"]]]}),
    ],
)
def test_secrets_are_masked_and_odd_values_are_plain(params: Mapping[str, Any], shown: object) -> None:
    assert harmless(params) == shown


async def test_what_a_stranger_sends_does_not_fill_the_disk(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    recorded.log.record(entry(lines=["G1 " + "x" * 5000] * 5000))
    recorded.log.record(entry(text="x" * 100_000))
    recorded.log.record(entry(**{f"k{n}": n for n in range(5000)}))
    await recorded.log.flush()
    assert max(len(line) for line, _ in recorded.files.lines()) < 16_000


async def test_a_flush_that_is_cancelled_while_it_writes_loses_nothing_and_writes_nothing_twice(tmp_path: Path) -> None:
    recorded = Recorded(tmp_path)
    for round_number in range(20):
        for number in range(10):
            recorded.log.record(entry(number=round_number * 10 + number))
        flushing = asyncio.create_task(recorded.log.flush())
        await asyncio.sleep(0)
        flushing.cancel()
        await asyncio.wait([flushing])
    await recorded.log.release()
    assert [record["params"]["number"] for record in recorded.records] == list(range(200))
    assert recorded.files.verify().breaks == []
