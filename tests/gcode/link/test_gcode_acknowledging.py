"""What an `ok` makes known, without a wire: each form once, with lines in flight."""

from __future__ import annotations

import pytest

from hydrogen.gcode.link.acknowledging import Acknowledging
from hydrogen.gcode.link.giving import Giving
from hydrogen.gcode.link.link_events import (
    CommandAcknowledged,
    DuplicatePossible,
    EmergencyWordSettled,
    TemperaturesReported,
    Ticket,
)
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_parts import LinkParts
from hydrogen.gcode.link.link_state import LinkPhase
from hydrogen.gcode.replies import Acknowledged, parse_reply

BASE = 100
NOW = 50.0


class Half:
    """The acknowledging half of a link, with `count` moves in flight; the first of them is a command with a ticket."""

    def __init__(self, count: int = 3) -> None:
        parts = LinkParts.of(BASE, 0.0, LinkLimits())
        self.ledger = parts.ledger
        self.barrier = parts.barrier
        self.oks = parts.oks
        self.count = parts.count
        self.events = parts.events
        self.ticket = Ticket("G1 X0")
        self.giving = Giving(parts)
        self.acknowledging = Acknowledging(parts, self.giving)
        for place in range(count):
            self.give(b"G1 X%d" % place, self.ticket if place == 0 else None)

    def give(self, body: bytes, ticket: Ticket | None = None) -> int:
        line = self.ledger.give(body, ticket=ticket)
        self.ledger.advance(len(line.frame))
        if line.replies_with_temperatures:
            self.giving.temperature_number = self.ledger.front
        return self.ledger.front

    def hear(self, line: bytes, phase: LinkPhase = LinkPhase.READY) -> None:
        if line == b"ok" and phase is LinkPhase.READY:
            self.acknowledging.on_bare_ok(NOW)
            return
        reply = parse_reply(line)
        assert isinstance(reply, Acknowledged)
        self.acknowledging.on_ok(reply, phase, NOW)


def test_bare_ok_is_the_oldest_lines() -> None:
    half = Half()
    half.hear(b"ok")
    assert half.ledger.acknowledged == BASE + 1
    assert half.events == [CommandAcknowledged(half.ticket)]


def test_numbered_ok_is_cumulative_and_never_goes_back() -> None:
    half = Half()
    half.hear(b"ok N103 P15 B3")
    assert half.ledger.acknowledged == BASE + 3
    half.hear(b"ok N102 P15 B3")
    assert half.ledger.acknowledged == BASE + 3
    assert half.count.surplus_acknowledgements == 1


@pytest.mark.parametrize("number", [104, 99, 0, 9999999])
def test_numbered_ok_for_what_was_never_sent_is_counted_and_changes_nothing(number: int) -> None:
    half = Half()
    half.hear(b"ok N%d P15 B3" % number)
    assert half.ledger.acknowledged == BASE
    assert half.count.surplus_acknowledgements == 1


def test_temperatures_answer_the_m105_in_flight_and_heal_oks_that_were_lost() -> None:
    half = Half(2)
    asked = half.give(b"M105")
    half.give(b"G1 X9")
    half.hear(b"ok T:20.0 /0.0 B:20.0 /0.0 @:0 B@:0")
    assert half.ledger.acknowledged == asked
    assert isinstance(half.events[0], TemperaturesReported)


def test_barriers_answer_settles_all_before_it_and_owed_words() -> None:
    half = Half(2)
    half.oks.on_unnumbered_sent(BASE + 2)
    half.barrier.on_sent(half.give(b"M105"))
    half.hear(b"ok")  # the first move's: a barrier is never acknowledged by a bare ok
    half.hear(b"ok")
    half.hear(b"ok")
    assert half.ledger.acknowledged == BASE + 2
    assert EmergencyWordSettled(is_confirmed=True) in half.events
    half.hear(b"ok T:20.0 /0.0")
    assert half.ledger.is_clear
    assert half.barrier.covers is None


def test_word_whose_ok_was_lost_is_settled_unconfirmed_by_what_ran_behind_it() -> None:
    numbered = Half(2)
    numbered.oks.are_numbered = True
    numbered.oks.on_unnumbered_sent(BASE + 1)
    numbered.hear(b"ok N101 P15 B3")
    assert EmergencyWordSettled(is_confirmed=False) not in numbered.events
    numbered.hear(b"ok N102 P15 B3")
    assert numbered.events[-1] == EmergencyWordSettled(is_confirmed=False)
    plain = Half(1)
    plain.oks.on_unnumbered_sent(BASE + 1)
    plain.barrier.on_sent(plain.give(b"M105"))
    plain.hear(b"ok T:20.0 /0.0")
    assert EmergencyWordSettled(is_confirmed=False) in plain.events
    assert plain.oks.words_owed == 0


def test_ok_too_many_wants_a_barrier_while_sending_and_not_in_a_drain() -> None:
    half = Half(1)
    half.hear(b"ok")
    half.hear(b"ok", LinkPhase.DRAINING)
    assert not half.barrier.is_wanted
    half.hear(b"ok")
    assert half.barrier.is_wanted
    assert half.count.surplus_acknowledgements == 2


def test_ok_too_many_behind_a_refused_line_is_reported_as_the_line_behind_it() -> None:
    half = Half(3)
    half.hear(b"ok")
    half.ledger.accept_only(BASE + 1)
    half.oks.on_resend()
    half.hear(b"ok", LinkPhase.DRAINING)
    assert half.count.possible_duplicates == 0
    half.hear(b"ok", LinkPhase.DRAINING)
    assert half.events[-1] == DuplicatePossible(BASE + 3, "G1 X2")


def test_ok_that_lost_its_number_is_reported_as_a_possible_duplicate() -> None:
    half = Half()
    half.hear(b"ok N101 P15 B3")
    half.hear(b"ok P15 B3")
    assert half.ledger.acknowledged == BASE + 1
    assert half.count.possible_duplicates == 1
    assert isinstance(half.events[-1], DuplicatePossible)


def test_ok_behind_a_resend_is_nobodys() -> None:
    half = Half()
    half.oks.on_resend()
    half.hear(b"ok")
    assert half.ledger.acknowledged == BASE
    half.hear(b"ok")
    assert half.ledger.acknowledged == BASE + 1


def test_where_numbers_are_ignored_a_surplus_is_only_counted() -> None:
    half = Half(0)
    half.acknowledging.numbers_checked = False
    half.hear(b"ok")
    assert not half.barrier.is_wanted
    assert half.count.surplus_acknowledgements == 1
