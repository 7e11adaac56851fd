"""One command as the firmware's parser sees it: letter, code, words."""

from __future__ import annotations

import re

_HEAD = re.compile(r"([GMT]) *0*([0-9]+)(?:\.[0-9]+)? *")
_WORD = re.compile(r"([A-Z]) *([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))?")


class Command:
    """A command without number and checksum. ``name`` is ``G1``, ``M104``, ``T0`` or empty if it has no code.

    Only upper case is understood (facts: ``m105`` is an unknown command); leading zeros do not count. One line holds
    one command: ``G4 P0 M105`` is a G4 with a word ``M105``.
    """

    __slots__ = ("_words", "name", "rest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._words: dict[str, float | None] | None = None
        head = _HEAD.match(text)
        self.name = head[1] + head[2] if head else ""
        self.rest = text[head.end() :] if head else ""

    @property
    def word(self) -> str:
        """``name``, or where there is none the first word as it stands (``FIRMWARE_RESTART``)."""
        return self.name or self.text.partition(" ")[0]

    @property
    def words(self) -> dict[str, float | None]:
        """Value of each letter, None for a letter without number; the last one of its kind counts."""
        if self._words is None:
            self._words = {letter: float(value) if value else None for letter, value in _WORD.findall(self.rest)}
        return self._words

    def has(self, letters: str) -> bool:
        """True if any of these letters occurs, with a value or without."""
        return any(letter in self.words for letter in letters)

    def value(self, letter: str, otherwise: float = 0.0) -> float:
        """The number after ``letter``, or ``otherwise``."""
        found = self.words.get(letter)
        return otherwise if found is None else found
