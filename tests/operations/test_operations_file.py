"""Operations on the files folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from hydrogen.errors import Conflict, NotFound
from hydrogen.files.space import Space
from hydrogen.files.store import FileStore
from hydrogen.operations.file import file_operations
from hydrogen.operations.operation import Operation
from tests.operations.fleet import call


@dataclass(frozen=True)
class Stored:
    path: str
    size_bytes: int = 10
    modified_at: float = 0.5


class Shelf:
    """A files folder with these files."""

    def __init__(self, *paths: str) -> None:
        self._paths = paths

    async def list(self) -> list[Stored]:
        return [Stored(path) for path in self._paths]

    def resolve(self, path: str) -> Path:
        if path not in self._paths:
            raise NotFound(f"no file {path!r}")
        return Path("/files") / path

    def name_of(self, path: str) -> str:
        return path


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    for path in ("b/two.gcode", "a.gcode", "b/deep/three.gcode"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("G28\nG28\n\n\n")
        os.utime(tmp_path / path, (0.5, 0.5))
    return FileStore(tmp_path, space=Space(tmp_path, probe=lambda _folder: 500, reserve_bytes=200))


def operation(store: FileStore, name: str) -> Operation:
    return next(operation for operation in file_operations(store) if operation.name == f"file.{name}")


async def paths(store: FileStore, **params: object) -> list[str]:
    return [file["path"] for file in (await call(operation(store, "list"), params, printer=None))["files"]]


async def test_list_tells_path_size_and_time_sorted_by_path(store: FileStore) -> None:
    told = await call(operation(store, "list"), {"limit": 1}, printer=None)
    assert told == {
        "files": [{"path": "a.gcode", "size_bytes": 10, "modified_at": "1970-01-01T00:00:00.500Z"}],
        "total": 3,
        "next": "a.gcode",
        "folders": ["b", "b/deep"],
        "free_bytes": 300,
    }
    assert (await call(operation(store, "list"), {"after": "a.gcode"}, printer=None))["folders"] == []


async def test_one_folder_is_listed_with_the_folders_in_it(store: FileStore) -> None:
    assert await paths(store, folder="") == ["a.gcode"]
    told = await call(operation(store, "list"), {"folder": "b"}, printer=None)
    assert ([file["path"] for file in told["files"]], told["folders"]) == (["b/two.gcode"], ["b/deep"])


async def test_pages_cover_the_folder_without_gap_or_repeat(tmp_path: Path) -> None:
    names = [f"{number:03}.gcode" for number in range(25)]
    for name in reversed(names):
        (tmp_path / name).touch()
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await call(operation(FileStore(tmp_path), "list"), {"limit": 10, "after": after}, printer=None)
        assert page["total"] == 25
        seen.extend(file["path"] for file in page["files"])
        after = page["next"]
    assert seen == names


async def test_files_and_folders_are_moved_copied_made_and_deleted(store: FileStore) -> None:
    told = await call(operation(store, "move"), {"file": "a.gcode", "to": "c/d.gcode"}, printer=None)
    assert told["file"]["path"] == "c/d.gcode"
    told = await call(operation(store, "copy"), {"file": "c/d.gcode", "to": "e.gcode"}, printer=None)
    assert told["file"]["path"] == "e.gcode"
    assert await call(operation(store, "make_folder"), {"folder": "x/y"}, printer=None) == {"folder": "x/y"}
    assert await call(operation(store, "move_folder"), {"folder": "b", "to": "x/b"}, printer=None) == {"files": 2}
    assert await paths(store) == ["c/d.gcode", "e.gcode", "x/b/deep/three.gcode", "x/b/two.gcode"]
    with pytest.raises(Conflict, match="not empty"):
        await call(operation(store, "delete_folder"), {"folder": "x"}, printer=None)
    gone = await call(operation(store, "delete_folder"), {"folder": "x", "recursive": True}, printer=None)
    assert gone == {"files": 2}
    await call(operation(store, "delete"), {"file": "e.gcode"}, printer=None)
    assert await paths(store) == ["c/d.gcode"]
