"""What a journal tells about a printer that was left in the middle of a numbering.

Before a line goes on the wire, its number and its place in the stream are written down
(spooler/journal/journal.py). When the host died, or the cable came off, the printer is asked for its last accepted
number A (resuming.py), and the records tell what that means::

    K_j <= A <= S_j of the youngest epoch   the lines up to A are in the printer, what was given above A is void
    A was announced as a new beginning      M110 came through: everything that was given before has run
    any other number                        the board was reset, or somebody else has counted on: nothing can be said

K_j is the youngest record's acknowledged number, S_j the highest number recorded. The youngest record of a number is the true
one: a line above A is void, and its number is given again to another one.

A numbering is announced only when the printer has proven that everything of the last one has run; so an epoch that was
announced continues the one before it, and one that was not begins with a printer of which nothing is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class RecordKind(IntEnum):
    """What a record says. The numbers are those of the journal's file.

    LINE          line `number` is about to go out.
    OPENING       a new epoch: the next line is `number` + 1.
    ANNOUNCEMENT  everything up to `acknowledged` has run, and M110 with `number` is about to go out.
    """

    LINE = 0
    OPENING = 1
    ANNOUNCEMENT = 2


@dataclass(frozen=True, slots=True)
class JournalRecord:
    """One record. offset: where the stream stands behind line `number`; -1 for a line that is not of a stream, and where that
    has not changed. sequence rises by one from record to record, over all epochs."""

    epoch: int
    number: int
    offset: int
    acknowledged: int
    sequence: int
    kind: RecordKind = RecordKind.LINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """Where a numbering was left: the last numbers that the printer may name as its own.

    base: what it counts from, exclusive (where that is not known any more, a number below all that are). acknowledged is K_j,
    last_given S_j. announced: the numbers of every M110 that may have come through behind them.
    """

    base: int
    acknowledged: int
    last_given: int
    announced: tuple[int, ...] = ()

    def knows(self, accepted: int) -> bool:
        """Can `accepted` be the printer's last number, if nobody but us has counted?"""
        return self.acknowledged <= accepted <= self.last_given or accepted in self.announced

    def is_new(self, accepted: int) -> bool:
        """Does `accepted` say that M110 came through, so that a new epoch has begun?"""
        return accepted in self.announced and not self.acknowledged <= accepted <= self.last_given


class Resumption:
    """What one journal says; see the module."""

    def __init__(self, numbering: Numbering, records: list[JournalRecord]) -> None:
        self.numbering = numbering
        self._records = records

    @property
    def youngest(self) -> int:
        """The sequence number of the last record."""
        return self._records[-1].sequence

    def offset(self, accepted: int, *, since: int) -> int | None:
        """Where the stream stands when the printer has the lines up to `accepted`, which it named on connecting.

        since: `sequence` when the stream began; older records are of other streams. None: the ring has overwritten what would
        tell, or the stream began in another numbering and nobody announced this one.
        """
        stream = [r for r in self._records if r.sequence >= since and r.kind is RecordKind.LINE]
        epoch, highest = self._records[-1].epoch, accepted
        if self.numbering.is_new(accepted):
            highest = self.numbering.last_given
        while True:
            youngest = {r.number: r for r in stream if r.epoch == epoch and r.number <= highest}
            places = [number for number, record in youngest.items() if record.offset >= 0]
            if places:
                return youngest[max(places)].offset
            before = self._announcement_of(epoch)
            if before is None:
                return self._beginning(stream, since, epoch)
            epoch, highest = before.epoch, before.acknowledged

    def _beginning(self, stream: list[JournalRecord], since: int, epoch: int) -> int | None:
        """Not a line of the stream has arrived: it stands where it began, and that was recorded first, in this epoch."""
        first = next((record for record in stream if record.offset >= 0), None)
        if first is None or first.epoch != epoch or self._records[0].sequence > since:
            return None
        return first.offset

    def _announcement_of(self, epoch: int) -> JournalRecord | None:
        """The announcement that `epoch` began with; None if it had none, or that is overwritten."""
        for before, record in zip(self._records, self._records[1:], strict=False):
            if record.kind is RecordKind.OPENING and record.epoch == epoch:
                return before if before.kind is RecordKind.ANNOUNCEMENT else None
        return None


def resumption_of(records: Iterable[JournalRecord]) -> Resumption | None:
    """What `records`, in any order, say; None for a journal without any."""
    ordered = sorted(records, key=lambda record: record.sequence)
    if not ordered:
        return None
    youngest = ordered[-1]
    epoch = [record for record in ordered if record.epoch == youngest.epoch]
    given = [record.number for record in epoch if record.kind is not RecordKind.ANNOUNCEMENT]
    announced: list[int] = []
    for record in reversed(epoch):
        if record.kind is not RecordKind.ANNOUNCEMENT:
            break
        announced.append(record.number)
    opening = next((record.number for record in epoch if record.kind is RecordKind.OPENING), None)
    last_given = max(given, default=youngest.acknowledged)
    numbering = Numbering(
        base=min(given, default=youngest.acknowledged) - 1 if opening is None else opening,
        acknowledged=youngest.acknowledged,
        last_given=youngest.acknowledged if announced else last_given,
        announced=tuple(announced),
    )
    return Resumption(numbering, ordered)
