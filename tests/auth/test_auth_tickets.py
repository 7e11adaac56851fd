"""Tickets: once, soon, from the same page."""

from __future__ import annotations

import pytest

from hydrogen.auth.grant import Grant
from hydrogen.auth.principal import Principal
from hydrogen.auth.tickets import LIFE_SECONDS, MOST_TICKETS, MOST_TICKETS_OF_ONE, TicketBook
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed, Forbidden, RateLimited

GRANT = Grant(principal=Principal(name="panel", scopes=frozenset({"read"})), key_id="k", expires_at=5e9)


def test_a_ticket_opens_once_with_the_rights_and_the_end_of_whoever_asked() -> None:
    clock = ManualClock()
    book = TicketBook(clock=clock)
    ticket = book.issue(GRANT)
    assert ticket.expires_at == clock.wall() + LIFE_SECONDS
    grant = book.redeem(ticket.text)
    assert (grant.principal, grant.key_id, grant.expires_at, grant.via) == (GRANT.principal, "k", 5e9, "ticket")
    with pytest.raises(AuthFailed):
        book.redeem(ticket.text)


def test_an_old_ticket_opens_nothing() -> None:
    clock = ManualClock()
    book = TicketBook(clock=clock)
    ticket = book.issue(GRANT)
    clock.set_wall(0)  # the host's clock is corrected: the life of a ticket does not change by that
    clock.advance(LIFE_SECONDS)
    with pytest.raises(AuthFailed):
        book.redeem(ticket.text)
    assert len(book) == 0


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://panel.local.evil.example"])
def test_a_ticket_of_a_page_is_that_pages_and_is_burnt_by_another(origin: str | None) -> None:
    book = TicketBook(clock=ManualClock())
    ticket = book.issue(GRANT, origin="http://Panel.local/")
    with pytest.raises(AuthFailed, match="page"):
        book.redeem(ticket.text, origin=origin)
    with pytest.raises(AuthFailed):
        book.redeem(ticket.text, origin="http://panel.local")
    assert book.redeem(book.issue(GRANT, origin="http://panel.local").text, origin="http://panel.local").via == "ticket"


@pytest.mark.parametrize("text", ["", "x", "\udc80", "x" * 10_000])
def test_what_was_never_given_out_opens_nothing(text: str) -> None:
    book = TicketBook(clock=ManualClock())
    book.issue(GRANT)
    with pytest.raises(AuthFailed):
        book.redeem(text)


def test_a_ticket_buys_no_ticket() -> None:
    book = TicketBook(clock=ManualClock())
    with pytest.raises(Forbidden):
        book.issue(book.redeem(book.issue(GRANT).text))


def test_one_caller_cannot_use_up_the_room_and_the_room_is_bounded() -> None:
    clock = ManualClock()
    book = TicketBook(clock=clock)
    for _ in range(MOST_TICKETS_OF_ONE):
        book.issue(GRANT)
    with pytest.raises(RateLimited):
        book.issue(GRANT)
    for number in range(MOST_TICKETS - MOST_TICKETS_OF_ONE):
        book.issue(Grant(principal=Principal(name=f"other{number}")))
    with pytest.raises(RateLimited):
        book.issue(Grant(principal=Principal(name="late")))
    clock.advance(LIFE_SECONDS)
    book.issue(GRANT)
    assert len(book) == 1


def test_no_ticket_shows_in_a_representation() -> None:
    book = TicketBook(clock=ManualClock())
    ticket = book.issue(GRANT)
    assert ticket.text not in repr(ticket) + repr(vars(book))
