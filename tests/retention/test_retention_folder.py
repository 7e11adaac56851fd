"""Folders as shelves: real files, and what must not be touched among them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hydrogen.retention.folder import FolderShelf, GroupShelf, LogShelf, SpoolShelf
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits
from hydrogen.spooler.journal.cold_record import encode_header, header_places
from hydrogen.spooler.journal.journal import JobHeader

ALL = Need(printers=frozenset({"ender3"}))


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def put(path: Path, size: int = 10, *, at: float = 1_000_000.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    os.utime(path, (at, at))
    return path


def put_journal(folder: Path, job: str, *, printer: str = "ender3", outcome: str | None = None) -> Path:
    header = JobHeader(
        job=job,
        file="a.gcode",
        spool_file=str(folder / f"{job}.gcode"),
        sha256="0" * 64,
        size_bytes=10,
        inode=1,
        lines_total=1,
        layers_total=None,
        started_at=1_000.0,
        actor="owner",
        printer=printer,
        outcome=outcome,
    )
    path = folder / f"{job}.journal"
    image = bytearray(64 * 1024)
    place = header_places()[0]
    block = encode_header(header, 1)
    image[place : place + len(block)] = block
    path.write_bytes(bytes(image))
    return path


async def test_files_that_fit_the_pattern_are_things(tmp_path: Path) -> None:
    put(tmp_path / "a.json", 3, at=5.0)
    put(tmp_path / "b.txt")
    put(tmp_path / "inside" / "c.json")
    (tmp_path / "d.json").symlink_to(tmp_path / "b.txt")
    (tmp_path / "e.json").mkdir()
    shelf = FolderShelf("receipts", tmp_path, "*.json", Limits())
    [found] = await shelf.items(ALL)
    assert (found.name, found.size_bytes, found.touched_at) == ("a.json", 3, 5.0)
    assert await shelf.delete(found) == 3
    assert await shelf.delete(found) == 0
    assert (tmp_path / "b.txt").exists() and (tmp_path / "inside" / "c.json").exists()


async def test_a_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert await FolderShelf("x", tmp_path / "nowhere", "*", Limits()).items(ALL) == []
    assert await SpoolShelf(tmp_path / "nowhere", Limits()).items(ALL) == []


async def test_the_last_file_of_a_record_is_the_one_that_is_written(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        put(tmp_path / f"audit-{number:06d}.jsonl")
    found = await FolderShelf("audit", tmp_path, "audit-*.jsonl", Limits(), keeps_last=True).items(ALL)
    assert [bool(item.needed) for item in found] == [False, False, True]


async def test_a_cache_is_as_old_as_its_last_use_and_goes_as_a_whole(tmp_path: Path) -> None:
    os.utime(put(tmp_path / "0123-key.json"), (900.0, 100.0))
    put(tmp_path / "0123-1.png", 5, at=50.0)
    put(tmp_path / "4567-key.json", at=100.0)
    put(tmp_path / ".4567-2.png.tmp", at=100.0)
    shelf = GroupShelf("analysis", tmp_path, Limits(is_cache=True), ends="-.")
    used, other = await shelf.items(ALL)
    assert (used.name, used.touched_at, used.size_bytes) == ("0123", 900.0, 15)
    assert (other.name, other.touched_at) == ("4567", 100.0)
    assert await shelf.delete(used) == 15
    assert names_in(tmp_path) == {"4567-key.json", ".4567-2.png.tmp"}


async def test_what_is_in_use_is_told(tmp_path: Path) -> None:
    put(tmp_path / "0123-key.json")
    put(tmp_path / "4567-key.json")

    async def in_use() -> set[str]:
        return {"0123"}

    shelf = GroupShelf("analysis", tmp_path, Limits(), ends="-.", names_in_use=in_use)
    assert [item.is_in_use for item in await shelf.items(ALL)] == [True, False]


async def test_a_log_loses_its_oldest_lines_and_whoever_writes_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "ender3.log"
    with path.open("ab", buffering=0) as writer:
        writer.write(b"".join(b"line %04d\n" % number for number in range(1000)))
        shelf = LogShelf("log", tmp_path, "*.log", Limits(each_bytes=5000))
        [found] = await shelf.items(ALL)
        freed = await shelf.delete(found)
        writer.write(b"afterwards\n")
    lines = path.read_bytes().splitlines()
    assert lines[-2:] == [b"line 0999", b"afterwards"]
    assert all(len(line) == 9 for line in lines[:-1])
    assert lines[0] == b"line 0750"
    assert freed == 7_500


async def test_a_jobs_file_and_journal_are_one_thing(tmp_path: Path) -> None:
    put(tmp_path / "job-1.gcode", 100)
    put_journal(tmp_path, "job-1", printer="sold")
    shelf = SpoolShelf(tmp_path, Limits(days=14))
    [found] = await shelf.items(ALL)
    assert (found.name, found.job, found.needed) == ("job-1", "job-1", "")
    assert found.may_be_a_jobs
    assert await shelf.delete(found) == found.size_bytes
    assert names_in(tmp_path) == set()


@pytest.mark.parametrize(("outcome", "is_needed"), [(None, True), ("interrupted", True), ("completed", False)])
async def test_what_a_printer_of_ours_can_recover_is_needed(
    tmp_path: Path, outcome: str | None, is_needed: bool
) -> None:
    put(tmp_path / "job-1.gcode")
    put_journal(tmp_path, "job-1", outcome=outcome)
    [found] = await SpoolShelf(tmp_path, Limits(days=14)).items(ALL)
    assert bool(found.needed) is is_needed


async def test_a_file_that_was_linked_today_is_young_however_old_it_is(tmp_path: Path) -> None:
    old = put(tmp_path / "files" / "a.gcode", at=1_000.0)
    (tmp_path / "spool").mkdir()
    os.link(old, tmp_path / "spool" / "job-1.gcode")
    [found] = await SpoolShelf(tmp_path / "spool", Limits(days=14)).items(ALL)
    assert found.touched_at > 1_000_000_000
