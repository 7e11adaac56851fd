"""A line is in flight, or a question, and nothing has happened for as long as may be: what now?

The probe tells a lost line from a lost `ok` and from a printer that is busy. Has the printer everything (A = F) and still no
`ok` comes, a barrier is queued behind the line (barrier.py). Where no numbers are checked only the barrier can tell.
"""

from __future__ import annotations

from enum import Enum

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_limits import PROBE
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.renewal import Renewal

WORD_BYTES = 9
"""Of an emergency word on a line of its own, M876 S1: a person's answer has room in the smallest ring behind three probes that
nobody has read. Where an `ok` comes early, the line itself may stand in the ring, and no word is obeyed early (dialect.py)."""


class SilenceStep(Enum):
    """What the link does about it. NEEDLESS: what was asked about has been acknowledged meanwhile."""

    WAIT = "wait"
    PROBE = "probe"
    NEEDLESS = "the answer is no longer needed"
    GONE = "nobody can be there"


class Silence:
    """Decides; barriers are ordered at once. `now` is monotonic seconds."""

    __slots__ = ("_barrier", "_giving", "_ledger", "_packing", "_renewal", "_stall", "_trust", "_unread")

    def __init__(self, parts: LinkParts, giving: Giving, renewal: Renewal) -> None:
        self._giving = giving
        self._renewal = renewal
        self._ledger = parts.ledger
        self._stall = parts.stall
        self._barrier = parts.barrier
        self._trust = parts.trust
        self._packing = parts.packing
        self._unread = parts.unread

    def of_line(self, now: float, *, numbers_checked: bool) -> SilenceStep:
        """A line is in flight."""
        if not numbers_checked:
            return self._of_unprovable_line(now)
        if self._ledger.accepted == self._ledger.front and self._stall.is_barrier_due(now):
            self._want_barrier(now)
            return SilenceStep.WAIT
        if not self._stall.may_probe(now):
            return SilenceStep.WAIT
        if not self._has_room_for_probe(now):
            return self._of_full_ring(now)
        self._stall.on_stall(now)
        return SilenceStep.PROBE

    def of_probe(self, now: float) -> SilenceStep:
        """The probe was not answered."""
        if self._stall.is_dead(now, is_queue_full=self._giving.is_queue_full):
            return SilenceStep.GONE
        if not self._stall.may_probe(now):
            return SilenceStep.WAIT
        is_needed = (
            self._ledger.oldest_in_flight is not None
            or self._renewal.is_proof_wanted
            or self._trust.is_in_doubt
            or self._giving.is_proof_needed
            or self._packing.farewell
        )
        if not is_needed:
            return SilenceStep.NEEDLESS
        return SilenceStep.PROBE if self._has_room_for_probe(now) else SilenceStep.WAIT

    def _has_room_for_probe(self, now: float) -> bool:
        """Does one more surely fit into the printer's receive buffer, beside an emergency word, or is that read meanwhile? If
        not, look again later."""
        is_read = self._stall.reads_while_working and not self._giving.is_queue_full
        reserve = 0 if self._giving.is_ok_early else WORD_BYTES
        has_room = is_read or self._unread.has_room(len(PROBE) + len(self._packing.farewell) + reserve)
        if not has_room:
            self._stall.on_no_room(now)
        return has_room

    def _of_full_ring(self, now: float) -> SilenceStep:
        return SilenceStep.GONE if self._stall.is_dead(now) else SilenceStep.WAIT

    def _of_unprovable_line(self, now: float) -> SilenceStep:
        self._stall.on_unprovable(now)
        if self._stall.is_gone(now):
            return SilenceStep.GONE
        if self._stall.is_barrier_due(now):
            self._want_barrier(now)
        return SilenceStep.WAIT

    def _want_barrier(self, now: float) -> None:
        self._barrier.want_another()
        self._stall.on_barrier(now)
