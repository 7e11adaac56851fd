"""Counters become statistics."""

from __future__ import annotations

from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.link_counters import LinkCounters
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.stall_clock import StallClock
from hydrogen.gcode.link.window import Window
from hydrogen.model.printer import OK_BUCKETS_SECONDS, LinkStatistics

NO_OKS = (0,) * (len(OK_BUCKETS_SECONDS) + 1)


def test_nothing_has_happened_at_first() -> None:
    statistics = LinkCounters().statistics(LineLedger(1000), StallClock(LinkLimits()), Window())
    assert statistics == LinkStatistics(ok_counts=NO_OKS)


def test_statistics_join_what_link_ledger_and_clock_have_counted() -> None:
    counters, ledger, stall, window = LinkCounters(), LineLedger(1000), StallClock(LinkLimits()), Window()
    counters.lines_sent, counters.resends, counters.bytes_sent = 7, 2, 140
    counters.latency.sent_at[1001 % 512] = 4.0
    counters.latency.on_acknowledged(1001, 1001, 4.03)
    window.bytes_most, window.lines_most = 87, 3
    ledger.give(b"G1 X1")
    ledger.advance(16)
    ledger.acknowledge(1001)
    stall.on_probe(5.0)
    assert counters.statistics(ledger, stall, window) == LinkStatistics(
        lines_sent=7,
        lines_acknowledged=1,
        resends=2,
        probes=1,
        bytes_sent=140,
        ok_counts=tuple(int(bound == 0.05) for bound in (*OK_BUCKETS_SECONDS, None)),
        ok_seconds=0.03,
        window_bytes=87,
        window_lines=3,
    )


def test_a_repair_is_counted_for_what_the_printer_complained_of_before() -> None:
    counters = LinkCounters()
    for complaint, is_open in (("checksum", True), ("number", True), ("no_checksum", False), ("", False)):
        if complaint:
            counters.complain(complaint)
        counters.on_repair(answers_probe=False, is_window_open=is_open)
    counters.on_repair(answers_probe=True, is_window_open=False)
    told = counters.statistics(LineLedger(1000), StallClock(LinkLimits()), Window())
    assert (told.resends, told.damaged_lines, told.lost_lines, told.window_faults) == (5, 2, 2, 2)
