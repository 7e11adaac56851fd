"""Which lines belong to which of the things that a file prints, by the marks of slicers and firmwares.

A file may have several kinds of marks for the same things; the kind that a host can act on counts, and what was named in
another way before is forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

KINDS = ("mesh", "label", "m486", "exclude")
"""Cura's `;MESH:`; `; printing object` of PrusaSlicer, SuperSlicer and OrcaSlicer; Marlin's M486; Klipper's EXCLUDE_OBJECT. The
later one counts."""

MOST_OBJECTS = 1000
"""More are not told apart."""

NOBODY = -1
"""Lines of no object."""

_NAME = rb"[^\n;]{1,120}"
_marks = re.compile(
    rb"\n(?:;(?: ?(?:(?P<label_end>stop printing object)|(?:start )?printing object[, ] ?(?P<label>[^\n]{1,120}))"
    rb"|MESH:(?P<mesh>[^\n]{1,120}))"
    rb"|EXCLUDE_OBJECT_(?:START NAME=(?P<exclude>[^\s;]{1,120})|(?P<exclude_end>END)|DEFINE NAME=(?P<define>[^\s;]{1,120}))"
    rb"|M486 (?:S(?P<m486>-?\d{1,6})|A ?(?P<name>%b)))" % _NAME
)
_copy = re.compile(r" id:(\d+) copy (\d+)\s*$")


@dataclass(slots=True)
class NamedObject:
    """id: what a firmware calls it (a number for M486), name: what people do."""

    id: str
    name: str


class ObjectMarks:
    """The marks of a file, page by page."""

    def __init__(self) -> None:
        self.objects: list[NamedObject] = []
        self.current = NOBODY
        self._kind = 0
        self._numbers: dict[str, int] = {}

    @property
    def kind(self) -> str:
        """Of the marks that count, of KINDS; says nothing while there are no objects."""
        return KINDS[self._kind]

    def find(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where the text's lines begin from which on another object counts, and its number; NOBODY for none."""
        if not (b"bject" in text or b"MESH:" in text or b"OBJECT_" in text or b"M486" in text):
            return
        for mark in _marks.finditer(text):
            what, told = str(mark.lastgroup), mark[str(mark.lastgroup)].decode("utf-8", "replace").strip()
            if self._take(what, told):
                yield mark.start(), self.current

    def _take(self, what: str, told: str) -> bool:
        """Is another object (or none) the current one now?"""
        kind = KINDS.index({"name": "m486", "define": "exclude"}.get(what, what.removesuffix("_end")))
        if kind < self._kind:
            return False
        if kind > self._kind:
            self._kind = kind
            self.objects.clear()
            self._numbers.clear()
            self.current = NOBODY
        if what == "name":
            if self.current != NOBODY:
                self.objects[self.current].name = told.strip('"')
            return False
        if what == "define":
            self._number(told)
            return False
        is_end = what.endswith("_end") or (what == "mesh" and told == "NONMESH") or (what == "m486" and told == "-1")
        self.current = NOBODY if is_end else self._number(told)
        return True

    def _number(self, id: str) -> int:
        number = self._numbers.get(id)
        if number is None:
            if len(self.objects) >= MOST_OBJECTS:
                return NOBODY
            number = self._numbers[id] = len(self.objects)
            found = _copy.search(id)
            name = (
                f"{id[: found.start()]} ({int(found[2]) + 1})"
                if found and found[2] != "0"
                else id[: found and found.start()]
            )
            self.objects.append(NamedObject(id, f"object {id}" if self._kind == KINDS.index("m486") else name))
        return number
