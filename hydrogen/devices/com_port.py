"""RFC 2217, the client's side: a serial port at the other end of a Telnet connection. Pure: bytes in, bytes out.

What is sent is Telnet (RFC 854): 255 begins a command and is doubled where it is data. The client offers the option COM-PORT
(44) and sets speed, frame, flow control, modem lines by sub-negotiations; the server confirms each with its code plus 100 and
the value that it has now. Both sides speak binary (RFC 856), so that nothing is done to line ends.

A server that knows nothing of the option refuses it, or is silent; data passes all the same. What it asks of us that we do not
know is refused once.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum

IAC, DONT, DO, WONT, WILL, SB, SE = 255, 254, 253, 252, 251, 250, 240
BINARY, SUPPRESS_GO_AHEAD, COM_PORT = 0, 3, 44

DATA_BITS, NO_PARITY, STOP_BITS = 8, 1, 1
"""8N1 in the words of RFC 2217 section 3."""

SUBNEGOTIATION_BYTES = 64
"""A server's longest answer that is kept; SIGNATURE is text of any length, and the rest of it is dropped."""

_ANSWER = 100
_ESCAPE = bytes((IAC,))


class Setting(IntEnum):
    """Codes of RFC 2217 section 3, as the client sends them."""

    BAUD = 1
    DATA_SIZE = 2
    PARITY = 3
    STOP_SIZE = 4
    CONTROL = 5
    PURGE = 12


class Control(IntEnum):
    """Values of Setting.CONTROL."""

    NO_FLOW_CONTROL = 1
    DTR_ON = 8
    DTR_OFF = 9
    RTS_ON = 11
    RTS_OFF = 12


class Purge(IntEnum):
    """Values of Setting.PURGE: what came from the device, what waits for it."""

    RECEIVED = 1
    TO_SEND = 2


def escape(data: bytes) -> bytes:
    """`data` as Telnet carries it."""
    return data.replace(_ESCAPE, _ESCAPE * 2) if IAC in data else data


def setting(code: Setting, value: int) -> bytes:
    """The sub-negotiation that asks for it."""
    wide = value.to_bytes(4, "big") if code is Setting.BAUD else bytes((value,))
    return bytes((IAC, SB, COM_PORT, code)) + escape(wide) + bytes((IAC, SE))


def opening(baud: int) -> bytes:
    """What the client says first: the options, then a raw port without flow control at `baud`."""
    options = ((WILL, COM_PORT), (WILL, BINARY), (DO, BINARY), (WILL, SUPPRESS_GO_AHEAD), (DO, SUPPRESS_GO_AHEAD))
    said = b"".join(bytes((IAC, verb, option)) for verb, option in options)
    frame = ((Setting.DATA_SIZE, DATA_BITS), (Setting.PARITY, NO_PARITY), (Setting.STOP_SIZE, STOP_BITS))
    said += setting(Setting.BAUD, baud)
    said += b"".join(setting(code, value) for code, value in frame)
    return said + setting(Setting.CONTROL, Control.NO_FLOW_CONTROL)


def missing_of_command(sent: bytes, rest: bytes) -> int:
    """How many bytes of `rest` still belong to a command (or a doubled 255) that `sent` ends in the middle of.

    `sent` begins outside of any command. Whoever throws `rest` away must let these go, or all that follows is misread.
    """
    place, whole = 0, sent + rest
    while place < len(sent):
        place += _command_bytes(whole, place) if whole[place] == IAC else 1
    return min(place - len(sent), len(rest))


def _command_bytes(data: bytes, at: int) -> int:
    """Of the command that begins at `at`, as far as `data` goes."""
    verb = data[at + 1] if at + 1 < len(data) else IAC
    if verb in (WILL, WONT, DO, DONT):
        return 3
    if verb != SB:
        return 2
    place = at + 2
    while place < len(data):
        if data[place] != IAC:
            place += 1
            continue
        if place + 1 < len(data) and data[place + 1] == SE:
            break
        place += 2
    return place + 2 - at


class ComPort:
    """One connection. `receive_data` gives the device's bytes; `replies` is what must go back to the server.

    is_agreed: has the server accepted the option (None: it has not said)? values: what it confirmed last, by Setting.
    """

    def __init__(self) -> None:
        self.is_agreed: bool | None = None
        self.values: Mapping[int, int] = {}
        self.replies = bytearray()
        self._refused: set[tuple[int, int]] = set()
        self._pending = b""
        self._answer = bytearray()
        self._is_answering = False

    def forget(self, code: Setting) -> None:
        """What was confirmed of this setting is about to be asked again."""
        self.values = {known: value for known, value in self.values.items() if known != code}

    def receive_data(self, data: bytes) -> bytes:
        """Bytes from the server, in any pieces; returns those of the device."""
        if IAC not in data and not self._pending and not self._is_answering:
            return data
        data, self._pending = self._pending + data, b""
        payload = bytearray()
        place = 0
        while place < len(data):
            if data[place] != IAC:
                end = data.find(_ESCAPE, place)
                end = len(data) if end < 0 else end
                self._take(data[place:end], payload)
                place = end
                continue
            size = self._command(data[place : place + 3], payload)
            if not size:
                self._pending = data[place:]
                break
            place += size
        return bytes(payload)

    def _take(self, data: bytes, payload: bytearray) -> None:
        if self._is_answering:
            self._answer += data[: SUBNEGOTIATION_BYTES - len(self._answer)]
        else:
            payload += data

    def _command(self, head: bytes, payload: bytearray) -> int:
        """Its length; 0 if more of it must come first."""
        if len(head) < 2:
            return 0
        verb = head[1]
        if verb == IAC:
            self._take(_ESCAPE, payload)
        elif verb == SB:
            self._answer.clear()
            self._is_answering = True
        elif verb == SE:
            self._end_answer()
        elif verb in (WILL, WONT, DO, DONT):
            if len(head) < 3:
                return 0
            self._negotiate(verb, head[2])
            return 3
        return 2

    def _negotiate(self, verb: int, option: int) -> None:
        if option == COM_PORT and verb in (DO, DONT):
            self.is_agreed = verb == DO
        elif verb in (DO, WILL) and option not in (BINARY, SUPPRESS_GO_AHEAD):
            refusal = (WONT if verb == DO else DONT, option)
            if refusal not in self._refused:
                self._refused.add(refusal)
                self.replies += bytes((IAC, *refusal))

    def _end_answer(self) -> None:
        answer, self._is_answering = bytes(self._answer), False
        if len(answer) < 3 or answer[0] != COM_PORT or answer[1] < _ANSWER:
            return
        self.is_agreed = True
        self.values = {**self.values, answer[1] - _ANSWER: int.from_bytes(answer[2:6], "big")}
