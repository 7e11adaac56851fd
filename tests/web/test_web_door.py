"""A request as the authority sees it."""

from __future__ import annotations

from starlette.requests import Request

from hydrogen.auth.authority import Authority
from hydrogen.auth.keys import KeyRing
from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.clock import ManualClock
from hydrogen.web.door import Door, peer_of
from hydrogen.web.settings import WebSettings

DOOR = Door(Authority(KeyRing(), clock=ManualClock()), WebSettings(), TrustedProxies(["192.0.2.0/24"]))


def request(
    query: bytes = b"", *headers: tuple[bytes, bytes], client: tuple[str, int] | None = ("192.0.2.7", 1)
) -> Request:
    return Request({"type": "http", "query_string": query, "headers": list(headers), "client": client, "path": "/"})


def test_all_values_of_each_header_are_seen_in_their_order() -> None:
    shown = DOOR.shown_in(
        request(b"key=a%20b", (b"authorization", b"Key 1"), (b"authorization", b"Key 2"), (b"host", b"h"))
    )
    assert (shown.authorization, shown.hosts, shown.origins) == (["Key 1", "Key 2"], ["h"], [])
    assert (shown.query.raw("key"), shown.query.text("key")) == ("a%20b", "a b")


def test_the_address_is_the_peers_or_what_a_trusted_proxy_says() -> None:
    assert DOOR.address_of(request()) == "192.0.2.7"
    told = (b"x-forwarded-for", b"203.0.113.9")
    assert DOOR.address_of(request(b"", told)) == "203.0.113.9"
    assert DOOR.address_of(request(b"", told, client=("198.51.100.1", 1))) == "198.51.100.1"
    assert DOOR.address_of(request(client=None)) == "" and peer_of({}) == ""
