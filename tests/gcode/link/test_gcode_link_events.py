"""Tickets are told apart by what they are, not by what they say."""

from __future__ import annotations

from hydrogen.gcode.link.link_events import Ticket


def test_two_equal_commands_have_two_tickets() -> None:
    first, second = Ticket("M105"), Ticket("M105")
    assert first != second
    assert len({first, second}) == 2
