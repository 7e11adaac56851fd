"""The histogram of `ok`s: every line once, in its bucket, from its last sending."""

from __future__ import annotations

import pytest

from hydrogen.gcode.link.latency import RING, OkLatency
from hydrogen.gcode.link.ledger import LINES_KEPT
from hydrogen.model.printer import OK_BUCKETS_SECONDS
from hydrogen_simulators.faults import FaultPlan
from tests.support.link_bench import LinkBench


def test_the_ring_holds_whatever_may_be_in_flight() -> None:
    assert RING >= LINES_KEPT
    assert RING & (RING - 1) == 0


@pytest.mark.parametrize("place", range(len(OK_BUCKETS_SECONDS)))
def test_a_bucket_has_what_took_no_longer_than_its_end(place: int) -> None:
    latency = OkLatency()
    for took in (OK_BUCKETS_SECONDS[place], OK_BUCKETS_SECONDS[place] + 1e-6):
        latency.on_acknowledged(1, 1, took)
    assert [count for count in latency.counts if count] == [1, 1]
    assert latency.counts[place : place + 2] == [1, 1]


def test_lines_that_one_ok_acknowledges_have_each_its_own_time() -> None:
    latency = OkLatency()
    for number, sent_at in ((510, 1.0), (511, 1.2), (512, 1.3)):
        latency.sent_at[number % RING] = sent_at
    latency.on_acknowledged(510, 512, 1.5)
    assert latency.seconds == pytest.approx(0.5 + 0.3 + 0.2)
    assert sum(latency.counts) == 3


def test_nothing_is_counted_where_nothing_rises() -> None:
    latency = OkLatency()
    latency.on_acknowledged(6, 5, 9.0)
    assert sum(latency.counts) == 0


def test_every_line_of_a_print_is_counted_once() -> None:
    bench = LinkBench().open()
    bench.print_lines([b"G1 X%d" % place for place in range(300)])
    told = bench.link.statistics
    assert sum(told.ok_counts) == told.lines_acknowledged >= 300
    assert 300 * len(b"N5001 G1 X1*10\n") - 300 < told.bytes_sent <= bench.bytes_sent


def test_a_line_that_is_sent_again_counts_from_then() -> None:
    """A wire that loses much: repairs take up to seconds, and no line is counted that was not acknowledged."""
    bench = LinkBench(plan=FaultPlan(line_loss_rate=0.05), seed=3).open()
    bench.print_lines([b"G1 X%d" % place for place in range(200)])
    told = bench.link.statistics
    assert told.resends + told.stalls > 0
    assert sum(told.ok_counts) >= told.lines_acknowledged
    assert told.ok_seconds < bench.now
