"""A file that is being written is seen by nobody, and what a dead writer left is swept."""

from __future__ import annotations

import errno
import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hydrogen.errors import DiskFull, FileRejected, HostError, TooLarge
from hydrogen.files import draft as draft_module
from hydrogen.files.draft import Draft, check_head, sweep_drafts, told
from hydrogen.files.space import Space

MakeDraft = Callable[..., Draft]


@pytest.fixture
def make_draft(tmp_path: Path) -> MakeDraft:
    def make(*, limit_bytes: int = 1000, free_bytes: int = 1 << 30, is_gzip: bool = False) -> Draft:
        space = Space(tmp_path, reserve_bytes=0, probe=lambda _folder: free_bytes)
        return Draft(tmp_path / ".incoming", "a.gcode", space=space, limit_bytes=limit_bytes, is_gzip=is_gzip)

    return make


def test_it_is_placed_whole_with_its_digest(tmp_path: Path, make_draft: MakeDraft) -> None:
    draft = make_draft()
    draft.write(b"G28\n")
    draft.write(b"G1 X1\n")
    draft.finish()
    (tmp_path / "a.gcode").write_text("old")
    status = draft.place(tmp_path / "a.gcode")
    draft.discard()
    assert (tmp_path / "a.gcode").read_bytes() == b"G28\nG1 X1\n" and status.st_size == draft.size_bytes == 10
    assert draft.sha256 == hashlib.sha256(b"G28\nG1 X1\n").hexdigest() and draft.head == b"G28\nG1 X1\n"
    assert (tmp_path / "a.gcode").stat().st_mode & 0o777 == 0o640
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_discarded_it_has_never_been(tmp_path: Path, make_draft: MakeDraft) -> None:
    draft = make_draft()
    draft.write(b"G28\n")
    draft.discard()
    draft.discard()
    assert list((tmp_path / ".incoming").iterdir()) == []


def test_the_limit_counts_what_is_stored(make_draft: MakeDraft) -> None:
    draft = make_draft(limit_bytes=100, is_gzip=True)
    with pytest.raises(TooLarge) as caught:
        draft.write(gzip.compress(b"G28\n" * 26))
    assert caught.value.details["limit"] == 100
    draft.discard()


def test_the_space_is_looked_at_while_writing(make_draft: MakeDraft) -> None:
    draft = make_draft(free_bytes=10)
    draft.write(b"G28\n")
    with pytest.raises(DiskFull):
        draft.write(b"G1 X1 Y1 Z1\n")
    draft.discard()


def test_much_is_written_back_on_the_way(make_draft: MakeDraft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draft_module, "SYNC_BYTES", 50)
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    draft = make_draft()
    for _ in range(10):
        draft.write(b"G1 X1 Y1 Z1\n" * 2)
    draft.discard()
    assert len(synced) == 3


def test_what_a_dead_writer_left_is_swept_and_what_is_written_is_not(tmp_path: Path, make_draft: MakeDraft) -> None:
    draft = make_draft()
    (tmp_path / ".incoming" / "left").write_text("G28\n")
    assert sweep_drafts(tmp_path / ".incoming") == 1
    assert list((tmp_path / ".incoming").iterdir()) == [draft.path]
    draft.discard()
    assert sweep_drafts(tmp_path / "missing") == 0


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, DiskFull),
        (errno.EDQUOT, DiskFull),
        (errno.EFBIG, DiskFull),
        (errno.ENAMETOOLONG, FileRejected),
        (errno.ENOTDIR, FileRejected),
        (errno.EIO, HostError),
    ],
)
def test_errors_of_the_disk_say_who_can_mend_them(number: int, kind: type[Exception]) -> None:
    assert type(told(OSError(number, os.strerror(number)), "a.gcode")) is kind


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostError):
        Draft(tmp_path / "gone" / "deep", "a.gcode", space=Space(tmp_path), limit_bytes=1)


def test_a_head_that_is_no_text_is_refused() -> None:
    check_head(b"; a comment\n", "a.gcode")
    for head in (b"", b" \n", b"GCDE\0\0"):
        with pytest.raises(FileRejected):
            check_head(head, "a.gcode")
