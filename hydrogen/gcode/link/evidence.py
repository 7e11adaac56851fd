"""What a port says, judged: nothing, noise, text that no printer speaks, a bootloader, or a printer.

No single sign tells a wrong baud rate from a strange printer, so several are gathered from the same bytes: how many of
them are printable (a UART that samples at the wrong speed yields bytes all over the range, of which a third happens to be
printable), how many lines the grammar knows (`parse_reply`), and whether a bootloader names itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from hydrogen.gcode.replies import Text, parse_reply

SCORED_BYTES = 4096
"""The last bytes are looked at: several greetings' worth."""

TEXT_SHARE = 0.8
"""From this share of printable bytes on it is text: noise has 0.4, a localised greeting in UTF-8 above 0.9."""

ANSWER_SHARE = 0.5
"""A known line counts only among so many printable bytes; a board that resets makes some noise before its `start`."""

LINES_SHOWN = 3
LINE_CHARACTERS = 80
"""What an error message quotes."""

_PRINTABLE = bytes([9, 10, 13, *range(0x20, 0x7F)])
_line_end = re.compile(rb"[\r\n]+")
_framing_noise = b"\x00\xff"
_stk500_answers = re.compile(rb"[\x14\x15][\x10-\x15]*")
_bootloader = re.compile(
    r"(?i)stk500|bootloader|optiboot|^ets [A-Z][a-z]{2} +\d|^rst:0x[0-9a-f]+ |waiting for download|katapult|canboot",
)
"""Who names itself: stk500v2 of the Mega (`stk500boot.c`, `Explorer stk500V2 by MLS`, `Bootloader>`), the ROM of an ESP32
(`ets Jun  8 2016`, `rst:0x1 (POWERON_RESET),boot:0x13`, `waiting for download`). Optiboot answers in bytes: 0x14 (in
sync), 0x10 (ok), 0x15 (not in sync) of the STK500 protocol."""


class Verdict(StrEnum):
    """What the bytes look like."""

    SILENCE = "nothing"
    NOISE = "noise"
    TEXT = "text"
    BOOTLOADER = "a bootloader"
    ANSWER = "a printer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The signs in some bytes from a port.

    printable_bytes: blanks and line ends included. recognised_lines: whole lines that `parse_reply` knows. lines: the last
    ones, without what is unprintable, bounded; the unfinished one at the end too.
    """

    byte_count: int = 0
    printable_bytes: int = 0
    recognised_lines: int = 0
    lines: tuple[str, ...] = ()
    has_bootloader: bool = False

    @property
    def printable_share(self) -> float:
        """0 to 1; 0 for no bytes at all."""
        return self.printable_bytes / self.byte_count if self.byte_count else 0.0

    @property
    def verdict(self) -> Verdict:
        """All signs together."""
        if not self.byte_count:
            return Verdict.SILENCE
        if self.recognised_lines and self.printable_share >= ANSWER_SHARE:
            return Verdict.ANSWER
        if self.has_bootloader:
            return Verdict.BOOTLOADER
        return Verdict.TEXT if self.printable_share >= TEXT_SHARE else Verdict.NOISE

    def __str__(self) -> str:
        """In a few words: `nothing`, `34 bytes, 29 % of them printable`, `text: "wait for it"`."""
        match self.verdict:
            case Verdict.SILENCE:
                return "nothing"
            case Verdict.NOISE:
                return f"{self.byte_count} bytes, {self.printable_share:.0%} of them printable".replace("%", " %")
            case verdict:
                return f"{verdict}: {quoted(self.lines[-1:])}"


def score(data: bytes) -> Evidence:
    """The signs in `data`, of which the last SCORED_BYTES are looked at. Pure; never raises."""
    data = data[-SCORED_BYTES:]
    *whole, unfinished = _line_end.split(data)
    lines = [line for line in (*whole, unfinished) if line.strip(_framing_noise)]
    return Evidence(
        byte_count=len(data),
        printable_bytes=len(data) - len(data.translate(None, _PRINTABLE)),
        recognised_lines=sum(_is_known(line) for line in whole),
        lines=tuple(clean(line.decode("latin-1")) for line in lines[-LINES_SHOWN:]),
        has_bootloader=_is_bootloader(data, lines),
    )


def _is_known(line: bytes) -> bool:
    """Does a printer say so? A line with one unprintable byte in it is no witness, whatever it happens to look like."""
    line = line.strip(_framing_noise)
    return bool(line) and not line.translate(None, _PRINTABLE) and not isinstance(parse_reply(line), Text)


def _is_bootloader(data: bytes, lines: list[bytes]) -> bool:
    return _stk500_answers.fullmatch(data.strip(_framing_noise)) is not None or any(
        _bootloader.search(line.decode("latin-1")) for line in lines
    )


def clean(text: str) -> str:
    """Fit to be shown: unprintable characters as `?`, at most LINE_CHARACTERS."""
    return "".join(c if c.isprintable() else "?" for c in text[:LINE_CHARACTERS])


def quoted(lines: tuple[str, ...]) -> str:
    """`"one", "two"`."""
    return ", ".join(f'"{line}"' for line in lines)
