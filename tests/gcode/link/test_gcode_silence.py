"""What is done about silence."""

from __future__ import annotations

from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.renewal import Renewal
from hydrogen.gcode.link.silence import Silence, SilenceStep
from hydrogen.gcode.urgency import MOVE


def silence_behind_a_line() -> tuple[Silence, LinkParts, Renewal]:
    limits = LinkLimits()
    parts = LinkParts.of(5000, 0.0, limits)
    giving = Giving(parts)
    renewal = Renewal(parts, giving, limits)
    parts.ledger.advance(len(parts.ledger.give(b"G1 X1").frame))
    parts.stall.on_sent(MOVE, 100.0)
    return Silence(parts, giving, renewal), parts, renewal


def test_line_is_asked_about_and_counted_as_a_stall() -> None:
    silence, parts, _ = silence_behind_a_line()
    assert silence.of_line(103.0, numbers_checked=True) is SilenceStep.PROBE
    assert parts.stall.stalls == 1


def test_line_that_the_printer_has_gets_a_barrier() -> None:
    silence, parts, _ = silence_behind_a_line()
    parts.ledger.accept_only(5001)
    parts.stall.on_probe(103.0)
    parts.stall.on_probe_answered(103.1)
    assert silence.of_line(104.0, numbers_checked=True) is SilenceStep.WAIT
    assert parts.barrier.is_wanted


def test_where_no_numbers_are_checked_a_barrier_tells_and_at_last_nobody_is_there() -> None:
    silence, parts, _ = silence_behind_a_line()
    assert silence.of_line(103.0, numbers_checked=False) is SilenceStep.WAIT
    assert parts.barrier.is_wanted
    assert silence.of_line(103.0 + 1300.0, numbers_checked=False) is SilenceStep.GONE


def test_answer_is_needless_once_everything_is_acknowledged_and_nothing_is_in_doubt() -> None:
    silence, parts, renewal = silence_behind_a_line()
    parts.stall.on_probe(103.0)
    assert silence.of_probe(104.0) is SilenceStep.PROBE
    parts.ledger.acknowledge(5001)
    assert silence.of_probe(105.0) is SilenceStep.NEEDLESS
    renewal.is_proof_wanted = True
    assert silence.of_probe(106.0) is SilenceStep.PROBE


def test_probes_that_nobody_answers_end_the_link() -> None:
    silence, parts, _ = silence_behind_a_line()
    parts.stall.on_probe(103.0)
    assert silence.of_probe(103.0 + LinkLimits().unanswered_most) is SilenceStep.GONE
