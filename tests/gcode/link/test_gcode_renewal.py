"""When a numbering begins anew."""

from __future__ import annotations

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_events import NumberingBegun
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.renewal import Renewal
from hydrogen_simulators.faults import FaultPlan
from hydrogen_simulators.firmware.settings import MarlinSettings
from tests.support.link_bench import BASE, LinkBench, ListSource, moves


def renewal() -> tuple[Renewal, LinkParts]:
    parts = LinkParts.of(BASE, 0.0, LinkLimits(renumber_above=BASE + 2))
    return Renewal(parts, Giving(parts), LinkLimits(renumber_above=BASE + 2)), parts


def give(parts: LinkParts, body: bytes) -> None:
    parts.ledger.advance(len(parts.ledger.give(body).frame))
    parts.ledger.acknowledge(parts.ledger.front)


def test_idle_link_keeps_its_numbers_short_and_a_job_keeps_them() -> None:
    due, parts = renewal()
    assert not due.is_due
    give(parts, b"G1 X1")
    give(parts, b"G1 X2")
    assert due.is_due
    parts.outgoing.source = ListSource([])
    assert not due.is_due
    assert not due.is_urgent


def test_plain_oks_prove_nothing_until_a_barrier_was_the_last_line() -> None:
    due, parts = renewal()
    assert not due.lacks_barrier
    give(parts, b"G1 X1")
    assert due.lacks_barrier
    give(parts, b"M105")
    assert not due.lacks_barrier
    give(parts, b"G1 X2")
    parts.oks.are_numbered = True
    assert not due.lacks_barrier


def test_proof_holds_until_the_next_line() -> None:
    due, parts = renewal()
    due.on_probe_answered(BASE + 1)
    assert due.is_proven
    give(parts, b"G1 X1")
    assert not due.is_proven


def test_job_goes_on_behind_the_highest_number_over_doubled_plain_oks_too() -> None:
    kind = MarlinSettings(instant_motion=True, greets_on_power=False, advanced_ok=False, prevent_cold_extrusion=False)
    bench = LinkBench(kind, FaultPlan(duplicate_ok_every=7)).open()
    bench.link._giving.highest_number = BASE + 50
    bench.print_lines(moves(200))
    assert bench.executed() == moves(200)
    assert len(bench.all(NumberingBegun)) == 5
