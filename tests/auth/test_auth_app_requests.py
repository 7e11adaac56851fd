"""Requests of apps: bounded, forgotten, decided once, and never by themselves."""

from __future__ import annotations

import pytest

from hydrogen.auth.app_requests import (
    LIFE_SECONDS,
    MOST_REQUESTS,
    MOST_REQUESTS_OF_ONE,
    SILENT_SECONDS,
    AppGrant,
    AppRequestBook,
    printable,
)
from hydrogen.core.clock import ManualClock
from hydrogen.errors import NotFound, RateLimited

GRANT = AppGrant(scopes=frozenset({"read"}), actor="alice")


def test_a_request_waits_until_somebody_decides() -> None:
    book = AppRequestBook(clock=ManualClock())
    request, token = book.ask("Cura", user="bob", address="192.0.2.7")
    assert book.pending() == (request,)
    for _ in range(3):
        assert book.hear(token) == request
    assert not request.is_approved and token not in repr(request) and request.id not in token


def test_an_approved_request_is_shown_as_approved_once() -> None:
    book = AppRequestBook(clock=ManualClock())
    request, token = book.ask("Cura")
    book.approve(request.id, GRANT)
    assert book.pending() == ()
    heard = book.hear(token)
    assert heard is not None and heard.grant == GRANT
    second = book.hear(token)
    assert second is not None and not second.is_approved
    book.forget(request.id)
    book.forget(request.id)
    assert book.hear(token) is None


def test_a_denied_request_is_gone_and_nothing_is_decided_twice() -> None:
    book = AppRequestBook(clock=ManualClock())
    denied, token = book.ask("Cura")
    book.deny(denied.id)
    assert book.hear(token) is None
    approved, _ = book.ask("Cura")
    book.approve(approved.id, GRANT)
    for decide in (lambda: book.deny(approved.id), lambda: book.approve(approved.id, GRANT), lambda: book.deny("x")):
        with pytest.raises(NotFound):
            decide()


def test_an_app_that_stops_asking_is_forgotten_and_one_that_asks_for_ever_too() -> None:
    clock = ManualClock()
    book = AppRequestBook(clock=clock)
    _, silent = book.ask("silent")
    request, asking = book.ask("asking")
    waited = 0.0
    while waited <= LIFE_SECONDS:
        assert book.hear(asking) == request
        clock.advance(SILENT_SECONDS)
        waited += SILENT_SECONDS
    assert book.hear(silent) is None
    assert book.hear(asking) is None and len(book) == 0


def test_requests_are_bounded_in_all_and_by_address() -> None:
    clock = ManualClock()
    book = AppRequestBook(clock=clock)
    for number in range(MOST_REQUESTS):
        book.ask("app", address=f"192.0.2.{number // MOST_REQUESTS_OF_ONE}")
        if number == MOST_REQUESTS_OF_ONE - 1:
            with pytest.raises(RateLimited):
                book.ask("app", address="192.0.2.0")
    with pytest.raises(RateLimited):
        book.ask("app", address="192.0.2.99")
    clock.advance(SILENT_SECONDS + 1)
    book.ask("app", address="192.0.2.0")
    assert len(book) == 1


@pytest.mark.parametrize("token", ["", "x", "\udc80", "x" * 10_000])
def test_a_token_that_was_never_given_out_is_nothing(token: str) -> None:
    book = AppRequestBook(clock=ManualClock())
    book.ask("app")
    assert book.hear(token) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Home Assistant", "Home Assistant"),
        ("a\x1b[2Jb\r\nc\u202ed", "a [2Jb c d"),
        ("x" * 500, "x" * 80),
        ("\x00\n", ""),
    ],
)
def test_what_an_app_calls_itself_is_made_fit_to_be_shown(text: str, shown: str) -> None:
    assert printable(text) == shown
