"""The files of the audit log: appended to, rotated, never torn."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from hydrogen.auth import audit_files
from hydrogen.auth.audit_files import AuditFiles, AuditLimits, AuditWish
from hydrogen.errors import DiskFull, HostError


def body(number: int) -> dict[str, object]:
    return {"actor": "anna", "params": {"number": number}}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "audit").iterdir())


def test_every_life_goes_on_with_the_chain_of_the_one_before(tmp_path: Path) -> None:
    for life in range(3):
        files = AuditFiles(tmp_path)
        files.append([body(life)])
        files.append([body(life), body(life)])
    check = AuditFiles(tmp_path).verify()
    assert (check.records, check.breaks) == (9, [])
    assert check.end is not None and check.end.number == 9


def test_the_log_is_for_its_owner_only(tmp_path: Path) -> None:
    AuditFiles(tmp_path).append([body(1)])
    assert stat.S_IMODE((tmp_path / "audit").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "audit" / "audit-000001.jsonl").stat().st_mode) == 0o600


def test_full_files_are_followed_by_the_next_and_the_oldest_goes(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path, AuditLimits(file_bytes=1000, files=3))
    for number in range(40):
        files.append([body(number)])
    kept = names(tmp_path)
    assert len(kept) == 3 and kept[0] > "audit-000001.jsonl"
    assert all((tmp_path / "audit" / name).stat().st_size <= 1000 for name in kept)
    check = files.verify()
    assert check.breaks == [] and check.end is not None and check.end.number == 40
    AuditFiles(tmp_path, AuditLimits(file_bytes=1000, files=3)).append([body(40)])
    assert files.verify().breaks == []


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    AuditFiles(tmp_path).append([body(1), body(2)])
    path = tmp_path / "audit" / "audit-000001.jsonl"
    whole = path.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 30, len(whole) // 2 + 5, 3):
        path.write_bytes(whole[:cut])
        AuditFiles(tmp_path).append([body(3)])
        assert AuditFiles(tmp_path).verify().breaks == [], cut


def test_a_last_line_that_was_tampered_with_is_told_for_ever(tmp_path: Path) -> None:
    AuditFiles(tmp_path).append([body(1), body(2)])
    path = tmp_path / "audit" / "audit-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"number":2', b'"number":9'))
    AuditFiles(tmp_path).append([body(3)])
    broken = AuditFiles(tmp_path).verify().breaks
    assert broken and "line 2" in broken[0]


def test_a_digest_that_was_noted_must_be_found_again(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path)
    files.append([body(1)])
    end = files.verify().end
    assert end is not None
    files.append([body(2)])
    assert files.verify([end.digest]).breaks == []
    forged = AuditFiles(tmp_path / "forged")
    forged.append([body(7), body(8)])
    assert "rewritten" in forged.verify([end.digest]).breaks[0]


def test_a_disk_that_takes_nothing_leaves_the_chain_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = AuditFiles(tmp_path)
    files.append([body(1)])

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", full)
        with pytest.raises(DiskFull):
            files.append([body(2)])
    files.append([body(3)])
    check = files.verify()
    assert (check.records, check.breaks) == (2, [])


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "audit").touch()
    with pytest.raises(HostError, match="audit"):
        AuditFiles(tmp_path).append([body(1)])


def test_no_log_is_an_empty_one(tmp_path: Path) -> None:
    check = AuditFiles(tmp_path).verify()
    assert (check.records, check.breaks, check.end) == (0, [], None)


def test_records_are_read_from_the_end_over_the_borders_of_files_and_blocks(tmp_path: Path) -> None:
    files = AuditFiles(tmp_path, AuditLimits(file_bytes=150_000, files=8))
    bodies = [{"action": "a" if n % 2 else "b", "printer": None, "text": "x" * (n % 700)} for n in range(900)]
    for begin in range(0, 900, 100):
        files.append(bodies[begin : begin + 100])
    assert len(list(files.folder.glob("*.jsonl"))) > 2
    read: list[int] = []
    before: int | None = None
    while True:
        page = files.newest(AuditWish(before=before, action="a"), 100)
        read += [int(record["n"]) for record in page.records]
        if page.next is None:
            break
        before = page.next
    assert read == list(range(900, 0, -2))


def test_what_is_no_record_is_passed_over_and_a_page_that_reads_too_much_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = AuditFiles(tmp_path)
    files.append([{"action": "a", "printer": None} for _ in range(20)])
    with (files.folder / "audit-000001.jsonl").open("ab") as stream:
        stream.write(b"\xff not a record\n[1]\n")
    assert [record["n"] for record in files.newest(AuditWish(), 2).records] == [20, 19]
    monkeypatch.setattr(audit_files, "MOST_READ_BYTES", 1000)
    page = files.newest(AuditWish(action="rare"), 2)
    assert page.records == () and page.next is not None and 1 < page.next < 20
