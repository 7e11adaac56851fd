"""The objects of a print that the board was told to leave out (M486). Source: Marlin ``cancel_object.cpp``, ``M486.cpp``."""

from __future__ import annotations

MOST_OBJECTS = 32
"""Marlin keeps them as the bits of a word; objects of higher numbers are always printed."""

NOBODY = -1
"""``M486 S-1``: what belongs to no object, such as a skirt."""


class PrintedObjects:
    """Which object's lines come now, and which objects are left out. ``is_skipping`` while both are the same one."""

    def __init__(self) -> None:
        self.active = NOBODY
        self.cancelled: set[int] = set()
        self.is_skipping = False

    def reset(self) -> None:
        """``M486 T``: another print, all of whose objects are printed."""
        self.cancelled.clear()
        self.begin(NOBODY)

    def begin(self, index: int) -> None:
        """The lines from here on are this object's."""
        self.active = index
        self.is_skipping = index in self.cancelled

    def cancel(self, index: int) -> None:
        """Leave this object out from here on."""
        if 0 <= index < MOST_OBJECTS:
            self.cancelled.add(index)
            self.begin(self.active)

    def restore(self, index: int) -> None:
        """Print this object from here on."""
        self.cancelled.discard(index)
        self.begin(self.active)
