"""What counts of what a caller shows. The whole row of refusals is in tests/websocket/test_websocket_auth.py, over the door."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from hydrogen.auth.credentials import LONGEST_CREDENTIAL, OriginRule, Query, Request, Shown, shown_by
from hydrogen.errors import AuthFailed


def request(query: str = "", *, authorization: Sequence[str] = (), origin: str = "", host: str = "") -> Request:
    return Request(
        address="192.0.2.1",
        query=Query.of(query),
        authorization=authorization,
        origins=[origin] if origin else [],
        hosts=[host] if host else [],
    )


def test_the_header_counts_before_the_ticket_and_the_ticket_before_the_key() -> None:
    query = "key=k&ticket=t"
    assert shown_by(request(query, authorization=["Key h"])) == Shown(key="h")
    assert shown_by(request(query)) == Shown(ticket="t", is_from_url=True)
    assert shown_by(request("key=k")) == Shown(key="k", is_from_url=True)
    assert shown_by(request("Key=k")) is None


def test_a_bearer_token_is_a_token() -> None:
    assert shown_by(request(authorization=["Bearer a.b.c"])) == Shown(token="a.b.c")


@pytest.mark.parametrize(
    "values", [["key k"], ["bearer t"], ["Key "], ["Bearer "], [""], ["Key k", "Key k"], ["Key " + "k" * 16_385]]
)
def test_what_cannot_be_a_credential_is_refused(values: list[str]) -> None:
    with pytest.raises(AuthFailed):
        shown_by(request(authorization=values))


@pytest.mark.parametrize("query", ["key=", "ticket=", "key=%00", "key=%ff", "ticket&key=k", "key=" + "x" * 20_000])
def test_what_cannot_be_one_in_the_url_is_refused_and_falls_through_to_nothing(query: str) -> None:
    with pytest.raises(AuthFailed) as caught:
        shown_by(request(query))
    assert "x" * 100 not in caught.value.message


def test_nothing_secret_shows_in_a_representation() -> None:
    asked = request("key=top-secret-1", authorization=["Key top-secret-2"])
    assert "top-secret" not in repr(asked) + repr(shown_by(asked)) + repr(
        Shown(token="top-secret", ticket="top-secret")
    )
    assert LONGEST_CREDENTIAL >= 8192


def test_pages_of_our_own_host_and_allowed_ones_may_come_in() -> None:
    rule = OriginRule(["https://panel.example/"])
    assert rule.lets_in(request())
    assert rule.lets_in(request(origin="http://printer.local:5000", host="printer.local:5001"))
    assert rule.lets_in(request(origin="https://PANEL.example", host="printer.local"))
    for origin in ("http://evil.example", "null", "http://[", "file://printer.local"):
        assert not rule.lets_in(request(origin=origin, host="printer.local"))
    assert not rule.lets_in(request(origin="http://printer.local"))
