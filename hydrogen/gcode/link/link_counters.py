"""What happened on a link, counted from its handshake on."""

from __future__ import annotations

from hydrogen.gcode.link.latency import OkLatency
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.gcode.link.window import Window
from hydrogen.model.printer import LinkStatistics


class LinkCounters:
    """Plain counters; LinkStatistics says what each of them means."""

    __slots__ = (
        "_complaint",
        "bytes_sent",
        "damaged_lines",
        "garbled_replies",
        "latency",
        "lines_sent",
        "lost_lines",
        "possible_duplicates",
        "resends",
        "surplus_acknowledgements",
        "window_faults",
    )

    def __init__(self) -> None:
        self.lines_sent = 0
        self.bytes_sent = 0
        self.resends = 0
        self.surplus_acknowledgements = 0
        self.possible_duplicates = 0
        self.damaged_lines = 0
        self.lost_lines = 0
        self.window_faults = 0
        self.garbled_replies = 0
        self.latency = OkLatency()
        self._complaint = ""

    def complain(self, kind: str) -> None:
        """Why the printer refuses a line, as it says before `Resend:` (`LineNumberError.kind`)."""
        self._complaint = kind

    def on_repair(self, *, answers_probe: bool, is_window_open: bool) -> None:
        """A `Resend:` that sends lines again. A lost line that nothing followed only the probe finds."""
        self.resends += 1
        self.window_faults += is_window_open
        if answers_probe or self._complaint == "number":
            self.lost_lines += 1
        elif self._complaint:
            self.damaged_lines += 1
        self._complaint = ""

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
            damaged_lines=self.damaged_lines,
            lost_lines=self.lost_lines,
            window_faults=self.window_faults,
            garbled_replies=self.garbled_replies,
        )
