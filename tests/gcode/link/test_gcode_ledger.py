"""K, A, F and S keep their law."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hydrogen.gcode.checksum import numbered
from hydrogen.gcode.link.ledger import LINES_KEPT, LineLedger, SentLine
from hydrogen.gcode.link.link_events import Ticket
from hydrogen.gcode.urgency import Patience

SIZE = 20
"""Bytes of every line, as told to the ledger and as they are."""


def sent(number: int, offset: int = -1, ticket: Ticket | None = None) -> SentLine:
    return SentLine(numbered(number, b"G1 X%d" % number), offset, ticket, Patience.MOVE, False)


def give(ledger: LineLedger, offset: int = -1, ticket: Ticket | None = None) -> None:
    ledger.add(sent(ledger.next, offset, ticket))
    ledger.advance(SIZE)


@given(steps=st.lists(st.tuples(st.sampled_from(["give", "again", "ok", "only"]), st.integers(0, 8)), max_size=200))
def test_law_holds_whatever_is_done(steps: list[tuple[str, int]]) -> None:
    ledger = LineLedger(1000)
    for step, amount in steps:
        if step == "give" and ledger.front == ledger.next - 1:
            give(ledger)
        elif step == "again" and ledger.front < ledger.next - 1:
            ledger.advance(SIZE)
        elif step == "ok":
            ledger.acknowledge(min(ledger.acknowledged + amount, ledger.front))
        elif step == "only" and ledger.may_be_asked_for(ledger.next - amount):
            ledger.accept_only(ledger.next - amount - 1)
        assert ledger.acknowledged <= ledger.accepted <= ledger.next - 1
        assert ledger.acknowledged <= ledger.front <= ledger.next - 1


def test_progress_counts_a_line_once_even_if_it_is_acknowledged_twice() -> None:
    ledger = LineLedger(1000)
    for offset in (10, 20, 30):
        give(ledger, offset)
    ledger.acknowledge(1003)
    ledger.accept_only(1001)
    ledger.advance(SIZE)
    ledger.advance(SIZE)
    ledger.acknowledge(1003)
    assert (ledger.stream_lines, ledger.stream_offset) == (3, 30)
    assert ledger.lines_acknowledged == 3


def test_ticket_is_done_once() -> None:
    ledger = LineLedger(1000)
    ticket = Ticket("M105")
    give(ledger, ticket=ticket)
    assert ledger.acknowledge(1001) == [ticket]
    ledger.accept_only(1000)
    ledger.advance(SIZE)
    assert ledger.acknowledge(1001) == []


def test_lines_are_forgotten_when_nobody_can_ask_for_them() -> None:
    ledger = LineLedger(0)
    for _ in range(LINES_KEPT + 10):
        give(ledger)
        ledger.acknowledge(ledger.front)
    assert not ledger.may_be_asked_for(10)
    assert ledger.oldest == 11
    assert ledger.may_be_asked_for(ledger.oldest)
    assert ledger.may_be_asked_for(ledger.next)
    assert not ledger.may_be_asked_for(ledger.next + 1)


def test_accepting_less_than_was_acknowledged_is_unlawful_and_said_so() -> None:
    ledger = LineLedger(1000)
    give(ledger)
    give(ledger)
    ledger.acknowledge(1002)
    assert ledger.accept_only(1000) is False
    assert ledger.acknowledged == 1000


def test_body_is_the_command_without_its_number() -> None:
    assert sent(12).body == b"G1 X12"
