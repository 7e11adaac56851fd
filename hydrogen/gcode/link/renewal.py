"""When does a numbering begin anew, and is it safe to?

Numbers are spent in a job of ten million lines (or of 38,000, where the firmware counts modulo 65,536), an idle link keeps
them short, and a measurement of the receive buffer ends with a new numbering too. M110 sets the number when it *runs*: so
first everything must have been executed, which over plain `ok`s only a barrier proves (our count may run ahead), and then
the printer must count as we do, which only a probe proves (it may have been reset without a word).
"""

from __future__ import annotations

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_events import ExecutionProven
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts


class Renewal:
    """Decides for one link whose lines are all acknowledged. is_measuring_wanted: the receive buffer's size is wanted.
    is_proof_wanted: somebody wants to know whether the printer counts as we do: `ExecutionProven`."""

    def __init__(self, parts: LinkParts, giving: Giving, limits: LinkLimits) -> None:
        self.is_measuring_wanted = False
        self.is_proof_wanted = False
        self._events = parts.events
        self._ledger = parts.ledger
        self._oks = parts.oks
        self._outgoing = parts.outgoing
        self._giving = giving
        self._above = limits.renumber_above
        self._proven_next = 0

    @property
    def is_urgent(self) -> bool:
        """Is there no number for the next line, whatever is to be sent?"""
        return self._ledger.next > self._giving.highest_number

    @property
    def is_due(self) -> bool:
        """Is it time, if nothing else is to be done?"""
        is_wanted = self.is_measuring_wanted or self._ledger.next > self._above
        return is_wanted and self._outgoing.source is None

    @property
    def lacks_barrier(self) -> bool:
        """Is it only counted, not proven, that everything has run?"""
        ledger = self._ledger
        return not self._oks.are_numbered and ledger.lines_acknowledged > 0 and not ledger.ends_with_barrier

    @property
    def is_proven(self) -> bool:
        """Has the printer told that it waits for the very line that would come next?"""
        return self._proven_next == self._ledger.next

    def on_probe_answered(self, number: int) -> None:
        """Everything is acknowledged, and it waits for line `number`, the next one."""
        self._proven_next = number
        if self.is_proof_wanted:
            self.on_proof()

    def on_proof(self) -> None:
        """The proof is given, or this firmware cannot give one and that is all there will be."""
        self.is_proof_wanted = False
        self._events.append(ExecutionProven())
