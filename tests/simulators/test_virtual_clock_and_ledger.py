"""Printer time, and the proof of execution."""

from __future__ import annotations

import json

import pytest

from hydrogen_simulators.clock import VirtualClock
from hydrogen_simulators.ledger import ExecutionLedger, fnv1a, job_hash


def test_clock_runs_faster_by_its_factor():
    clock = VirtualClock(50, started_at=1000.0)
    assert clock.now(1002.0) == 100.0
    assert clock.real_seconds_until(200.0, 1002.0) == 2.0
    assert not clock.may_jump


def test_leaping_clock_never_runs_backwards():
    clock = VirtualClock(None, started_at=0.0)
    clock.jump_to(500.0, 1.0)
    assert clock.now(2.0) == 501.0
    clock.jump_to(10.0, 3.0)
    assert clock.now(3.0) == 502.0


def test_clock_goes_on_from_where_it_was_at_another_speed():
    clock = VirtualClock(2, started_at=100.0)
    clock.change_speed(10, 105.0)
    assert (clock.now(105.0), clock.now(106.0)) == (10.0, 20.0)
    clock.change_speed(None, 106.0)
    assert clock.may_jump
    assert clock.now(107.0) == 21.0
    with pytest.raises(ValueError, match="greater than 0"):
        clock.change_speed(0, 108.0)


@pytest.mark.parametrize("speed", [0, -1, float("nan")])
def test_impossible_speed_is_refused(speed):
    with pytest.raises(ValueError, match="speed must be greater than 0"):
        VirtualClock(speed, 0.0)


def test_hash_is_fnv1a_with_64_bits():
    assert fnv1a(b"") == 0xCBF29CE484222325
    assert fnv1a(b"foobar") == 0x85944171F73967E8


def test_ledger_hashes_moves_only_and_counts_all(talk, line):
    printer = talk(ring_size=0, instant_motion=True)
    commands = ["G28", "G1 X1 F600", "G10", "M105", "G0 X2", "G2 X3 I1", "M9999"]
    printer.send(*(line(n, text) for n, text in enumerate(commands, 1)))
    ledger = printer.printer.ledger
    assert ledger.moves == ["G1 X1 F600", "G0 X2", "G2 X3 I1"]
    expected = fnv1a(b"G1 X1 F600\nG0 X2\nG2 X3 I1\n")
    assert ledger.job_hash == job_hash(["G28 ; home", *commands]) == f"{expected:016x}"
    facts = json.loads(ledger.as_json(more=1))
    assert (facts["job_lines"], facts["all_lines"], facts["lines_executed"], facts["more"]) == (3, 6, 7, 1)


def test_ledger_without_lines_keeps_its_hash():
    kept, slim = ExecutionLedger(), ExecutionLedger(keep_lines=False)
    for ledger in (kept, slim):
        for number in range(2000):
            ledger.record(f"G1 X{number}", float(number))
    assert slim.lines == []
    assert slim.job_hash == kept.job_hash == job_hash(kept.moves)
    assert slim.all_hash == kept.all_hash
