"""Counters become statistics."""

from __future__ import annotations

from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_counters import LinkCounters
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.model.printer import LinkStatistics


def test_nothing_has_happened_at_first() -> None:
    assert LinkCounters().statistics(LineLedger(1000), StallClock(LinkLimits())) == LinkStatistics()


def test_statistics_join_what_link_ledger_and_clock_have_counted() -> None:
    counters, ledger, stall = LinkCounters(), LineLedger(1000), StallClock(LinkLimits())
    counters.lines_sent, counters.resends = 7, 2
    ledger.give(b"G1 X1")
    ledger.advance(16)
    ledger.acknowledge(1001)
    stall.on_probe(5.0)
    statistics = counters.statistics(ledger, stall)
    assert statistics == LinkStatistics(lines_sent=7, lines_acknowledged=1, resends=2, probes=1)
