"""From bytes on the wire to accepted commands: receive ring, line reader, number and checksum checks, early words.

Theory of operation: bytes enter the ring when they arrive; the emergency parser sees them in that moment. The
line reader takes bytes from the ring only while the command queue has room, so that a long command lets the
ring fill, and a full ring loses what comes. A rejected line throws the whole ring away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from functools import reduce
from operator import xor

_LINE_END = re.compile(rb"[\r\n]")
_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_C_NUMBER = re.compile(r"[ \t]*([+-]?[0-9]+)")
_EMERGENCY = re.compile(
    rb"(?:\A|(?<=[\r\n])) *(?:(?:N[-0-9 ]*)?M *(?:(108|112|410)|876 *S *([0-9]+))[^\r\n]*|(KILL) *)[\r\n]"
)
_EMERGENCY_TAIL_BYTES = 64  # of an unfinished line; long enough for any early word, short enough to stay small


class ReceiveRing:
    """The UART's ring of ``size`` bytes, one of which is never used; ``size`` 0 has no limit.

    Source: ``facts/link.md`` section 4: with 128 bytes, 127 beyond the four oldest lines fit, the rest is lost.
    """

    def __init__(self, size: int) -> None:
        self._capacity = size - 1 if size else None
        self.data = bytearray()

    def __len__(self) -> int:
        return len(self.data)

    def push(self, data: bytes) -> bytes:
        """Take what fits; return what does not."""
        if self._capacity is None:
            self.data += data
            return b""
        room = self._capacity - len(self.data)
        self.data += data[:room]
        return data[room:]

    def clear(self) -> None:
        """Throw everything away, as SERIAL_FLUSH does."""
        self.data.clear()


class ReaderFault(Enum):
    """Why the line reader stopped without a line."""

    HIGH_BYTE = "high byte"


class LineReader:
    """Cuts lines out of the ring: ends at CR or LF, drops comments and empty lines, keeps at most ``limit`` - 1 bytes.

    Source: Marlin ``queue.cpp``, ``process_stream_char`` and ``process_line_done``; ``facts/marlin.md`` "Numbering".
    """

    def __init__(self, ring: ReceiveRing, limit: int, *, high_bytes_flush: bool) -> None:
        self._ring = ring
        self._limit = limit - 1
        self._high_bytes_flush = high_bytes_flush
        self._line = bytearray()
        self._in_comment = False
        self.cut_lines = 0

    def next_line(self) -> bytes | ReaderFault | None:
        """The next line that is not empty, comments removed; a fault; or None if the ring holds no complete one."""
        data = self._ring.data
        while data:
            end = _LINE_END.search(data)
            piece = bytes(data[: end.start()] if end else data)
            if self._high_bytes_flush and not piece.isascii():
                return self._stop_at_high_byte(piece)
            del data[: end.end() if end else len(data)]
            self._append(piece)
            if end is None:
                return None
            line = bytes(self._line)
            self.clear()
            if line:
                return line
        return None

    def clear(self) -> None:
        """Begin a line of its own: after a rejected one nothing of the former may stay."""
        self._line.clear()
        self._in_comment = False

    def _append(self, piece: bytes) -> None:
        if self._in_comment:
            return
        code, semicolon, _ = piece.partition(b";")
        room = self._limit - len(self._line)
        self._line += code[:room]
        self._in_comment = bool(semicolon) or len(code) > room
        self.cut_lines += len(code) > room

    def _stop_at_high_byte(self, piece: bytes) -> ReaderFault:
        found = _HIGH_BYTE.search(piece)
        self._append(piece[: found.start() if found else len(piece)])
        self._ring.clear()
        return ReaderFault.HIGH_BYTE


class EarlyWord(Enum):
    """What the emergency parser recognises."""

    BREAK_WAIT = "M108"
    KILL = "M112"
    STOP_MOTION = "M410"
    RESPOND = "M876"
    SOFT_RESET = "KILL"


class EmergencyParser:
    """Finds M108, M112, M410, M876 and KILL at the start of a line while its bytes arrive, ring full or not.

    An early word acts when its line ends; a line number before it is skipped, trailing text is ignored.
    Source: Marlin ``e_parser.h``; tried in ``facts/marlin.md`` "Stop and kill", "User waits".
    """

    def __init__(self) -> None:
        self._tail = b""

    def feed(self, data: bytes) -> list[tuple[EarlyWord, int]]:
        """Words completed by these bytes, in order, with M876's answer (0 for the others)."""
        seen = self._tail + data
        words = [_early_word(match) for match in _EMERGENCY.finditer(seen)]
        end = max(seen.rfind(b"\n"), seen.rfind(b"\r"))
        self._tail = seen[end + 1 :][:_EMERGENCY_TAIL_BYTES]
        return words


def _early_word(match: re.Match[bytes]) -> tuple[EarlyWord, int]:
    code, answer, kill = match.groups()
    if kill:
        return EarlyWord.SOFT_RESET, 0
    if answer is not None:
        return EarlyWord.RESPOND, int(answer)
    return EarlyWord("M" + code.decode("ascii")), 0


class Rejection(Enum):
    """Marlin's three texts for a line it does not take."""

    LINE_NUMBER = "Line Number is not Last Line Number+1"
    NO_CHECKSUM = "No Checksum with line number"
    CHECKSUM = "checksum mismatch"


@dataclass(frozen=True, slots=True)
class AcceptedLine:
    """A line that passed: its command without number and checksum, and what its ok and the next check need."""

    command: str
    number: str | None
    last_line: int


class Repeat(Enum):
    """The last line or the one before it came again: dropped without a word."""

    DROPPED = "repeat"


def check_line(line: bytes, last_line: int, *, repeats_in_silence: bool) -> AcceptedLine | Rejection | Repeat:
    """Judge one line as Marlin does when it reads it.

    Only a line that begins with ``N`` is checked at all: one that lost its head is taken whatever its checksum says.
    A line that contains ``M110`` anywhere skips the sequence check, and the next ``N`` in it gives the number.
    Source: Marlin ``queue.cpp``, ``get_serial_commands``; ``facts/marlin.md`` "Numbering", ``facts/link.md`` section 1.
    """
    text = line.decode("latin-1").lstrip(" ")
    if not text.startswith("N"):
        return AcceptedLine(_without_checksum(text), None, last_line)
    at = 0
    renumbers = "M110" in text
    if renumbers:
        at = max(0, text.find("N", 4))
    number = _c_number(text[at + 1 :])
    if number != last_line + 1 and not renumbers:
        if repeats_in_silence and last_line - 1 <= number <= last_line:
            return Repeat.DROPPED
        return Rejection.LINE_NUMBER
    body, star, checksum = text.rpartition("*")
    if not star:
        return Rejection.NO_CHECKSUM
    if _c_number(checksum) != reduce(xor, body.encode("latin-1"), 0):
        return Rejection.CHECKSUM
    digits, command = _split_number(text)
    return AcceptedLine(_without_checksum(command), digits if line.startswith(b"N") else None, number)


def _c_number(text: str) -> int:
    """C's ``strtol``: leading blanks, a sign, digits; 0 if there are none."""
    match = _C_NUMBER.match(text)
    return int(match.group(1)) if match else 0


def _split_number(text: str) -> tuple[str, str]:
    end = 1
    while end < len(text) and (text[end].isdigit() or text[end] == "-"):
        end += 1
    return text[1:end], text[end:].lstrip(" ")


def _without_checksum(text: str) -> str:
    """Cut at the first star, as the parser does; a star in the first place is the command itself."""
    star = text.find("*", 1)
    return (text if star < 0 else text[:star]).rstrip(" ")
