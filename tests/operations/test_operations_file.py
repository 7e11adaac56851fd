"""Operations on the files folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hydrogen.errors import NotFound
from hydrogen.operations.file import file_operations
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


async def test_list_tells_path_size_and_time_sorted_by_path() -> None:
    [listing] = file_operations(Shelf("b/two.gcode", "a.gcode"))
    assert await call(listing, printer=None) == {
        "files": [
            {"path": "a.gcode", "size_bytes": 10, "modified_at": "1970-01-01T00:00:00.500Z"},
            {"path": "b/two.gcode", "size_bytes": 10, "modified_at": "1970-01-01T00:00:00.500Z"},
        ],
        "total": 2,
        "next": None,
    }


async def test_pages_cover_the_folder_without_gap_or_repeat() -> None:
    paths = [f"{number:03}.gcode" for number in range(25)]
    [listing] = file_operations(Shelf(*reversed(paths)))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = await call(listing, {"limit": 10, "after": after}, printer=None)
        assert page["total"] == 25
        seen.extend(file["path"] for file in page["files"])
        after = page["next"]
    assert seen == paths


async def test_empty_folder_is_an_empty_list() -> None:
    [listing] = file_operations(Shelf())
    assert await call(listing, printer=None) == {"files": [], "total": 0, "next": None}
