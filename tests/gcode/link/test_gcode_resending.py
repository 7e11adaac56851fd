"""What `Resend:` proves, and what is done about it."""

from __future__ import annotations

from hydrogen.errors import PrinterReset
from hydrogen.gcode.link.acknowledging import Acknowledging
from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_events import DuplicatePossible, ExecutionProven
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.renewal import Renewal
from hydrogen.gcode.link.resending import Resending


def resending(*, given: int, acknowledged: int) -> tuple[Resending, LinkParts, Renewal]:
    limits = LinkLimits()
    parts = LinkParts.of(5000, 0.0, limits)
    giving = Giving(parts)
    renewal = Renewal(parts, giving, limits)
    for i in range(given):
        parts.ledger.advance(len(parts.ledger.give(b"G1 X%d" % i).frame))
    parts.ledger.acknowledge(5000 + acknowledged)
    return Resending(parts, Acknowledging(parts, giving), renewal), parts, renewal


def test_refused_line_and_everything_above_is_void() -> None:
    obedient, parts, _ = resending(given=5, acknowledged=2)
    assert obedient.on_resend(5004, 100.0, answers_probe=False, is_residue=False) is None
    assert (parts.ledger.acknowledged, parts.ledger.accepted, parts.ledger.front) == (5002, 5003, 5003)
    assert parts.count.resends == 1
    assert parts.drain.quiet_at > 100.0


def test_resend_below_what_was_acknowledged_is_obeyed_and_told() -> None:
    obedient, parts, _ = resending(given=5, acknowledged=4)
    obedient.on_resend(5004, 100.0, answers_probe=False, is_residue=False)
    assert parts.ledger.acknowledged == 5003
    assert [event for event in parts.events if isinstance(event, DuplicatePossible)] == [
        DuplicatePossible(5004, "G1 X3")
    ]


def test_answer_to_a_probe_behind_everything_is_the_proof() -> None:
    obedient, parts, renewal = resending(given=3, acknowledged=3)
    renewal.is_proof_wanted = True
    obedient.on_resend(5004, 100.0, answers_probe=True, is_residue=False)
    assert parts.events == [ExecutionProven()]
    assert renewal.is_proven
    assert parts.count.resends == 0


def test_remainder_is_the_newest_line_that_leaves_it() -> None:
    obedient, parts, _ = resending(given=5, acknowledged=1)
    obedient.resend_modulus = 256
    obedient.on_resend(5003 % 256, 100.0, answers_probe=False, is_residue=False)
    assert parts.ledger.front == 5002


def test_where_an_ok_comes_early_a_resend_proves_the_oks_that_were_lost() -> None:
    obedient, parts, _ = resending(given=5, acknowledged=2)
    parts.window.expect(ring_bytes=64, slots=1, is_ok_early=True)
    obedient.on_resend(5005, 100.0, answers_probe=False, is_residue=False)
    assert (parts.ledger.acknowledged, parts.ledger.accepted, parts.ledger.front) == (5004, 5004, 5004)


def test_impossible_number_changes_nothing_and_twice_one_is_a_reset() -> None:
    obedient, parts, _ = resending(given=5, acknowledged=2)
    assert obedient.on_resend(9000, 100.0, answers_probe=False, is_residue=False) is None
    assert parts.ledger.front == 5005
    assert obedient.on_resend(1, 100.1, answers_probe=False, is_residue=True) is None
    assert isinstance(obedient.on_resend(1, 100.2, answers_probe=True, is_residue=True), PrinterReset)
