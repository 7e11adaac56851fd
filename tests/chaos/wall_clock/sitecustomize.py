"""Imported by every interpreter whose PYTHONPATH has this folder: its wall clock is off by what a mapped file says.

Service and spooler inherit the environment, so both believe the same. Only `time.time` is moved, which is what the one
module that reads clocks calls; monotonic time is nobody's to move.
"""

from __future__ import annotations

import mmap
import os
import struct
import time

_OFFSET = struct.Struct("<d")


def _shift(path: str) -> None:
    with open(path, "rb") as file:
        offset = mmap.mmap(file.fileno(), _OFFSET.size, access=mmap.ACCESS_READ)
    true_time = time.time
    time.time = lambda: true_time() + _OFFSET.unpack(offset[: _OFFSET.size])[0]


if "CHAOS_WALL_CLOCK" in os.environ:
    _shift(os.environ["CHAOS_WALL_CLOCK"])
