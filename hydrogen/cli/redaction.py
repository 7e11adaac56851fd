"""What must not leave a house with a recording: passwords, names, numbers that are one machine's or one person's. Pure.

Left out is what is known to be private in what printers and slicers say. A recording is text: look at it before you publish it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

HIDDEN = "REDACTED"

_RULES: tuple[tuple[re.Pattern[str], str], ...] = (
    # Wi-Fi of ESP3D, Duet and Marlin: M587 S"network" P"password", [ESP800]..., "SSID: ..."
    (re.compile(r"\b(M58[78]|M589|\[ESP\d+\])(?=\s|$|\[).*", re.IGNORECASE), rf"\1 {HIDDEN}"),
    (
        re.compile(
            r"\b(ssid|psk|pass(?:word|phrase)?|pwd|token|api[_ -]?key|secret)\b(\s*[:=]\s*|\s+)\S+.*", re.IGNORECASE
        ),
        rf"\1\2{HIDDEN}",
    ),
    # one machine: UUID and serial numbers of M115, Prusa's "SN"
    (re.compile(r"\bUUID:[0-9A-Fa-f-]{8,}"), "UUID:00000000-0000-0000-0000-000000000000"),
    (
        re.compile(r"\b(SERIAL(?:[_ ]?(?:NUMBER|NO))?|SN|S/N)(\s*[:=]\s*)(?!\d{1,2}\b)[\w-]{4,}", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b"), "00:00:00:00:00:00"),
    (re.compile(r"\b(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}\b"), "0.0.0.0"),  # noqa: S104
    # one person
    (re.compile(r"\b[\w.+-]+@[\w-]+\.[\w.-]+\b"), HIDDEN),
    (re.compile(r"(Author: )\([^)]*\)"), rf"\1({HIDDEN})"),
    # names of files, objects and the machine: M16, M23, M28, M30, M32, M33, M117, M118, M486 A"name"
    (re.compile(r"\b(M(?:16|23|28|30|32|33|117|118))(\s+)(?!\*)[^*]+"), rf"\1\2{HIDDEN}"),
    (re.compile(r"\b(M486\b.*?\sA)[^*]+"), rf"\1{HIDDEN}"),
    (
        re.compile(
            r"((?:File opened|Now fresh file|Writing to file|File deleted|open failed, File|Current file): ?).*"
        ),
        rf"\1{HIDDEN}",
    ),
)


def redact(line: str) -> str:
    """The line without what is private."""
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    return line


class CardListing:
    """Hides the names in the list of a memory card, which stand alone between two lines."""

    def __init__(self) -> None:
        self._is_open = False
        self._files = 0

    def redact(self, line: str) -> str:
        """A line of the printer, in order."""
        if line.startswith(("Begin file list", "End file list")):
            self._is_open, self._files = line.startswith("Begin"), 0
            return line
        if not self._is_open or line.startswith(("ok", "echo:busy", " T:", "//")):
            return redact(line)
        self._files += 1
        size = re.search(r"\.\w{1,5} (\d+)\b", line)
        return f"FILE{self._files}.GCO" + (f" {size.group(1)}" if size else "")


def _renumber(number_and_checksum: re.Match[str], body: Callable[[str], str]) -> str:
    """A numbered line keeps its number; its checksum is that of what is shown."""
    shown = body(number_and_checksum.group(1))
    checksum = 0
    for byte in shown.encode("latin-1", "replace"):
        checksum ^= byte
    return f"{shown}*{checksum}"


_NUMBERED = re.compile(r"(N\d+ .*?)\*\d+\s*")


def redact_sent(line: str) -> str:
    """A line of the host: redacted, with a right checksum where it had one."""
    found = _NUMBERED.fullmatch(line)
    if found is None:
        return redact(line)
    return line if redact(found.group(1)) == found.group(1) else _NUMBERED.sub(partial(_renumber, body=redact), line)
