"""The last part of the disk is not for files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hydrogen.errors import DiskFull
from hydrogen.files.space import RESERVE_BYTES, Space, free_bytes_of


def test_the_reserve_is_not_free(tmp_path: Path) -> None:
    space = Space(tmp_path, reserve_bytes=100, probe=lambda _folder: 250)
    assert space.free_bytes() == 150
    space.check(150, "a.gcode")
    with pytest.raises(DiskFull, match="delete") as caught:
        space.check(151, "a.gcode")
    assert caught.value.details == {"file": "a.gcode", "free_bytes": 150, "needed_bytes": 151}


def test_there_is_no_room_where_none_can_be_seen_or_only_the_reserve_is_left(tmp_path: Path) -> None:
    assert Space(tmp_path / "gone").free_bytes() == 0
    assert Space(tmp_path, probe=lambda _folder: RESERVE_BYTES - 1).free_bytes() == 0


def test_the_disk_is_asked(tmp_path: Path) -> None:
    assert 0 < free_bytes_of(tmp_path) <= os.statvfs(tmp_path).f_bsize * os.statvfs(tmp_path).f_blocks
