"""The composition root: what is built."""

from __future__ import annotations

from hydrogen.app import OWN_SPOOLERS_LIMITS, SHUTDOWN_LIMITS


def test_phases_have_the_interface_documents_numbers_and_own_spoolers_get_what_they_need() -> None:
    limits = {phase.name: phase.limit_seconds for phase in SHUTDOWN_LIMITS.phases}
    assert (limits["signal"], limits["close clients"], limits["stop tasks"]) == (0.0, 2.0, 5.0)
    for phases in (SHUTDOWN_LIMITS.phases, OWN_SPOOLERS_LIMITS.phases):
        assert sum(phase.limit_seconds for phase in phases) < 10.0
