"""The law of the link: which lines were given, accepted, acknowledged, and which may be asked for again.

::

    K  acknowledged   executed or planned: the printer said `ok`
    A  accepted       proven to be in the printer
    F  front          on the wire or in the printer; below S - 1 after a rewind
    S  next           the next new line

    K <= A <= S - 1   and   K <= F <= S - 1

Bytes never appear or vanish here: a number is given to a line once, and stands for that line for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import NamedTuple

from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link.link_events import Ticket
from hydrogen.gcode.urgency import Patience, patience_of, replies_with_temperatures

LINES_KEPT = 512
"""A printer can ask for what it has not accepted, and, when a line lost its number on the wire, for a few lines it has
acknowledged (keep from min(K, A) - 64). In flight are at most a few dozen."""


class SentLine(NamedTuple):
    """frame is the line as it goes on the wire; offset the stream offset behind it, -1 for a command."""

    frame: bytes
    offset: int
    ticket: Ticket | None
    patience: Patience
    replies_with_temperatures: bool

    @classmethod
    def of(cls, frame: bytes, offset: int, ticket: Ticket | None, body: bytes) -> SentLine:
        """What `body` means for the link, kept with its frame. Made for every line: four times as fast as the constructor."""
        return tuple.__new__(cls, (frame, offset, ticket, patience_of(body), replies_with_temperatures(body)))

    @property
    def body(self) -> bytes:
        """The command without number and checksum."""
        return self.frame[self.frame.index(b" ") + 1 : self.frame.rindex(b"*")]


class LineLedger:
    """One numbering epoch of one link. Attributes are for reading; methods keep the law.

    in_flight_bytes counts the bytes of the lines K + 1 to F as they went on the wire: what the printer's receive buffer may
    have to hold.
    """

    __slots__ = (
        "_lines",
        "_progress",
        "_sizes",
        "accepted",
        "acknowledged",
        "front",
        "in_flight_bytes",
        "lines_acknowledged",
        "next",
        "oldest",
        "stream_lines",
        "stream_offset",
    )

    def __init__(self, base: int) -> None:
        self.lines_acknowledged = 0
        self.stream_lines = 0
        self.stream_offset = 0
        self._lines: dict[int, SentLine] = {}
        self._sizes: deque[int] = deque()
        self.begin(base)

    def begin(self, base: int) -> None:
        """A new epoch: the next line is base + 1, nothing is in flight, nothing can be asked for."""
        self._lines.clear()
        self._sizes.clear()
        self.in_flight_bytes = 0
        self.acknowledged = self.accepted = self.front = self._progress = base
        self.next = self.oldest = base + 1

    def begin_stream(self, offset: int = 0) -> None:
        """Progress of the stream starts at `offset`, with no line."""
        self.stream_lines, self.stream_offset = 0, offset

    # ---------------------------------------------------------------------------------------------------------- giving

    def add(self, line: SentLine) -> None:
        """S rises: `line` gets the next number. It is on its way once `advance` is called."""
        self._lines[self.next] = line
        self.next += 1
        if self._lines.pop(self.next - 1 - LINES_KEPT, None) is not None:
            self.oldest = self.next - LINES_KEPT

    def give(self, body: bytes, offset: int = -1, ticket: Ticket | None = None) -> SentLine:
        """S rises: `body` gets the next number."""
        line = SentLine.of(numbered(self.next, body), offset, ticket, body)
        self.add(line)
        return line

    def advance(self, size: int) -> None:
        """F rises: the line behind the front goes on the wire with `size` bytes."""
        self.front += 1
        self._sizes.append(size)
        self.in_flight_bytes += size

    def line(self, number: int) -> SentLine:
        """The line with this number; KeyError when it is not kept."""
        return self._lines[number]

    def text(self, number: int) -> str:
        """The command of line `number` for people; empty when it is not kept."""
        line = self._lines.get(number)
        return "" if line is None else line.body.decode("ascii", "replace")

    def collect(self, reply: bytes) -> None:
        """A line of the printer belongs to the answer of the oldest unacknowledged command."""
        line = self.oldest_in_flight
        if line is not None and line.ticket is not None:
            line.ticket.collect(reply)

    @property
    def oldest_in_flight(self) -> SentLine | None:
        """The line the printer is presumably working on."""
        return self._lines[self.acknowledged + 1] if self.acknowledged < self.front else None

    @property
    def is_clear(self) -> bool:
        """Nothing is in flight, nothing has to be sent again."""
        return self.acknowledged == self.next - 1

    def resolve(self, number: int, modulus: int) -> int:
        """The newest line that can be asked for whose number leaves `number` by `modulus`; `number` itself if that can be."""
        if self.may_be_asked_for(number):
            return number
        newest = self.next - (self.next - number) % modulus
        return newest if self.may_be_asked_for(newest) else number

    @property
    def ends_with_barrier(self) -> bool:
        """Was an M105 the last line given?"""
        last = self._lines.get(self.next - 1)
        return last is not None and last.replies_with_temperatures

    def may_be_asked_for(self, number: int) -> bool:
        """Can `Resend: number` be true and be obeyed?"""
        return number == self.next or number in self._lines

    @property
    def sizes(self) -> Iterable[int]:
        """Bytes of the lines K + 1 to F, as they went on the wire."""
        return self._sizes

    # --------------------------------------------------------------------------------------------------- what is known

    def acknowledge(self, upto: int) -> list[Ticket]:
        """K rises to `upto` (at most F); returns the tickets that are done by it."""
        done: list[Ticket] = []
        while self.acknowledged < upto:
            self.acknowledged = number = self.acknowledged + 1
            self.in_flight_bytes -= self._sizes.popleft()
            line = self._lines[number]
            if number > self._progress:
                self._progress = number
                self.lines_acknowledged += 1
                if line.offset >= 0:
                    self.stream_lines += 1
                    self.stream_offset = line.offset
            ticket = line.ticket
            if ticket is not None and not ticket.is_done:
                ticket.is_done = True
                done.append(ticket)
        if upto > self.accepted:
            self.accepted = upto
        return done

    def accept_only(self, number: int) -> bool:
        """The printer proves A = number, and that nothing above it arrived: F = A. False if it had acknowledged more:
        then K falls with it, and the lines in between may run twice."""
        is_lawful = number >= self.acknowledged
        if not is_lawful:
            self.acknowledged = number
        while len(self._sizes) > number - self.acknowledged:
            self.in_flight_bytes -= self._sizes.pop()
        for unseen in range(self.acknowledged + len(self._sizes) + 1, number + 1):  # it has what we had called void
            self._sizes.append(len(self._lines[unseen].frame))
            self.in_flight_bytes += self._sizes[-1]
        self.accepted = self.front = number
        return is_lawful

    def temperature_line_in_flight(self) -> int | None:
        """The oldest unacknowledged line whose `ok` carries the temperatures; None when there is none."""
        for number in range(self.acknowledged + 1, self.front + 1):
            if self._lines[number].replies_with_temperatures:
                return number
        return None
