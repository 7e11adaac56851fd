"""What an `ok` stands for.

An `ok` says only that *something* was taken from the queue. What, follows from its own words and from what came before::

    ok N13 …           line 13 (ADVANCED_OK)
    ok T:…             an M105: the barrier's, or one in flight. Some firmwares say the temperatures on a line before the `ok`
    ok  after Resend:  nothing: it belongs to the line that was refused
    ok  after Unknown  in a drain: a fragment of a line, nothing of ours
    ok P15 B3          from a firmware that numbers its oks: an unnumbered command of ours, or a line that lost its number
                       on the wire and ran unchecked
    ok                 from such a firmware: what follows a `Resend:` that we could not read (only that `ok` is so bare)
    ok                 else: the next line in flight
"""

from __future__ import annotations

from collections import deque
from enum import Enum

from hydrogen.gcode.replies import Acknowledged


class OkMeaning(Enum):
    """See the module's docstring; STRAY: nothing of ours explains it, so a line may have run unchecked. UNNUMBERED: it is an
    emergency word's."""

    NOTHING = "nothing"
    NEXT_LINE = "next line"
    NUMBERED = "numbered"
    TEMPERATURES = "temperatures"
    SURPLUS = "surplus"
    STRAY = "stray"
    UNNUMBERED = "unnumbered"


class OkReader:
    """Remembers what the printer still owes an `ok` for, besides the lines of the ledger.

    are_numbered: this firmware has said `ok N…`. tell_temperatures: it has answered an M105 with `ok T:…`.
    ok_follows_resend: it says an `ok` behind `Resend:` too (dialect.py).
    """

    __slots__ = (
        "_after_report",
        "_after_unknown",
        "_words",
        "are_numbered",
        "ok_follows_resend",
        "owes_for_resend",
        "tell_temperatures",
    )

    def __init__(self) -> None:
        self.are_numbered = False
        self.ok_follows_resend = True
        self.tell_temperatures = False
        self.owes_for_resend = False
        self._after_unknown = False
        self._after_report = False
        self._words: deque[int] = deque()

    @property
    def words_owed(self) -> int:
        """Commands that bypassed the numbering and are owed an `ok`."""
        return len(self._words)

    def on_unnumbered_sent(self, front: int) -> None:
        """A command that bypasses the numbering goes out, behind line `front`: it owes an `ok`."""
        self._words.append(front)

    def on_executed(self, upto: int) -> int:
        """Everything up to line `upto` was executed: the words before it that are still owed an `ok` will get none.

        How many. Whether they were executed, nobody knows: without a number they can be lost like any bytes.
        """
        count = 0
        while self._words and self._words[0] < upto:
            self._words.popleft()
            count += 1
        return count

    def on_resend(self) -> None:
        """`Resend:` was said: the `ok` right behind it counts nothing."""
        self.owes_for_resend = self.ok_follows_resend

    def on_refusal(self) -> None:
        """A line was refused or left out in other words, with an `ok` behind them that looks like success."""
        self.owes_for_resend = True

    def on_unknown_command(self) -> None:
        """`Unknown command` was said: the `ok` right behind it explains itself."""
        self._after_unknown = True

    def on_temperature_report(self) -> None:
        """Temperatures came on a line of their own: by themselves, or as the first half of M105's answer."""
        self._after_report = True

    def forget(self) -> None:
        """The residue of a fault is over: what was owed for it will not come."""
        self.owes_for_resend = self._after_unknown = self._after_report = False

    def on_plain(self, *, is_in_flight: bool) -> OkMeaning:
        """A bare `ok` with nothing special before it."""
        self._after_unknown = self._after_report = False
        if self.are_numbered:
            return OkMeaning.SURPLUS
        if is_in_flight:
            return OkMeaning.NEXT_LINE
        if self._words:
            self._words.popleft()
            return OkMeaning.UNNUMBERED
        return OkMeaning.SURPLUS

    def meaning_of(
        self,
        reply: Acknowledged,
        *,
        is_in_flight: bool,
        is_draining: bool,
        expects_barrier: bool,
    ) -> OkMeaning:
        """What this `ok` stands for; remembers that it came."""
        unknown, self._after_unknown = self._after_unknown, False
        report, self._after_report = self._after_report, False
        if reply.number is not None:
            self.are_numbered = True
            self.owes_for_resend = False
            return OkMeaning.NUMBERED
        if reply.temperatures is not None:
            self.tell_temperatures = True
            return OkMeaning.TEMPERATURES
        is_stray = self.are_numbered and reply.planner_free is not None  # behind a `Resend:` the `ok` is bare
        if self.owes_for_resend and not is_stray:
            self.owes_for_resend = False
            return OkMeaning.NOTHING
        if report and expects_barrier and not self.tell_temperatures:
            return OkMeaning.TEMPERATURES
        if unknown and is_draining:
            return OkMeaning.NOTHING
        if not self.are_numbered or reply.planner_free is None:
            return self.on_plain(is_in_flight=is_in_flight)
        if self._words:
            self._words.popleft()
            return OkMeaning.UNNUMBERED
        return OkMeaning.SURPLUS if unknown else OkMeaning.STRAY
