"""The door: conformance cases C1 to C9, C13 to C22 of facts/hydrogen-original.md, the order of the checks, and silence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Request

from hydrogen.auth.authority import Authority
from hydrogen.auth.credentials import OriginRule
from hydrogen.auth.keys import ApiKey, KeyRing
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.websocket.auth import Doorkeeper, Refusal, Visit
from tests.websocket.conftest import StartHouse
from tests.websocket.house import KEY, House

OWNER = Principal(name="owner")


def doorkeeper(key: str = KEY, *, allowed_origins: Sequence[str] = ()) -> Doorkeeper:
    ring = KeyRing([ApiKey(key=key, principal=OWNER)])
    authority = Authority(ring, clock=ManualClock(), origins=OriginRule(allowed_origins))
    return Doorkeeper(authority=authority, subprotocol="hydrogen-protocol")


async def visit(path: str = "/", *, at: Doorkeeper | None = None, **headers: str) -> Visit:
    named = Headers({name.replace("_", "-"): value for name, value in headers.items()})
    return await (at or doorkeeper()).admit(Request(path, named), "192.0.2.1")


async def refusal(path: str = "/", *, at: Doorkeeper | None = None, **headers: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        await visit(path, at=at, **headers)
    return caught.value


async def answer_of(house: House, path: str, **options: Any) -> tuple[int, dict[str, str], Any]:
    """The HTTP answer of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as caught:
        await house.client(path, **options)
    response = caught.value.response
    return response.status_code, dict(response.headers.raw_items()), json.loads(response.body or b"null")


# ------------------------------------------------------------------------------------------------------ by the header


async def test_key_in_the_header_lets_in() -> None:
    assert (await visit(Authorization=f"Key {KEY}")).principal is OWNER


@pytest.mark.parametrize(
    "value",
    [
        f"key {KEY}",
        f"KEY {KEY}",
        f"Key  {KEY}",
        f"Key\t{KEY}",
        f"Basic {KEY}",
        f"Bearer {KEY}",
        f"Key {KEY[:-1]}",
        f"Key {KEY}x",
        f"Key {KEY.upper()}",
        "Key",
        "Key ",
        "",
        KEY,
    ],
)
async def test_any_other_header_is_refused(value: str) -> None:
    refused = await refusal(Authorization=value)
    assert (refused.status, refused.error.code) == (401, "auth_failed")


async def test_nothing_at_all_is_refused() -> None:
    assert (await refusal()).status == 401


async def test_a_present_header_decides_alone() -> None:
    assert (await refusal(f"/?key={KEY}", Authorization="Key wrong-key-000")).status == 401
    assert (await visit("/?key=wrong-key-000", Authorization=f"Key {KEY}")).principal is OWNER


async def test_two_authorization_headers_are_refused() -> None:
    headers = Headers([("Authorization", f"Key {KEY}"), ("Authorization", f"Key {KEY}")])
    with pytest.raises(Refusal):
        await doorkeeper().admit(Request("/", headers), "192.0.2.1")


async def test_a_ring_without_keys_lets_nobody_in() -> None:
    empty = Doorkeeper(authority=Authority(KeyRing([]), clock=ManualClock()), subprotocol="hydrogen-protocol")
    for headers in ({}, {"Authorization": "Key "}, {"Authorization": "Key default_key"}):
        assert (await refusal(at=empty, **headers)).status == 401


@pytest.mark.parametrize("key", ["default_key", "default_key_change_me", "hydrogen-websocket", "ABDEFGHIJKLMNOP"])
async def test_a_key_from_public_sources_opens_nothing_for_those_who_present_nothing(key: str) -> None:
    assert (await refusal(at=doorkeeper(key))).status == 401


# --------------------------------------------------------------------------------------------------------- by the URL


@pytest.mark.parametrize("path", [f"/?key={KEY}", f"/?foo=bar&key={KEY}&baz=1", f"/websocket?key={KEY}&key=other"])
async def test_key_in_the_url_lets_in(path: str) -> None:
    assert (await visit(path)).principal is OWNER


@pytest.mark.parametrize(
    "query",
    [
        f"notkey={KEY}&foo_key={KEY}",
        f"Key={KEY}",
        "key=",
        "key=&other=x",
        f"key=&key={KEY}",
        f"key&key={KEY}",
        f"key={KEY}%00",
        "key=ab%00cd",
        f"key={KEY}%ff",
        f"key={KEY}" + "x" * 3000,
        f"key={KEY}+",
        f"ticket=abc&key={KEY}",
    ],
)
async def test_any_other_query_is_refused(query: str) -> None:
    assert (await refusal(f"/?{query}")).status == 401


@pytest.mark.parametrize("written", ["ab%2Fcd-123456", "ab%2fcd-123456", "ab/cd-123456"])
async def test_percent_sequences_are_decoded(written: str) -> None:
    assert (await visit(f"/?key={written}", at=doorkeeper("ab/cd-123456"))).principal is OWNER


async def test_what_is_no_percent_sequence_is_literal_and_so_is_plus() -> None:
    assert (await visit("/?key=test%XXz+plus", at=doorkeeper("test%XXz+plus"))).principal is OWNER


async def test_wishes_in_the_url_are_handed_on() -> None:
    seen = await visit(f"/?since=b7c1.8&topics=job%2Ctemperature&key={KEY}&printers=ender3")
    assert (seen.since, seen.topics, seen.printers) == ("b7c1.8", "job,temperature", "ender3")


# ----------------------------------------------------------------------------------------------- Origin, subprotocol


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://printer.local.evil.example", "x"])
async def test_foreign_page_with_a_key_in_the_url_is_refused(origin: str) -> None:
    refused = await refusal(f"/?key={KEY}", Origin=origin, Host="printer.local:5001")
    assert (refused.status, refused.error.code) == (403, "forbidden")


@pytest.mark.parametrize("origin", ["http://printer.local:5000", "https://Printer.LOCAL", "https://panel.example"])
async def test_our_own_page_and_the_configured_ones_are_let_in(origin: str) -> None:
    keeper = doorkeeper(allowed_origins=("https://panel.example/",))
    assert (await visit(f"/?key={KEY}", at=keeper, Origin=origin, Host="printer.local:5001")).principal is OWNER


async def test_origin_does_not_matter_for_a_key_in_the_header() -> None:
    # Browsers cannot send that header, so whoever does is no page.
    assert (await visit(Authorization=f"Key {KEY}", Origin="http://evil.example")).principal is OWNER


async def test_only_foreign_subprotocols_are_refused() -> None:
    refused = await refusal(Authorization=f"Key {KEY}", Sec_WebSocket_Protocol="chat, hydrogen")
    assert (refused.status, refused.error.code) == (400, "invalid_message")
    assert (
        await visit(Authorization=f"Key {KEY}", Sec_WebSocket_Protocol="chat, hydrogen-protocol")
    ).principal is OWNER


async def test_credentials_are_checked_before_origin_and_origin_before_subprotocol() -> None:
    foreign = {"Origin": "http://evil.example", "Host": "printer.local", "Sec_WebSocket_Protocol": "chat"}
    assert (await refusal("/?key=wrong", **foreign)).status == 401
    assert (await refusal(f"/?key={KEY}", **foreign)).status == 403


# ------------------------------------------------------------------------------------------------------ over a socket


async def test_handshake_echoes_our_subprotocol(house: House) -> None:
    client = await house.client()
    assert client.socket.subprotocol == "hydrogen-protocol"


async def test_handshake_without_subprotocol_is_let_in_without_one(house: House) -> None:
    client = await house.client(f"?key={KEY}", key=None, subprotocols=None)
    assert client.socket.subprotocol is None
    assert (await client.frame())["type"] == "status"


async def test_refusal_is_a_json_error_object(house: House) -> None:
    status, headers, body = await answer_of(house, "", key="wrong-key-0000")
    assert status == 401
    assert headers["Content-Type"] == "application/json"
    assert body == {"error": {"code": "auth_failed", "message": body["error"]["message"], "details": {}}}


async def test_paths_are_checked_before_credentials(house: House) -> None:
    assert (await answer_of(house, "api", key=None))[0] == 404
    assert (await answer_of(house, "websocket/", key=None))[0] == 404
    assert (await answer_of(house, "websocket", key=None))[0] == 401
    assert (await (await house.client("websocket")).frame())["type"] == "status"


async def test_foreign_subprotocol_gets_400_with_our_error_object(house: House) -> None:
    status, _, body = await answer_of(house, "", subprotocols=["chat"])
    assert (status, body["error"]["code"]) == (400, "invalid_message")


async def test_plain_http_gets_401_without_a_key_and_426_with_one(house: House) -> None:
    for path, status in (("/", b"401"), (f"/?key={KEY}", b"426")):
        reader, writer = await asyncio.open_connection("127.0.0.1", house.server.bound_port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert (await asyncio.wait_for(reader.readline(), 5)).split()[1] == status
        writer.close()
        await writer.wait_closed()


async def test_no_key_ever_reaches_the_log(start_house: StartHouse) -> None:
    house = await start_house()
    guesses = ["guessed-secret-1", "guessed-secret-2"]
    await answer_of(house, f"?key={guesses[0]}", key=None)
    await answer_of(house, "", key=guesses[1])
    await house.greeted(f"?key={KEY}", key=None)
    client = await house.greeted()
    await client.ask(type="status")
    told = repr(house.log.entries)
    assert house.log.entries
    assert not any(secret in told for secret in (KEY, *guesses))
