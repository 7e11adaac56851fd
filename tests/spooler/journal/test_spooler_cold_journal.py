"""The cold journal's thread and file: on disk in time, within its budget, and nobody's trouble when the disk is."""

from __future__ import annotations

import errno
import itertools
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from threading import Event

import pytest

from hydrogen.errors import DiskFull, FileUnreadable, HostError
from hydrogen.spooler.journal import cold_journal as module
from hydrogen.spooler.journal.cold_journal import INTERVAL_SECONDS, ColdFile, ColdJournal, ColdSchedule, StateReader
from hydrogen.spooler.journal.cold_record import BLOCK_BYTES, FILE_BYTES, ColdProgress
from hydrogen.spooler.journal.journal import ExcludedObject
from hydrogen.spooler.recovery.interrupted import InterruptedJob, find_interrupted, read_journal
from tests.spooler.cold_images import header
from tests.support.waiting import wait_until

LINES = [f"G1 X{n} Y{n * 2} Z{n // 10 * 0.2:.1f} E.1" for n in range(100)]


def spooled(folder: Path, job: str = "j1") -> list[int]:
    """The job's file; returns the offset behind each line."""
    (folder / f"{job}.gcode").write_text("".join(f"{line}\n" for line in ["M83", *LINES]))
    ends = [4]
    for line in LINES:
        ends.append(ends[-1] + len(line) + 1)
    return ends


def written(folder: Path, job: str = "j1") -> InterruptedJob | None:
    return read_journal(folder / f"{job}.journal")


async def until_record(folder: Path, count: int) -> InterruptedJob:
    def is_there() -> bool:
        found = written(folder)
        return found is not None and len(found.records) >= count

    await wait_until(is_there, what=f"{count} records")
    found = written(folder)
    assert found is not None
    return found


LEFT_OUT = (ExcludedObject(kind="m486", object="1"),)


async def test_what_is_left_out_is_on_disk_at_once_and_stays_there_to_the_end(tmp_path: Path) -> None:
    ends = spooled(tmp_path)
    journal = ColdJournal(tmp_path, header())
    journal.note(ColdProgress(offset=ends[11], layer=1), now=0.0, at=1000.0)
    await until_record(tmp_path, 1)
    journal.change(replace(header(), excluded=LEFT_OUT))

    def is_there() -> bool:
        found = written(tmp_path)
        return found is not None and found.header.excluded == LEFT_OUT

    await wait_until(is_there)
    assert (await until_record(tmp_path, 1)).header.outcome is None
    journal.close("interrupted", ColdProgress(offset=ends[12]), at=1001.0)
    assert journal.join()
    found = written(tmp_path)
    assert found is not None
    assert (found.header.outcome, found.header.excluded) == ("interrupted", LEFT_OUT)


async def test_whoever_takes_over_brings_a_header_on_disk_up_to_what_is_known(tmp_path: Path) -> None:
    spooled(tmp_path)
    ColdFile(tmp_path / "j1.journal").create(header())
    journal = ColdJournal(tmp_path, replace(header(), excluded=LEFT_OUT))

    def is_there() -> bool:
        found = written(tmp_path)
        return found is not None and found.header.excluded == LEFT_OUT

    await wait_until(is_there)
    journal.close("completed", ColdProgress(offset=0), at=1001.0)
    assert journal.join()


async def test_more_names_than_a_header_holds_leave_the_one_on_disk_as_it_is(tmp_path: Path) -> None:
    ends = spooled(tmp_path)
    told: list[HostError] = []
    journal = ColdJournal(tmp_path, header(), tell=told.append)
    many = tuple(ExcludedObject(kind="exclude", object=f"{n:080}") for n in range(100))
    journal.change(replace(header(), excluded=LEFT_OUT))
    await wait_until(lambda: (found := written(tmp_path)) is not None and found.header.excluded == LEFT_OUT)
    journal.change(replace(header(), excluded=many))
    journal.close("interrupted", ColdProgress(offset=ends[12]), at=1001.0)
    assert journal.join()
    found = written(tmp_path)
    assert found is not None
    assert (found.header.outcome, found.header.excluded) == ("interrupted", LEFT_OUT)


async def test_record_tells_the_place_and_what_the_machine_was_in(tmp_path: Path) -> None:
    ends = spooled(tmp_path)
    journal = ColdJournal(tmp_path, header())
    journal.note(ColdProgress(offset=ends[11], number=5011, layer=1), now=0.0, at=1000.0)
    await until_record(tmp_path, 1)
    journal.note(ColdProgress(offset=ends[42], number=5042, layer=4), now=INTERVAL_SECONDS, at=1010.0)
    found = await until_record(tmp_path, 2)
    record = found.record
    assert record is not None
    assert (record.progress.offset, record.progress.number, record.at, record.is_final) == (
        ends[42],
        5042,
        1010.0,
        False,
    )
    assert record.machine is not None
    assert (record.machine.x_mm, record.machine.y_mm, record.machine.is_extruder_relative) == (41, 82, True)
    assert found.header == header()
    journal.close("interrupted", ColdProgress(offset=ends[50], given_offset=ends[52]), at=1011.0)
    assert journal.join(5.0)
    [left] = find_interrupted(tmp_path, "bench")
    assert left.header.outcome == "interrupted"
    assert left.record is not None
    assert (left.record.is_final, left.record.progress.given_offset) == (True, ends[52])
    assert left.journal.stat().st_blocks * 512 >= FILE_BYTES


@pytest.mark.parametrize("outcome", ["completed", "cancelled", "failed"])
def test_job_that_is_over_leaves_nothing(tmp_path: Path, outcome: str) -> None:
    spooled(tmp_path)
    journal = ColdJournal(tmp_path, header())
    journal.note(ColdProgress(offset=4), now=0.0, at=1000.0)
    journal.close(outcome, ColdProgress(offset=4), at=1001.0)
    journal.close(outcome, ColdProgress(offset=4), at=1001.0)
    journal.note(ColdProgress(offset=4), now=100.0, at=1100.0)
    assert journal.join(5.0)
    assert not list(tmp_path.glob("*.journal*"))


async def test_spooler_that_takes_a_job_over_goes_on_with_its_journal(tmp_path: Path) -> None:
    ends = spooled(tmp_path)
    first = ColdJournal(tmp_path, header())
    first.note(ColdProgress(offset=ends[1]), now=0.0, at=1000.0)
    await until_record(tmp_path, 1)  # and then its process dies
    second = ColdJournal(tmp_path, header())
    second.note(ColdProgress(offset=ends[2]), now=0.0, at=1002.0)
    found = await until_record(tmp_path, 2)
    assert [one.progress.offset for one in found.records] == [ends[2], ends[1]]
    second.close("interrupted", ColdProgress(offset=ends[3]), at=1003.0)
    assert second.join(5.0)
    left = written(tmp_path)
    assert left is not None
    assert (left.header.outcome, len(left.records)) == ("interrupted", 3)


def full_disk(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize(
    ("call", "failure", "kind"),
    [
        ("fsync", full_disk, DiskFull),
        ("fdatasync", lambda _: (_ for _ in ()).throw(OSError(errno.EIO, "Input/output error")), FileUnreadable),
    ],
)
async def test_disk_that_fails_is_told_once_and_tried_again(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    call: str,
    failure: Callable[..., int],
    kind: type[HostError],
) -> None:
    ends = spooled(tmp_path)
    told: list[HostError] = []
    monkeypatch.setattr(module.os, call, failure)
    journal = ColdJournal(tmp_path, header(), tell=told.append)
    now = 0.0

    def note() -> bool:
        nonlocal now
        now += INTERVAL_SECONDS
        journal.note(ColdProgress(offset=ends[2]), now=now, at=1000.0 + now)
        return bool(told)

    await wait_until(note)
    for _ in range(5):
        note()
    assert [type(error) for error in told] == [kind]
    monkeypatch.undo()

    def is_written() -> bool:
        note()
        found = written(tmp_path)
        return found is not None and bool(found.records)

    await wait_until(is_written)
    journal.close("completed", ColdProgress(offset=ends[2]), at=2000.0)
    assert journal.join(5.0)


def test_disk_that_hangs_holds_up_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spooled(tmp_path)
    let_go = Event()
    monkeypatch.setattr(module.os, "fsync", lambda _: let_go.wait(20) and None)
    journal = ColdJournal(tmp_path, header())
    began = time.monotonic()
    for n in range(100):
        journal.note(ColdProgress(offset=4), now=n * INTERVAL_SECONDS, at=1000.0 + n)
    journal.close("interrupted", ColdProgress(offset=4), at=2000.0)
    assert time.monotonic() - began < 2.0
    assert not journal.join(0.01)
    let_go.set()
    assert journal.join(5.0)


# ------------------------------------------------------------------------------------------------------ the budget


def records_in(seconds: float, layer_seconds: Callable[[], float]) -> list[float]:
    schedule, due, layer, next_layer = ColdSchedule(), [], 0, 0.0
    for quarter in range(int(seconds * 4)):
        now = quarter / 4
        if now >= next_layer:
            layer, next_layer = layer + 1, now + layer_seconds()
        if schedule.is_due(now, layer):
            due.append(now)
    return due


@pytest.mark.parametrize("layer_seconds", [0.2, 1.0, 2.0, 5.0, 6.6, 9.0, 11.0, 600.0])
def test_records_of_an_hour_stay_within_the_budget(layer_seconds: float) -> None:
    random = Random(int(layer_seconds * 10))
    for spread in (0.0, 0.9):
        due = records_in(3600, lambda: layer_seconds * (1 + spread * (random.random() - 0.5)))  # noqa: B023
        assert len(due) <= 565
        assert max(b - a for a, b in itertools.pairwise(due)) <= INTERVAL_SECONDS
        assert min(b - a for a, b in itertools.pairwise(due)) >= 1.0


def test_layers_of_ordinary_length_have_a_record_each() -> None:
    due = records_in(600, lambda: 8.0)
    assert all(any(abs(at - layer * 8.0) < 0.3 for at in due) for layer in range(75))


async def test_record_is_one_block_and_nothing_else_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = spooled(tmp_path)
    written_bytes: list[int] = []
    pwrite = os.pwrite

    def counted(handle: int, data: bytes, at: int) -> int:
        written_bytes.append(len(data))
        return pwrite(handle, data, at)

    monkeypatch.setattr(module.os, "pwrite", counted)
    journal = ColdJournal(tmp_path, header())
    for n in range(10):
        journal.note(ColdProgress(offset=ends[n], layer=n), now=n * INTERVAL_SECONDS, at=1000.0 + n)
        await until_record(tmp_path, n + 1)
    assert written_bytes == [FILE_BYTES] + 10 * [BLOCK_BYTES]
    journal.close("interrupted", ColdProgress(offset=ends[60]), at=2000.0)
    assert journal.join(10.0)


# ------------------------------------------------------------------------------------------------------ the state


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_state_is_read_on_from_place_to_place(tmp_path: Path, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SCAN_BYTES", 50)
    path = tmp_path / "f.gcode"
    path.write_bytes("".join(line + end for line in LINES).encode())
    reader = StateReader(path)
    offset = 0
    for n, line in enumerate(LINES):
        offset += len(line) + len(end)
        if n % 7 == 0:
            state = reader.state_at(offset)
            assert state is not None
            assert (state.x_mm, state.y_mm) == (n, n * 2)
    assert reader.state_at(offset + 1000) is None
    path.unlink()
    assert reader.state_at(offset + 2000) is None
    assert StateReader(tmp_path / "missing").state_at(5) is None


def test_header_that_does_not_fit_is_trouble_and_not_the_end_of_the_thread(tmp_path: Path) -> None:
    spooled(tmp_path)
    told: list[HostError] = []
    journal = ColdJournal(tmp_path, replace(header(), file="é" * 9000), tell=told.append)
    journal.close("interrupted", ColdProgress(offset=4), at=1.0)
    assert journal.join(5.0)
    journal.note(ColdProgress(offset=4), now=1.0, at=1.0)
    assert len(told) == 1
