"""What happened on a link, counted from its handshake on."""

from __future__ import annotations

from hydrogen.gcode.link.latency import OkLatency
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.gcode.link.window import Window
from hydrogen.model.printer import LinkStatistics


class LinkCounters:
    """Plain counters; LinkStatistics says what each of them means."""

    __slots__ = ("bytes_sent", "latency", "lines_sent", "possible_duplicates", "resends", "surplus_acknowledgements")

    def __init__(self) -> None:
        self.lines_sent = 0
        self.bytes_sent = 0
        self.resends = 0
        self.surplus_acknowledgements = 0
        self.possible_duplicates = 0
        self.latency = OkLatency()

    def statistics(self, ledger: LineLedger, stall: StallClock, window: Window) -> LinkStatistics:
        """All of them, with those that the ledger, the clock and the window keep."""
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
            bytes_sent=self.bytes_sent,
            ok_counts=tuple(self.latency.counts),
            ok_seconds=round(self.latency.seconds, 6),
            window_lines=window.lines_most,
            window_bytes=window.bytes_most,
        )
