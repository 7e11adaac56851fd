"""Which requests to send again are believed."""

from __future__ import annotations

import pytest

from hydrogen.errors import LinkLost, PrinterReset
from hydrogen.gcode.link.ledger import LineLedger
from hydrogen.gcode.link.resend_trust import DISTRUST_LIMIT, ResendTrust


def ledger() -> LineLedger:
    made = LineLedger(5000)
    for i in range(10):
        made.give(b"G1 X%d" % i)
        made.advance(20)
    return made


@pytest.mark.parametrize("number", [5001, 5005, 5010, 5011])
def test_lines_that_are_kept_and_the_next_one_are_believed(number: int) -> None:
    trust = ResendTrust()
    assert trust.believed(number, ledger()) == number
    assert not trust.is_in_doubt


@pytest.mark.parametrize("number", [None, -2, 0, 1, 5000, 5012, 9_999_999])
def test_anything_else_is_doubted(number: int | None) -> None:
    trust = ResendTrust()
    assert trust.believed(number, ledger()) is None
    assert trust.is_in_doubt
    assert trust.verdict(number, ledger()) is None


def test_last_line_that_contradicts_raises_doubt_once() -> None:
    trust = ResendTrust()
    trust.on_last_line(5003)
    assert trust.believed(5009, ledger()) is None
    assert trust.believed(5009, ledger()) == 5009


def test_counting_from_zero_twice_is_a_reset() -> None:
    trust = ResendTrust()
    assert trust.believed(1, ledger()) is None
    assert trust.verdict(1, ledger()) is None
    assert trust.believed(1, ledger()) is None
    assert isinstance(trust.verdict(1, ledger()), PrinterReset)


def test_the_impossible_again_and_again_ends_the_link_and_names_the_number() -> None:
    trust = ResendTrust()
    errors = []
    for _ in range(DISTRUST_LIMIT + 1):
        assert trust.believed(77_777, ledger()) is None
        errors.append(trust.verdict(77_777, ledger()))
    assert errors[:-1] == [None] * DISTRUST_LIMIT
    assert isinstance(errors[-1], LinkLost)
    assert errors[-1].details == {"asked": 77_777}


def test_acknowledged_line_settles_the_doubt() -> None:
    trust = ResendTrust()
    trust.believed(77_777, ledger())
    trust.on_acknowledged()
    assert not trust.is_in_doubt
