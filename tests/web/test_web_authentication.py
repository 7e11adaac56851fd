"""Keys and tokens become tickets and sessions, and nothing of them is told to anybody else."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.auth.credentials import Query, Request
from hydrogen.auth.keys import KeyRing
from hydrogen.core.clock import ManualClock
from hydrogen.errors import AuthFailed
from hydrogen.model.codec import time_from_iso
from tests.web.conftest import KEY, PAGE, READER_KEY, StartWeb, Web


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def session_of(web: Web, key: str = KEY) -> str:
    answer = await web.ask("POST", "/api/auth/session", key=key)
    assert answer.status == 200, answer.body
    return str(answer.json["token"])


# -------------------------------------------------------------------------------------------------------- tickets


async def test_a_ticket_is_given_for_a_key_and_opens_one_door(start_web: StartWeb) -> None:
    clock = ManualClock()
    web = await start_web(clock=clock)
    answer = await web.ask("POST", "/api/auth/ticket", key=READER_KEY)
    assert answer.status == 200 and set(answer.json) == {"ticket", "expires_at"}
    assert time_from_iso(answer.json["expires_at"]) == pytest.approx(clock.wall() + 30)
    assert answer.headers["cache-control"] == "no-store"
    path = f"/api/system/info?ticket={answer.json['ticket']}"
    assert (await web.ask("GET", path, key=None)).status == 200
    assert (await web.ask("GET", path, key=None)).status == 401


async def test_a_ticket_of_a_page_is_refused_from_another(web: Web) -> None:
    answer = await web.ask("POST", "/api/auth/ticket", headers={"Origin": PAGE})
    request = Request(
        address="192.0.2.9",
        query=Query.of(f"ticket={answer.json['ticket']}"),
        origins=["http://localhost"],
        hosts=["localhost"],
    )
    with pytest.raises(AuthFailed):
        await web.authority.admit(request)


async def test_a_ticket_buys_neither_a_ticket_nor_a_session(web: Web) -> None:
    for path in ("/api/auth/ticket", "/api/auth/session"):
        ticket = (await web.ask("POST", "/api/auth/ticket")).json["ticket"]
        answer = await web.ask("POST", f"{path}?ticket={ticket}", key=None)
        assert (answer.status, answer.code) == (403, "forbidden")


# ------------------------------------------------------------------------------------------------------- sessions


async def test_a_session_is_given_for_a_key_in_the_header_or_in_the_body(web: Web) -> None:
    for given in ({"key": KEY}, {"key": None, "body": {"key": KEY}}):
        answer = await web.ask("POST", "/api/auth/session", **given)  # type: ignore[arg-type]
        assert answer.status == 200 and set(answer.json) == {"token", "expires_at"}
        info = await web.ask("GET", "/api/system/info", key=None, headers=bearer(answer.json["token"]))
        assert info.status == 200


async def test_a_session_buys_a_ticket_but_no_session(web: Web) -> None:
    token = await session_of(web)
    assert (await web.ask("POST", "/api/auth/ticket", key=None, headers=bearer(token))).status == 200
    answer = await web.ask("POST", "/api/auth/session", key=None, headers=bearer(token))
    assert (answer.status, answer.code) == (403, "forbidden")


async def test_an_ended_session_opens_nothing_any_more(web: Web) -> None:
    token = await session_of(web)
    heard: list[int] = []
    web.authority.on_changed(lambda: heard.append(1))
    assert (await web.ask("DELETE", "/api/auth/session", key=None, headers=bearer(token))).status == 204
    assert heard == [1]
    assert (await web.ask("GET", "/api/system/info", key=None, headers=bearer(token))).status == 401
    assert (await web.ask("DELETE", "/api/auth/session")).status == 403


async def test_a_session_falls_with_its_key(web: Web) -> None:
    token = await session_of(web)
    web.authority.take_keys(KeyRing())
    answer = await web.ask("GET", "/api/system/info", key=None, headers=bearer(token))
    assert (answer.status, answer.code) == (401, "auth_failed")


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "body", [{"key": "wrong-key-0001"}, {"key": ""}, {"key": KEY[:-1]}, {"key": KEY + "x"}, {"kee": KEY}, {}, None]
)
async def test_a_wrong_key_in_the_body_is_refused(web: Web, body: Any) -> None:
    answer = await web.ask("POST", "/api/auth/session", key=None, body=body)
    assert (answer.status, answer.code) == (401, "auth_failed")
    assert "www-authenticate" in answer.headers


@pytest.mark.parametrize("body", [{"key": 5}, {"key": [KEY]}, b"{", b"[]", b"\xff", b"[" * 60_000])
async def test_a_body_that_cannot_be_read_is_invalid(web: Web, body: Any) -> None:
    answer = await web.ask("POST", "/api/auth/session", key=None, body=body)
    assert (answer.status, answer.code) == (400, "invalid_message")


async def test_a_body_that_is_too_long_or_of_another_kind_is_refused(web: Web) -> None:
    answer = await web.ask("POST", "/api/auth/session", key=None, body=b" " * 70_000)
    assert (answer.status, answer.code) == (413, "invalid_message")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await web.ask("POST", "/api/auth/session", key=None, headers=form, body=f"key={KEY}".encode())
    assert (answer.status, answer.code) == (415, "invalid_message")


@pytest.mark.parametrize("path", ["/api/auth/ticket", "/api/auth/session"])
@pytest.mark.parametrize("value", ["", "Key ", "key x", f"Bearer {KEY}", f"Key {KEY}x", "Bearer a.b.c", "Basic eDp5"])
async def test_a_wrong_header_is_refused_and_decides_alone(web: Web, path: str, value: str) -> None:
    answer = await web.ask("POST", path, key=None, headers={"Authorization": value}, body={"key": KEY})
    assert (answer.status, answer.code) == (401, "auth_failed")


async def test_a_thousand_wrong_keys_get_429_and_do_not_shut_out_open_connections(start_web: StartWeb) -> None:
    clock = ManualClock()
    web = await start_web(clock=clock)
    token = await session_of(web)
    statuses = [
        (await web.ask("POST", "/api/auth/session", key=None, body={"key": f"guess-{n:04}"})).status for n in range(100)
    ]
    assert statuses.count(401) == 6 and statuses.count(429) == 94
    refused = await web.ask("POST", "/api/auth/session", key=KEY)
    assert (refused.status, refused.code, refused.headers["retry-after"]) == (429, "rate_limited", "1")
    clock.advance(1)
    assert (await web.ask("GET", "/api/system/info", key=None, headers=bearer(token))).status == 200
    assert (await web.ask("POST", "/api/auth/session", key=None, body={"key": "guess-last"})).status == 401


async def test_no_secret_reaches_the_log_or_an_answer(web: Web) -> None:
    token = await session_of(web)
    ticket = (await web.ask("POST", "/api/auth/ticket")).json["ticket"]
    wrong = "wrong-secret-key-1"
    answers = [
        await web.ask("GET", f"/api/system/info?ticket={ticket}", key=None),
        await web.ask("GET", f"/api/system/info?key={wrong}", key=None),
        await web.ask("POST", "/api/auth/session", key=None, body={"key": wrong}),
        await web.ask("GET", "/nowhere", key=None, headers=bearer(token)),
        await web.ask("GET", "/api/system/info", key=None, headers=bearer(token[:-3])),
    ]
    told = repr(web.log.entries) + repr(web.reports) + repr([answer.body for answer in answers])
    for secret in (KEY, token, token.rpartition(".")[2], ticket, wrong):
        assert secret not in told
