"""The proof sees a gap, a duplicate and a foreign line, and nothing else."""

from __future__ import annotations

import pytest

from hydrogen_simulators.ledger import ExecutionLedger
from tests.chaos.proof import Proof

JOB = ["; a job", "G28", "G1 X1 ; one", "G1 X2", "M117 half", "G1 X3"]
RIGHT = ["G28", "G1 X1", "G1 X2", "M117 half", "G1 X3"]


def executed(*lines: str) -> ExecutionLedger:
    ledger = ExecutionLedger()
    for line in lines:
        ledger.record(line, 0.0)
    return ledger


def test_a_job_between_housekeeping_is_right() -> None:
    ledger = executed("M110 N5", "M115", "G4 P141")
    proof = Proof(ledger)
    assert proof.begin(JOB) == ""
    for line in ["G28", "M105", "L7808 G1 X1", *RIGHT[1:], "M400", "M104 S0", "M105"]:
        ledger.record(line, 0.0)
    assert proof.complaint() == ""
    assert proof.is_complete()


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (["G28", "G1 X2"], "where the file has 'G1 X1'"),
        (["G28", "G1 X1", "G1 X1"], "where the file has 'G1 X2'"),
        (["G28", "G1 X1", "G1 X9"], "executed 'G1 X9'"),
        ([*RIGHT, "G1 X3"], "nothing more"),
        (["G1 X1"], "where the file has 'G28'"),
    ],
    ids=["gap", "duplicate", "foreign", "behind the end", "without its head"],
)
def test_what_is_not_the_jobs_next_line_is_told(lines: list[str], word: str) -> None:
    ledger = executed()
    proof = Proof(ledger)
    assert proof.begin(JOB) == ""
    for line in lines:
        ledger.record(line, 0.0)
    assert word in proof.complaint()


def test_a_move_between_two_jobs_is_foreign() -> None:
    ledger = executed()
    proof = Proof(ledger)
    proof.begin(JOB)
    ledger.record("G28", 0.0)
    assert proof.complaint() == ""
    proof.close()
    ledger.record("G1 X1", 0.0)
    assert "nothing more" in proof.begin(JOB)
