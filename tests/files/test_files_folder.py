"""The folder as it lies on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hydrogen.errors import FileRejected, FileUnreadable, InvalidMessage, NotFound
from hydrogen.files.folder import DEEPEST_LISTED, FilesFolder, check_printable, is_being_written


def test_a_name_is_found_as_it_stands_or_composed_or_as_it_was_stored(tmp_path: Path) -> None:
    folder = FilesFolder(tmp_path)
    for name in ("e\u0301.gcode", "\u00fc.gcode", "a.bgcode.gcode"):
        (tmp_path / name).write_text("G28\n")
    assert folder.stat("e\u0301.gcode").path == "e\u0301.gcode"
    assert folder.stat("u\u0308.gcode").path == "\u00fc.gcode"
    assert folder.stat("a.bgcode").path == "a.bgcode.gcode"
    assert folder.find("a.bgcode") == tmp_path / "a.bgcode.gcode"


def test_a_link_is_known_by_its_own_name(tmp_path: Path) -> None:
    (tmp_path / "cube.gcode").write_text("G28\n")
    (tmp_path / "link.gcode").symlink_to("cube.gcode")
    assert FilesFolder(tmp_path).stat("link.gcode").path == "link.gcode"


def test_folders_are_found_the_empty_ones_too_and_the_root_is_none_of_them(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".incoming").mkdir()
    (tmp_path / "link").symlink_to(tmp_path.parent)
    folder = FilesFolder(tmp_path)
    assert folder.folders() == ["a", "a/b"]
    assert folder.find_folder("a/b") == tmp_path / "a" / "b"
    for path in ("link", "c"):
        with pytest.raises(NotFound):
            folder.find_folder(path)
    for path in (".", "", "..", ".incoming"):
        with pytest.raises(InvalidMessage):
            folder.find_folder(path)


def test_it_is_seen_whether_somebody_writes_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.gcode"
    with path.open("w"):
        assert is_being_written(path)
    assert not is_being_written(path)
    with path.open():
        assert not is_being_written(path)
    assert not is_being_written(tmp_path / "missing.gcode")


@pytest.mark.parametrize(("content", "reason"), [(b"", "empty"), (b" \n\n", "empty"), (b"G28\n\0\0", "binary")])
def test_clear_nonsense_is_rejected_early(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "x.gcode"
    path.write_bytes(content)
    with pytest.raises(FileRejected) as caught:
        check_printable(path)
    assert caught.value.details["reason"] == reason


def test_a_missing_file_or_a_folder_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.gcode", tmp_path):
        with pytest.raises(FileUnreadable):
            check_printable(path)


def test_a_sub_folder_that_cannot_be_looked_into_hides_nothing_but_itself(tmp_path: Path) -> None:
    """Longer than the system takes a path: as a share that is gone, or a stick that is broken, it cannot be opened."""
    (tmp_path / "a.gcode").write_text("G28\n")
    (tmp_path / "z.gcode").write_text("G28\n")
    with working_in(tmp_path):
        for _ in range(20):
            Path("n" * 250).mkdir()
            os.chdir("n" * 250)
    assert [file.path for file in FilesFolder(tmp_path).files()] == ["a.gcode", "z.gcode"]


def test_folders_deeper_than_anybody_files_things_are_not_looked_into(tmp_path: Path) -> None:
    (tmp_path / "z.gcode").write_text("G28\n")
    with working_in(tmp_path):
        for _ in range(200):
            Path("d").mkdir()
            os.chdir("d")
            Path("x.gcode").write_text("G28\n")
    folder = FilesFolder(tmp_path)
    listed = [file.path for file in folder.files()]
    assert listed[-1] == "z.gcode" and len(listed) == DEEPEST_LISTED
    assert len(folder.folders()) == DEEPEST_LISTED


@contextmanager
def working_in(folder: Path) -> Iterator[None]:
    """Where whole paths may be too long for the system."""
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        yield
    finally:
        os.fchdir(before)
        os.close(before)
