"""Questions to the board, against ``facts/marlin.md``."""

from __future__ import annotations

import pytest

OK = "ok P15 B3\n"


@pytest.mark.parametrize(
    ("sent", "reply"),
    [
        ("M113", "echo:M113 S2\n" + OK),
        ("M412", "echo:Filament runout ON ; Host handling OFF\n" + OK),
        (
            "M119",
            "Reporting endstop status\nx_min: open\ny_min: open\nz_min: open\nfilament: TRIGGERED\n" + OK,
        ),
        ("M155", OK),
    ],
)
def test_question_is_answered_as_marlin_does(talk, sent, reply):
    assert talk().send(sent) == reply
