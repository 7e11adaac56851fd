"""The shelves that there are do what the keeper wants of one."""

from __future__ import annotations

from pathlib import Path

from hydrogen.retention.folder import FolderShelf, LogShelf, SpoolShelf
from hydrogen.retention.policy import Limits
from hydrogen.retention.shelf import Shelf


def test_every_folder_shelf_is_one(tmp_path: Path) -> None:
    shelves: list[Shelf] = [
        FolderShelf("a", tmp_path, "*", Limits()),
        LogShelf("b", tmp_path, "*.log", Limits()),
        SpoolShelf(tmp_path, Limits()),
    ]
    assert [shelf.kind for shelf in shelves] == ["a", "b", "spool"]
    assert all(shelf.limits == Limits() for shelf in shelves)
