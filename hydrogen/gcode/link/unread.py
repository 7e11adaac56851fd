"""How many bytes may stand unread in the printer's receive ring?

Theory of operation. A printer reads as long as its command queue has a place. So of what it was sent and has not answered, as
many commands as the queue has places are out of the ring, the oldest ones; everything behind them may stand in it, and when
that is more than the ring holds, bytes are lost in silence. Lines alone keep within the window (window.py), which is
narrower: there is always a place left for the next one. What goes past the window is counted here, behind which line it went:
probes, which take no place but stand in the ring until there is one, emergency words, which take one each, and barriers,
which are lines. Nothing goes out that would not fit, with a ring as small as any in the field where its size is unknown.

An entry is read when a line that went behind it is acknowledged, when a word's own `ok` comes, and a probe when the printer
has answered and fallen silent.

A firmware that says `ok` as it queues a line may have no place left behind it, so a line that is longer than the ring would be
cut even though nothing is in flight. Only a printer that answers has a place: such a line waits for a probe's answer, and
goes next.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.window import Window


class Entry(NamedTuple):
    """What went out behind line `front` without a number."""

    front: int
    size: int
    takes_place: bool


class Unread:
    """The count of one link. beside: what is out besides lines; one object for the life of the link, for code that runs for
    every line and asks only whether it is empty: then the window's bound is all there is to keep."""

    __slots__ = ("_ledger", "_place_behind", "_read_upto", "_window", "beside")

    def __init__(self, ledger: LineLedger, window: Window) -> None:
        self._ledger = ledger
        self._window = window
        self._place_behind: int | None = None
        self._read_upto = 0
        self.beside: deque[Entry] = deque()

    def must_be_asked(self, size: int) -> bool:
        """Is a line of `size` bytes, with nothing else in flight, longer than the ring, and a place in the queue unproven?"""
        window = self._window
        return (
            window.is_ok_early
            and size >= window.ring_bytes
            and window.slots_sure <= 0
            and self._place_behind != self._ledger.front
        )

    def has_room(self, size: int) -> bool:
        """Do `size` bytes more fit for sure, or are they read as they come?"""
        places = self._window.slots_sure
        total = 0
        for waiting, takes_place in self._in_order():
            if places <= 0:
                total += waiting
            places -= takes_place
        return places > 0 or total + size <= self._window.ring_bytes - 1

    def on_word(self, size: int) -> None:
        """An emergency word goes out."""
        self._place_behind = None
        self.beside.append(Entry(self._ledger.front, size, True))

    def on_probe(self, size: int) -> None:
        """A probe goes out."""
        self.beside.append(Entry(self._ledger.front, size, False))

    def on_acknowledged(self, upto: int) -> None:
        """K rose to `upto`: what went out before that line was read."""
        entries = self.beside
        while entries and entries[0].front < upto:
            entries.popleft()

    def on_word_answered(self) -> None:
        """A word's `ok` came: the oldest one was read, and what went before it."""
        entries = self.beside
        while entries and not entries.popleft().takes_place:
            pass

    def on_quiet(self) -> None:
        """The printer has answered a probe or refused a line, and fallen silent: no probe stands unread."""
        self._read_upto = 0
        words = [entry for entry in self.beside if entry.takes_place]
        self.beside.clear()
        self.beside.extend(words)

    def on_idle(self) -> None:
        """The printer says that it has nothing to do: its queue and its ring were empty. What is in flight was lost, or comes
        behind that and is the first thing it reads; its `ok` tells."""
        in_flight = self._ledger.front - self._ledger.acknowledged
        if in_flight <= 1:
            self._read_upto = self._ledger.front
        if not in_flight and not self.beside:
            self._place_behind = self._ledger.front

    def on_place_proven(self) -> None:
        """The printer has answered, nothing of it is in doubt, and nothing went out since: a place in its queue is free."""
        self._place_behind = self._ledger.front

    def forget(self) -> None:
        """A new numbering: everything before was read."""
        self._place_behind = None
        self._read_upto = 0
        self.beside.clear()

    def _in_order(self) -> list[tuple[int, bool]]:
        """Size, and does it take a place in the queue, of lines and entries as they went out."""
        ledger, entries = self._ledger, self.beside
        order: list[tuple[int, bool]] = []
        at = 0
        for number, size in zip(range(ledger.acknowledged + 1, ledger.front + 1), ledger.sizes, strict=True):
            while at < len(entries) and entries[at].front < number:
                order.append((entries[at].size, entries[at].takes_place))
                at += 1
            order.append((size if number > self._read_upto else 0, True))
        order += [(entry.size, entry.takes_place) for entry in list(entries)[at:]]
        return order
