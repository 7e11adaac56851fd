"""A request as the authority sees it."""

from __future__ import annotations

from starlette.requests import Request

from hydrogen.web.door import address_of, shown_in


def request(
    query: bytes = b"", *headers: tuple[bytes, bytes], client: tuple[str, int] | None = ("192.0.2.7", 1)
) -> Request:
    return Request({"type": "http", "query_string": query, "headers": list(headers), "client": client, "path": "/"})


def test_all_values_of_each_header_are_seen_in_their_order() -> None:
    shown = shown_in(request(b"key=a%20b", (b"authorization", b"Key 1"), (b"authorization", b"Key 2"), (b"host", b"h")))
    assert (shown.authorization, shown.hosts, shown.origins) == (["Key 1", "Key 2"], ["h"], [])
    assert (shown.query.raw("key"), shown.query.text("key")) == ("a%20b", "a b")


def test_the_address_is_the_peers() -> None:
    assert address_of(request()) == "192.0.2.7"
    assert address_of(request(client=None)) == ""
