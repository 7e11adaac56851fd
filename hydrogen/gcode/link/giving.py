"""S and F rise: which line goes on the wire next, and what is remembered about it.

In this order: a barrier that is wanted, lines that must be sent again, submitted commands, the job, and on an idle link the
lines that try out the wire. How many may be on their way is the window's business; nothing goes behind a command that may
take minutes, and nothing while a barrier is on its way.
"""

from __future__ import annotations

from hydrogen.gcode.link.latency import RING_MASK
from hydrogen.gcode.link.ledger import LineLedger, SentLine
from hydrogen.gcode.link.link_limits import BARRIER_BODY, NUMBER_CEILING
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.meatpack import pack
from hydrogen.gcode.urgency import LONG, NO_OPERATION

QUEUE_MOST = 32
"""Places in a printer's command queue, at most."""


class Giving:
    """See the module. `now` is monotonic seconds.

    given: number and stream offset (-1: a command) of the line that was fetched last. long_number, temperature_number: the
    last line given that may take minutes, and whose `ok` may carry the temperatures. trial_lines: so many lines that do
    nothing are still to be sent while the link is idle. highest_number: behind it the numbering has to begin anew.
    numbers_checked: does the firmware check line numbers? is_ok_early: an `ok` comes when the line is queued, so the lines
    behind one that takes minutes wait for it in the queue. is_proof_needed: the line that comes next waits until the printer
    has answered a probe (unread.py).
    """

    __slots__ = (
        "_barrier",
        "_beside",
        "_count",
        "_drain",
        "_ledger",
        "_oks",
        "_outgoing",
        "_packing",
        "_sent_at",
        "_stall",
        "_unread",
        "_window",
        "given",
        "highest_number",
        "is_ok_early",
        "is_proof_needed",
        "long_number",
        "numbers_checked",
        "temperature_number",
        "trial_lines",
    )

    def __init__(self, parts: LinkParts) -> None:
        self.given: tuple[int, int] | None = None
        self.long_number = 0
        self.temperature_number = 0
        self.trial_lines = 0
        self.highest_number = NUMBER_CEILING
        self.is_ok_early = False
        self.is_proof_needed = False
        self.numbers_checked = True
        self._ledger = parts.ledger
        self._barrier = parts.barrier
        self._oks = parts.oks
        self._window = parts.window
        self._unread = parts.unread
        self._beside = parts.unread.beside
        self._outgoing = parts.outgoing
        self._packing = parts.packing
        self._stall = parts.stall
        self._drain = parts.drain
        self._count = parts.count
        self._sent_at = parts.count.latency.sent_at

    def begin(self) -> None:
        """A new numbering."""
        self.long_number = self.temperature_number = 0

    @property
    def may_fetch(self) -> bool:
        """Does the window have room for a line, and does nothing forbid one?"""
        ledger = self._ledger
        in_flight = ledger.front - ledger.acknowledged
        return not self._barrier.holds and (
            not in_flight or (self._window.lines_most > in_flight and self.long_number <= ledger.acknowledged)
        )

    @property
    def is_queue_full(self) -> bool:
        """Must the printer's command queue be full by our own count, so that it reads nothing, not even a probe?"""
        return self._ledger.front - self._ledger.acknowledged + self._oks.words_owed >= self._window.slots

    def line(self, now: float) -> bytes | None:
        """The next line for the wire; b"" if it has its number and waits for room; None if there is none."""
        ledger = self._ledger
        self.is_proof_needed = False
        number = ledger.front + 1
        line = ledger.line(number) if number < ledger.next else self._new_line(number)
        if line is None:
            return None
        in_flight = ledger.in_flight_bytes
        frame = pack(line.frame) if self._packing.is_on else line.frame
        if in_flight and in_flight + len(frame) > self._window.bytes_most:
            return b""
        if self._beside and not self._has_room_behind_words(len(frame)):
            return b""
        if self.is_ok_early and self._unread.must_be_asked(len(frame)):
            self.is_proof_needed = True
            return b""
        self._give(number, line, len(frame), now)
        return frame

    def barrier_line(self, now: float) -> bytes:
        """The barrier goes out whatever is in flight, behind lines that have their number and still wait for room.

        Room they have when the window says so, or when the printer has proven that it read everything before: then its
        receive buffer is empty, however many `ok`s are missing. The barrier itself waits for a place in the command queue.
        """
        ledger = self._ledger
        is_read = ledger.accepted == ledger.front
        if self.is_queue_full and not is_read:
            return b""
        number = ledger.front + 1
        if number == ledger.next:
            ledger.give(BARRIER_BODY)
        line = ledger.line(number)
        frame = pack(line.frame) if self._packing.is_on else line.frame
        if not self._unread.has_room(len(frame)):
            return b""
        if line.replies_with_temperatures:
            self._barrier.on_sent(number)
        elif not is_read and not self._has_room(len(frame)):
            return b""
        self._give(number, line, len(frame), now)
        return frame

    def _has_room_behind_words(self, size: int) -> bool:
        """Words that got no `ok` may have been lost: with nothing else in flight a barrier, which is short, finds out."""
        if self._unread.has_room(size) or not self.numbers_checked:
            return True
        if self._ledger.front == self._ledger.acknowledged:
            self._barrier.want()
        return False

    def _has_room(self, size: int) -> bool:
        ledger = self._ledger
        return (
            ledger.front - ledger.acknowledged < self._window.lines_most
            and ledger.in_flight_bytes + size <= self._window.bytes_most
        )

    def _give(self, number: int, line: SentLine, size: int, now: float) -> None:
        """`line` goes on the wire with `size` bytes."""
        ledger = self._ledger
        self._drain.on_sent(size, now, is_alone=not ledger.in_flight_bytes)
        ledger.advance(size)
        count = self._count
        count.lines_sent += 1
        count.bytes_sent += size
        self._sent_at[number & RING_MASK] = now
        self.given = (number, line.offset)
        if number != self._barrier.covers:
            is_behind_long = self.is_ok_early and 0 < number - self.long_number <= QUEUE_MOST and self.long_number > 0
            self._stall.on_sent(LONG if is_behind_long else line.patience, now)
            if line.patience is LONG:
                self.long_number = number
        if line.replies_with_temperatures:
            self.temperature_number = number

    def _new_line(self, number: int) -> SentLine | None:
        if (self._packing.is_wanted and self._is_job_to_be_packed(self._ledger)) or number > self.highest_number:
            return None
        if not self._oks.are_numbered and self._outgoing.source is not None and self._is_marker_due(number):
            return self._ledger.give(BARRIER_BODY)
        taken = self._outgoing.take()
        if taken is None:
            return self._trial_line()
        body, offset, ticket = taken
        return self._ledger.give(body, offset, ticket)

    def _is_marker_due(self, number: int) -> bool:
        return self._barrier.is_marker_due(number, is_window_open=self._window.is_open)

    def _is_job_to_be_packed(self, ledger: LineLedger) -> bool:
        """Does a job wait whose lines should be packed, and is this a moment to agree upon that?"""
        return self._outgoing.source is not None and ledger.is_clear

    def _trial_line(self) -> SentLine | None:
        """An idle link shows that its wire is clean, once after the receive buffer was measured (window.py)."""
        if not self.trial_lines or self._outgoing.source is not None:
            return None
        self.trial_lines -= 1
        return self._ledger.give(NO_OPERATION)
