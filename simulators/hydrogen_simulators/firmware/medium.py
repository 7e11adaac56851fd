"""The memory card: files with short and long names, one of them selected, printed or written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

LARGEST_UPLOAD_BYTES = 64 * 1024 * 1024
"""What M28 may write into one file; beyond this lines are lost, as on a card that is full."""


@dataclass(frozen=True, slots=True)
class CardFile:
    """One file: its 8.3 name as M20 shows it, the name it was given, its bytes."""

    short_name: str
    long_name: str
    content: bytes


class Medium:
    """The card in the slot. ``position`` is the next byte of the selected file that will be read."""

    def __init__(self, files: Mapping[str, bytes] | None) -> None:
        self.is_present = files is not None
        self.is_mounted = self.is_present
        self.is_printing = False
        self.selected: CardFile | None = None
        self.position = 0
        self.written_name: str | None = None
        self._written = bytearray()
        self._files: dict[str, CardFile] = {}
        for name, content in (files or {}).items():
            self._store(name, content)

    @property
    def files(self) -> list[CardFile]:
        """All files, in the order they came onto the card."""
        return list(self._files.values())

    def find(self, name: str) -> CardFile | None:
        """The file of this short or long name, in any case, with or without a leading slash."""
        wanted = name.strip().lstrip("/").upper()
        if not self.is_mounted:
            return None
        return next((f for f in self._files.values() if wanted in (f.short_name, f.long_name.upper())), None)

    def select(self, file: CardFile | None) -> None:
        """Open a file for printing at its first byte, or none."""
        self.selected, self.position, self.is_printing = file, 0, False

    def next_line(self) -> str | None:
        """The next command of the selected file, comments and empty lines passed over; None at its end."""
        if self.selected is None:
            return None
        content = self.selected.content
        while self.position < len(content):
            end = content.find(b"\n", self.position)
            end = len(content) if end < 0 else end
            line = content[self.position : end].partition(b";")[0].strip(b" \r\t")
            self.position = min(end + 1, len(content))
            if line:
                return line.decode("latin-1")
        return None

    def begin_writing(self, name: str) -> None:
        """M28: what comes now is stored, not run."""
        self.written_name = name
        self._written.clear()

    def write(self, line: str) -> None:
        """Store one line."""
        data = line.encode("latin-1", "replace") + b"\n"
        if len(self._written) + len(data) <= LARGEST_UPLOAD_BYTES:
            self._written += data

    def end_writing(self) -> None:
        """M29."""
        if self.written_name is not None:
            self._store(self.written_name, bytes(self._written))
            self.written_name = None

    def delete(self, file: CardFile) -> None:
        """M30."""
        del self._files[file.short_name]
        if self.selected is file:
            self.select(None)

    def _store(self, name: str, content: bytes) -> None:
        long_name = name.strip().lstrip("/")
        known = next((f.short_name for f in self._files.values() if f.long_name.upper() == long_name.upper()), None)
        short_name = known or self._short_name(long_name)
        self._files[short_name] = CardFile(short_name, long_name, content)

    def _short_name(self, name: str) -> str:
        """FAT's 8.3 name: ``Long File Name.gcode`` is ``LONGFI~1.GCO`` (facts: M20)."""
        stem, _, extension = name.upper().rpartition(".")
        stem, extension = (stem, extension) if stem else (extension, "")
        plain = "".join(c for c in stem if c.isalnum() or c in "_-~")
        tail = f".{extension[:3]}" if extension else ""
        if plain == stem and len(stem) <= 8 and stem + tail not in self._files:
            return stem + tail
        number = 1
        while (short := f"{plain[:6]}~{number}{tail}") in self._files:
            number += 1
        return short
