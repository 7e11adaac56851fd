"""What happened on a link, counted from its handshake on."""

from __future__ import annotations

from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.model.printer import LinkStatistics


class LinkCounters:
    """Plain counters; LinkStatistics says what each of them means."""

    __slots__ = ("lines_sent", "possible_duplicates", "resends", "surplus_acknowledgements")

    def __init__(self) -> None:
        self.lines_sent = 0
        self.resends = 0
        self.surplus_acknowledgements = 0
        self.possible_duplicates = 0

    def statistics(self, ledger: LineLedger, stall: StallClock) -> LinkStatistics:
        """All of them, with those that the ledger and the clock keep."""
        return LinkStatistics(
            lines_sent=self.lines_sent,
            lines_acknowledged=ledger.lines_acknowledged,
            resends=self.resends,
            probes=stall.probes,
            barriers=stall.barriers,
            stalls=stall.stalls,
            surplus_acknowledgements=self.surplus_acknowledgements,
            possible_duplicates=self.possible_duplicates,
            round_trip_seconds=stall.round_trip_seconds,
        )
