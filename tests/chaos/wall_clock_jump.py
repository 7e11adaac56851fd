"""The wall clock of a house's processes, which a test may set wrong; see wall_clock/sitecustomize.py."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path

SITE = Path(__file__).parent / "wall_clock"


class WallClock:
    """`environment` belongs to the processes; `jump` takes effect in all of them at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset_seconds = 0.0
        self._write()

    @property
    def environment(self) -> Mapping[str, str]:
        former = os.environ.get("PYTHONPATH")
        folders = os.pathsep.join(filter(None, (str(SITE), former)))
        return {"PYTHONPATH": folders, "CHAOS_WALL_CLOCK": str(self._path)}

    def jump(self, seconds: float) -> None:
        """Forward, or back."""
        self._offset_seconds += seconds
        self._write()

    def _write(self) -> None:
        self._path.touch()
        with self._path.open("r+b") as file:  # in place: the others have it mapped
            file.write(struct.pack("<d", self._offset_seconds))
