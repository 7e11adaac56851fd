"""Each worker begins to collect somewhere else.

The assertions of a test module are rewritten once and kept. Workers that go through the folders in step all rewrite each module
of a clean clone at the same moment, which is half of their collection; one that begins elsewhere finds what others have left.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def turned(places: Sequence[str], *, whole: Sequence[str], worker: int, workers: int) -> list[str]:
    """The same places, folder by folder, from another one on; as they are unless they are the `whole` of the tests."""
    if workers < 2 or [Path(place).absolute() for place in places] != [Path(place).absolute() for place in whole]:
        return list(places)
    folders = [folder for place in whole for folder in _folders(Path(place))]
    first = len(folders) * worker // workers
    return [str(folder) for folder in (*folders[first:], *folders[:first])]


def _folders(place: Path) -> list[Path]:
    """Those right below that hold tests; the place itself if tests lie in it."""
    if any(place.glob("test_*.py")):
        return [place]
    return sorted(child for child in place.iterdir() if child.is_dir() and any(child.rglob("test_*.py")))
