from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from hydrogen.doctor.evidence import Evidence, PortFacts


def test_evidence_of_nothing_says_that_nobody_has_looked() -> None:
    evidence = Evidence(printer="bench", now=5.0)
    assert (evidence.kernel, evidence.port_facts, evidence.programs) == (None, None, None)
    with pytest.raises(FrozenInstanceError):
        evidence.now = 6.0  # type: ignore[misc]


def test_a_port_that_is_there_is_ours_until_something_else_is_seen() -> None:
    facts = PortFacts(exists=True)
    assert facts.may_open and facts.holders == ()
