"""MeatPack: two G-code characters in one byte, as Marlin unpacks them between receive ring and line reader.

The protocol. ``FF FF`` and a command byte switch packing and the no-space table; each command is answered with one
report. While packing is on, the low half of a byte is the first character and the high half the second, each an index
into fifteen characters. Fifteen means "comes as a byte of its own": such bytes follow the packed one, first before
second. A packed newline in the low half ends the byte; its high half means nothing. A single ``FF`` is two characters
of their own, never a command, because no such byte follows that is itself ``FF``.

Source: Marlin ``feature/meatpack.h``, ``feature/meatpack.cpp``; the answers were measured (``facts/marlin.md``).
"""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

SIGNAL = 0xFF
"""Two of these announce a command."""

LITERAL = 0xF
"""The index that stands for a byte of its own."""

CHARACTERS = b"0123456789. \nGX"
"""The character of each index 0 to 14."""

SPACE_INDEX = 11
"""The index whose character is ``E`` in the no-space table."""


class MeatPackCommand(IntEnum):
    """The byte behind two signals; any other is answered and changes nothing."""

    SPACES = 0xF6
    NO_SPACES = 0xF7
    QUERY = 0xF8
    RESET = 0xF9
    OFF = 0xFA
    ON = 0xFB


class MeatPackDecoder:
    """Bytes of the wire in, characters out. ``say`` is called with each report line.

    RESET turns packing and the no-space flag off and reports twice, and it leaves the ``E`` in the table (Marlin's slip in
    ``reset_state``): a host that wants blanks afterwards must send SPACES.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._second: int | None = None
        self.restart()

    def restart(self) -> None:
        """Be as after power on, without a report."""
        self.is_packing = False
        self.omits_spaces = False
        self._table = bytearray(CHARACTERS)
        self._signals = 0
        self._literals = 0
        self._second = None

    def feed(self, byte: int) -> bytes:
        """The characters that this byte completes: none, one or two; three after a single signal."""
        if self._signals == 2:
            self._signals = 0
            self._obey(byte)
            return b""
        if byte == SIGNAL:
            self._signals += 1
            return b""
        if self._signals:
            self._signals = 0
            return self._unpack(SIGNAL) + self._unpack(byte)
        return self._unpack(byte)

    @property
    def report(self) -> str:
        """The answer to every command."""
        packing = "ON" if self.is_packing else "OFF"
        return f"[MP] PV01 {packing} {'NSP' if self.omits_spaces else 'ESP'}"

    def _unpack(self, byte: int) -> bytes:
        if not self.is_packing:
            return bytes((byte,))
        if self._literals:
            return self._literal(byte)
        low, high = byte & 0xF, byte >> 4
        self._literals = (low == LITERAL) + (high == LITERAL)
        if low == LITERAL:
            self._second = None if high == LITERAL else self._table[high]
            return b""
        first = self._table[low]
        if first == 0x0A:
            self._literals = 0
            return b"\n"
        return bytes((first,)) if high == LITERAL else bytes((first, self._table[high]))

    def _literal(self, byte: int) -> bytes:
        self._literals -= 1
        second, self._second = self._second, None
        return bytes((byte,)) if second is None else bytes((byte, second))

    def _obey(self, byte: int) -> None:
        if byte in (MeatPackCommand.ON, MeatPackCommand.OFF):
            self.is_packing = byte == MeatPackCommand.ON
        elif byte in (MeatPackCommand.NO_SPACES, MeatPackCommand.SPACES):
            self.omits_spaces = byte == MeatPackCommand.NO_SPACES
            self._table[SPACE_INDEX] = ord("E") if self.omits_spaces else ord(" ")
        elif byte == MeatPackCommand.RESET:
            self.is_packing = self.omits_spaces = False
            self._literals, self._second = 0, None
            self._say(self.report)
        self._say(self.report)
