"""One M105 in the stream whose `ok T:` tells what no plain `ok` can: everything before it was executed.

It settles a lost `ok` (silence though the printer has everything), an `ok` too many (our count may run ahead of the
printer's), and what an emergency word's own `ok` does to a count without numbers. While one is on its way nothing else is
sent. In a job over plain `ok`s one line in `INTERVAL_LINES` is such a marker: an `ok` that came twice is taken for the next
line's, so the count runs ahead by one each time, and in the end overruns the printer's receive buffer.
"""

from __future__ import annotations

INTERVAL_LINES = 256
"""Between two markers; a firmware that says an `ok` too many again and again gets barriers no more often either."""


class Barrier:
    """Is one wanted, is one out? `covers` is its number while it is on its way; of several, the last one's."""

    __slots__ = ("_first", "_next_at", "covers", "is_wanted")

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        """A new numbering."""
        self.is_wanted = False
        self.covers: int | None = None
        self._first = 0
        self._next_at = 0

    def want(self) -> None:
        """Send one as soon as something can be sent."""
        if self.covers is None:
            self.is_wanted = True

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

    def is_marker_due(self, number: int) -> bool:
        """Shall line `number` be a marker? Asked once for each new line."""
        if number < self._next_at:
            return False
        self._next_at = number + INTERVAL_LINES
        return True

    def on_sent(self, number: int) -> None:
        """It is line `number`. Where one was out already, there is nothing between the two."""
        self.is_wanted = False
        if self.covers is None:
            self._first = number
        self.covers = number

    def proven_by(self, number: int) -> int:
        """Line `number`, an M105, was executed: up to where is everything? The answer to one of several barriers may have
        been lost, so any answer stands for the last of them; the answer to a client's question before them does not."""
        return number if self.covers is None or number < self._first else self.covers

    def on_acknowledged(self, upto: int) -> None:
        """K rose to `upto`."""
        if self.covers is not None and upto >= self.covers:
            self.covers = None

    def is_void(self, accepted: int) -> bool:
        """The printer proved that it has nothing above `accepted`: was one lost by that?"""
        if self.covers is None or accepted >= self.covers:
            return False
        self.covers = None
        return True
