"""The table of phases."""

from __future__ import annotations

from pathlib import Path

import pytest

from hydrogen.gcode.link.link_state import TRANSITIONS, IllegalTransition, LinkPhase, LinkTrigger, next_phase


def test_every_phase_has_a_row_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(LinkPhase)
    reached = {LinkPhase.OPENING} | {to for row in TRANSITIONS.values() for to in row.values()}
    assert reached == set(LinkPhase)


def test_every_phase_but_the_last_can_end() -> None:
    for phase, row in TRANSITIONS.items():
        assert (row.get(LinkTrigger.ENDED) is LinkPhase.CLOSED) == (phase is not LinkPhase.CLOSED)


def test_what_is_not_in_the_table_names_phase_and_trigger() -> None:
    with pytest.raises(IllegalTransition, match="RESEND_ASKED in phase opening"):
        next_phase(LinkPhase.OPENING, LinkTrigger.RESEND_ASKED)


def test_documentation_shows_this_very_table() -> None:
    page = (Path(__file__).parents[3] / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = tuple(f"| {phase.value} |" for phase in LinkPhase)
    shown = [line for line in page.splitlines() if line.startswith(rows) and line.count("|") == 4]
    table = [
        f"| {phase.value} | {trigger.value} | {to.value} |"
        for phase, row in TRANSITIONS.items()
        for trigger, to in row.items()
    ]
    assert shown == table
