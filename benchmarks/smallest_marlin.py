"""The least a printer can be for a host that checks line numbers, and its proof of what it was told to do.

It moves nothing, waits for nothing and checks no checksum (the wire of a benchmark loses nothing); it does judge the
sequence, because the host's probe lives from that. Shared by the printer process and the benchmark without a wire.
"""

from __future__ import annotations

import hashlib
import re

_own_number = re.compile(rb"N(\d+) ").match
_told_number = re.compile(rb"M110 N(\d+)").search

TEMPERATURES = b"T:21.00 /0.00 B:20.00 /0.00 @:0 B@:0"
FIRMWARE = (
    b"FIRMWARE_NAME:Marlin smallest SOURCE_CODE_URL:- PROTOCOL_VERSION:1.0 MACHINE_TYPE:bench EXTRUDER_COUNT:1\n"
    b"Cap:AUTOREPORT_TEMP:0\nCap:EMERGENCY_PARSER:0\n"
)
OK = b"ok\n"


class SmallestMarlin:
    """Lines in, answers out. `move_count` and `digest` prove what was executed."""

    def __init__(self) -> None:
        self.move_count = 0
        self._executed = bytearray()
        self._last = 0
        self._expected = b"N1 "

    @property
    def digest(self) -> str:
        """SHA-256 over the executed moves, each with a newline."""
        return hashlib.sha256(self._executed).hexdigest()

    def answer(self, line: bytes) -> bytes:
        """What to say to one line (without its newline); empty for an empty line."""
        expected = self._expected
        if not line.startswith(expected):
            return self._unexpected(line)
        body = line[len(expected) : line.rindex(b"*")]
        self._count_on(self._last + 1)
        if body.startswith(b"G1 "):
            self.move_count += 1
            self._executed += body
            self._executed += b"\n"
            return OK
        return _answer_to(body)

    def _count_on(self, number: int) -> None:
        self._last = number
        self._expected = b"N%d " % (number + 1)

    def _unexpected(self, line: bytes) -> bytes:
        told = _told_number(line)
        if told is not None:
            self._count_on(int(told[1]))
            return OK
        if _own_number(line) is None:
            return _answer_to(line) if line else b""
        complaint = b"Error:Line Number is not Last Line Number+1, Last Line: %d\nResend: %d\nok\n"
        return complaint % (self._last, self._last + 1)


def _answer_to(body: bytes) -> bytes:
    if body.startswith(b"M105"):
        return b"ok " + TEMPERATURES + b"\n"
    if body.startswith(b"M115"):
        return FIRMWARE + OK
    return OK
