"""One M105 in the stream whose `ok T:` tells what no plain `ok` can: everything before it was executed.

It settles a lost `ok` (silence though the printer has everything), an `ok` too many (our count may run ahead of the
printer's), and what an emergency word's own `ok` does to a count without numbers. While one is on its way nothing else is
sent. In a job over plain `ok`s one line in `INTERVAL_LINES` is such a marker: an `ok` that came twice is taken for the next
line's, so the count runs ahead by one each time, and in the end overruns the printer's receive buffer.

When two are out, the first one's answer was lost, or it is only late; an answer does not tell which. It is taken for the
last one's, and then sending waits a moment for the answers that would follow if it was not.
"""

from __future__ import annotations

INTERVAL_LINES = 160
OPEN_INTERVAL_LINES = 64
"""Between two markers, and while the window is open and each line ahead stands in the receive buffer; a firmware that says an
`ok` too many again and again gets barriers no more often either."""

STRANGERS_MOST = 3
"""M105s of a former owner's that may still wait in the printer's queue, besides the line that runs."""

LINGER_SECONDS = 0.3
"""For each answer that may still come: what lies between two barriers takes no time."""


class Barrier:
    """Is one wanted, is one out? `covers` is its number while it is on its way; of several, the last one's.

    holds: nothing else may be sent. lingers_until: monotonic seconds; until then late answers are waited for, None if not.
    """

    __slots__ = (
        "_due",
        "_is_wanted_again",
        "_linger_seconds",
        "_next_at",
        "_out",
        "_strangers",
        "covers",
        "holds",
        "is_wanted",
        "lingers_until",
    )

    def __init__(self) -> None:
        self._out: list[int] = []
        self.forget()

    def forget(self) -> None:
        """A new numbering."""
        self.is_wanted = False
        self.covers: int | None = None
        self.holds = False
        self.lingers_until: float | None = None
        self._out.clear()
        self._due = 0
        self._linger_seconds = LINGER_SECONDS
        self._is_wanted_again = False
        self._next_at = 0
        self._strangers = 0

    def want(self) -> None:
        """Send one as soon as something can be sent; if one is out, another when that is answered: what made it necessary may
        have come behind it."""
        if self.covers is None:
            self.is_wanted = True
        else:
            self._is_wanted_again = True

    def want_behind_strangers(self) -> None:
        """The same for a printer that still works at a former owner's lines: some of them may answer as this one does."""
        self._strangers = STRANGERS_MOST
        self.want()

    def want_another(self) -> None:
        """The one that is out must be lost, or its answer: send one more, which covers it too."""
        self.is_wanted = True

    def want_after_surplus(self, next_number: int) -> None:
        """The same, for an `ok` that nothing explains, unless the last one is only a few lines behind."""
        if next_number >= self._next_at:
            self._next_at = next_number + INTERVAL_LINES
            self.want()

    def begin_job(self, number: int) -> None:
        """Lines from `number` on are a job's."""
        self._next_at = number + INTERVAL_LINES

    def mark_soon(self) -> None:
        """The window has opened: let the next line be a marker."""
        self._next_at = 0

    def is_marker_due(self, number: int, *, is_window_open: bool = False) -> bool:
        """Shall line `number` be a marker? Asked once for each new line."""
        if number < self._next_at:
            return False
        self._next_at = number + (OPEN_INTERVAL_LINES if is_window_open else INTERVAL_LINES)
        return True

    def on_sent(self, number: int) -> None:
        """It is line `number`. Where one was out already, there are only emergency words between the two."""
        self.is_wanted = False
        self._out.append(number)
        self.covers = number
        self.holds = True

    def proven_by(self, number: int) -> int:
        """Line `number`, an M105, was executed: up to where is everything? The answer to a client's question before the
        barriers says nothing about them."""
        return number if self.covers is None or number < self._out[0] else self.covers

    def on_answered(self, now: float, round_trip_seconds: float = 0.0) -> None:
        """`ok T:` settles all that are out: of several, the others may still answer, after two of the printer's usual times."""
        self._due = len(self._out) - 1 + self._strangers
        self._strangers = 0
        self._linger_seconds = max(LINGER_SECONDS, 2 * round_trip_seconds)
        self._linger(now)

    def on_late_answer(self, now: float) -> bool:
        """An `ok T:` that no line in flight explains: was it waited for?"""
        if self.lingers_until is None:
            return False
        self._due -= 1
        self._linger(now)
        return True

    def on_ok(self, now: float) -> None:
        """The printer works on what came between them."""
        if self.lingers_until is not None:
            self._linger(now)

    def on_deadline(self, now: float) -> None:
        """Enough waited?"""
        if self.lingers_until is not None and now >= self.lingers_until:
            self._due = 0
            self._linger(now)

    def on_acknowledged(self, upto: int) -> None:
        """K rose to `upto`."""
        if self.covers is None:
            return
        if upto >= self.covers:
            self._end()
        elif upto >= self._out[0]:
            self._out = [number for number in self._out if number > upto]

    def is_void(self, accepted: int) -> bool:
        """The printer proved that it has nothing above `accepted`: was one lost by that?"""
        if self.covers is None or accepted >= self.covers:
            return False
        self._out = [number for number in self._out if number <= accepted]
        if self._out:
            self.covers = self._out[-1]
        else:
            self._end()
        return True

    def _end(self) -> None:
        self._out.clear()
        self.covers = None
        self.holds = self.lingers_until is not None
        self.is_wanted = self.is_wanted or self._is_wanted_again
        self._is_wanted_again = False

    def _linger(self, now: float) -> None:
        self.lingers_until = now + self._linger_seconds if self._due > 0 else None
        self.holds = self.covers is not None or self.lingers_until is not None
