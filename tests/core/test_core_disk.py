"""Folders that can be written, files that are whole, errors that name what is wrong."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from hydrogen.core.disk import make_folder, told_about, write_atomically
from hydrogen.errors import DiskFull, HostError


def test_a_folder_that_cannot_be_made_is_told_by_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match="file"):
        make_folder(tmp_path / "file" / "run")


def test_a_file_is_replaced_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_atomically(path, b"old", 0o600)
    write_atomically(path, b"new", 0o640)
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="free some"), told_about(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
