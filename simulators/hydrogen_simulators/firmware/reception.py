"""From bytes on the wire to lines: receive ring, line reader, early words.

Theory of operation: bytes enter the ring when they arrive; the emergency parser sees them in that moment, packed or not
(Marlin ``MarlinSerial::store_rxd_char`` feeds it from the receive interrupt). The line reader takes bytes from the ring
only while the command queue has room, so that a long command lets the ring fill, and a full ring loses what comes.
"""

from __future__ import annotations

import re
from enum import Enum

from hydrogen_simulators.firmware.meatpack import MeatPackDecoder

_HIGH_BYTE = re.compile(rb"[\x80-\xff]")
_EMERGENCY = re.compile(
    rb"(?:\A|(?<=[\r\n])) *(?:(?:N[-0-9 ]*)?M *(?:(108|112|410)|876 *S *([0-9]+))[^\r\n]*|(KILL) *)[\r\n]"
)
_STRICT_EMERGENCY = re.compile(
    rb"(?:\A|(?<=[\r\n])) *(?:(?:N[-0-9 ]*)?M *(?:(108|112|410)|876 *S *([0-9]+))(?:[ \t][^\r\n]*)?|(KILL) *)[\r\n]"
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
    """Cuts lines out of the ring: drops comments and empty lines, keeps at most ``limit`` - 1 bytes.

    ``ends`` are the bytes that end a line. With ``keeps_empty`` an empty line is a line too. A ``decoder`` unpacks what
    the ring holds, byte by byte, so that the ring keeps packed bytes as on a board.
    Source: Marlin ``queue.cpp``, ``process_stream_char`` and ``process_line_done``; ``facts/marlin.md`` "Numbering".
    """

    def __init__(
        self,
        ring: ReceiveRing,
        limit: int,
        *,
        high_bytes_flush: bool,
        ends: bytes = b"\r\n",
        keeps_empty: bool = False,
        decoder: MeatPackDecoder | None = None,
    ) -> None:
        self._ring = ring
        self._limit = limit - 1
        self._high_bytes_flush = high_bytes_flush
        self._keeps_empty = keeps_empty
        self._line_end = re.compile(b"[" + re.escape(ends) + b"]")
        self._ends = ends
        self._decoder = decoder
        self._unpacked = bytearray()
        self._line = bytearray()
        self._in_comment = False
        self.cut_lines = 0

    @property
    def has_half_a_line(self) -> bool:
        """True if a line was begun and not ended."""
        return bool(self._line)

    @property
    def is_unpacking(self) -> bool:
        """True while what arrives is taken for packed."""
        return self._decoder is not None and self._decoder.is_packing

    @property
    def has_more(self) -> bool:
        """True if bytes wait to be read."""
        return bool(self._ring.data or self._unpacked)

    def next_line(self) -> bytes | ReaderFault | None:
        """The next line, comments removed; a fault; or None if the ring holds no complete one."""
        data = self._ring.data
        if self._decoder is not None:
            data = self._unpacked
            self._unpack(self._decoder)
        while data:
            end = self._line_end.search(data)
            piece = bytes(data[: end.start()] if end else data)
            if self._high_bytes_flush and not piece.isascii():
                return self._stop_at_high_byte(piece)
            del data[: end.end() if end else len(data)]
            is_plain = end and not self._line and not self._in_comment and b";" not in piece
            if not is_plain or len(piece) > self._limit:
                self._append(piece)
                if end is None:
                    return None
                piece = bytes(self._line)
                self.clear()
            if piece or self._keeps_empty:
                return piece
            if self._decoder is not None:
                self._unpack(self._decoder)
        return None

    def clear(self) -> None:
        """Begin a line of its own: after a rejected one nothing of the former may stay."""
        self._line.clear()
        self._in_comment = False

    def flush(self) -> None:
        """Throw away what waits in the ring, packed or unpacked, as behind a rejected line.

        Packed bytes are decoded on their way out, so that packing stays in step and commands among them are obeyed
        (Marlin ``queue.cpp``, ``gcode_line_error`` reads the port empty through the decoder).
        """
        if self._decoder is not None:
            for byte in self._ring.data:
                self._decoder.feed(byte)
        self._ring.clear()
        self._unpacked.clear()

    def restart(self) -> None:
        """The processor starts again: nothing waits, nothing is packed."""
        self._ring.clear()
        self._unpacked.clear()
        self.clear()
        if self._decoder is not None:
            self._decoder.restart()

    def _unpack(self, decoder: MeatPackDecoder) -> None:
        """Decode until a line has ended or the ring is empty."""
        taken = 0
        for byte in self._ring.data:
            taken += 1
            characters = decoder.feed(byte)
            self._unpacked += characters
            if any(end in characters for end in self._ends):
                break
        del self._ring.data[:taken]

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
        self._unpacked.clear()
        return ReaderFault.HIGH_BYTE


class EarlyWord(Enum):
    """What the emergency parser recognises."""

    BREAK_WAIT = "M108"
    KILL = "M112"
    STOP_MOTION = "M410"
    RESPOND = "M876"
    SOFT_RESET = "KILL"
    HALTING_BYTE = "^X"
    """Not found by the parser: a byte of its own (``Speech.halting_byte``)."""


class EmergencyParser:
    """Finds M108, M112, M410, M876 and KILL at the start of a line while its bytes arrive, ring full or not.

    An early word acts when its line ends; a line number before it is skipped, trailing text is ignored unless
    ``is_strict`` (Klipper: a checksum behind M112 hides it, ``facts/klipper-moonraker.md`` 2.3).
    Source: Marlin ``e_parser.h``; tried in ``facts/marlin.md`` "Stop and kill", "User waits".
    """

    def __init__(self, *, is_strict: bool = False) -> None:
        self._pattern = _STRICT_EMERGENCY if is_strict else _EMERGENCY
        self._tail = b""

    def feed(self, data: bytes) -> list[tuple[EarlyWord, int]]:
        """Words completed by these bytes, in order, with M876's answer (0 for the others)."""
        seen = self._tail + data
        if b"M" not in seen and b"K" not in seen:  # most lines are moves
            self._tail = seen[max(seen.rfind(b"\n"), seen.rfind(b"\r")) + 1 :][:_EMERGENCY_TAIL_BYTES]
            return []
        words = [_early_word(match) for match in self._pattern.finditer(seen)]
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
