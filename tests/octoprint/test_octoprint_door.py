from __future__ import annotations

from typing import Any

import pytest

from hydrogen.auth.credentials import Query
from hydrogen.auth.credentials import Request as Shown
from hydrogen.octoprint.door import cookie_suffix, shows_anything, translated
from tests.octoprint.conftest import Octo
from tests.web.conftest import BLIND_KEY, KEY

VERSION = "/api/version"


WAYS: tuple[Any, ...] = (
    (VERSION, {"X-Api-Key": KEY}),
    (VERSION, {"x-api-key": KEY}),
    (VERSION, {"X-API-KEY": KEY}),
    (VERSION, {"X-Api-Key": KEY, "Authorization": "Basic cGk6cGk="}),
    (VERSION, {"Authorization": f"Bearer {KEY}"}),
    (VERSION, {"Authorization": f"Key {KEY}"}),
    (f"{VERSION}?apikey={KEY}", {}),
    (f"{VERSION}?key={KEY}", {}),
)


async def test_a_key_is_taken_in_every_way(octo: Octo) -> None:
    for path, headers in WAYS:
        assert (await octo.ask("GET", path, key=None, headers=headers)).status == 200


WRONG_WAYS: tuple[Any, ...] = (
    (VERSION, {}),
    (VERSION, {"X-Api-Key": ""}),
    (VERSION, {"X-Api-Key": "wrong-key-0123"}),
    (VERSION, {"Authorization": "Bearer wrong-key-0123"}),
    (VERSION, {"Authorization": "Basic cGk6cGk="}),
    (f"{VERSION}?apikey=wrong-key-0123", {}),
    (f"{VERSION}?apikey=", {}),
)


async def test_everybody_else_is_refused_with_403_in_words(octo: Octo) -> None:
    for path, headers in WRONG_WAYS:
        answer = await octo.ask("GET", path, key=None, headers=headers)
        assert answer.status == 403
        assert isinstance(answer.json["error"], str)


async def test_a_key_without_the_scope_is_refused_with_403(octo: Octo) -> None:
    assert (await octo.ask("GET", "/api/job", key=BLIND_KEY)).status == 403
    assert (await octo.ask("POST", "/api/printer/command", {"command": "M105"}, key=BLIND_KEY)).status in (403, 409)
    octo.connect()
    assert (await octo.ask("POST", "/api/printer/command", {"command": "M105"}, key=BLIND_KEY)).status == 403
    assert octo.requests == []


async def test_a_page_of_another_host_may_not_use_a_key_in_its_address(octo: Octo) -> None:
    answer = await octo.ask("GET", f"{VERSION}?apikey={KEY}", key=None, headers={"Origin": "https://evil.example"})
    assert answer.status == 403


async def test_an_unknown_printer_is_not_there(octo: Octo) -> None:
    assert (await octo.ask("GET", "/printers/ender3/api/version")).status == 200
    assert (await octo.ask("GET", "/printers/other/api/version")).status == 404
    assert (await octo.ask("GET", "/printers/other/api/version", key=None)).status == 403


async def test_a_double_slash_is_one(octo: Octo) -> None:
    assert (await octo.ask("GET", "//api/version")).status == 200
    assert (await octo.ask("GET", "/printers/ender3//api/version")).status == 200


def test_a_signed_token_stays_a_token() -> None:
    token = "Bearer eyJhbGciOi.eyJzdWIi.c2ln"
    assert translated(Shown(address="", query=Query.of(""), authorization=(token,)), None).authorization == (token,)


def test_a_cookie_counts_only_where_nothing_else_is_shown() -> None:
    assert not shows_anything(Shown(address="", query=Query.of("a=b")))
    assert shows_anything(Shown(address="", query=Query.of("ticket=b")))


@pytest.mark.parametrize(
    ("address", "suffix"),
    [
        ("http://pi:5000", "_P5000"),
        ("http://pi", "_P80"),
        ("https://pi", "_P443"),
        ("http://pi:5000/printers/a", "_P5000_R|printers|a"),
    ],
)
def test_cookies_are_named_as_octoprints_client_expects(address: str, suffix: str) -> None:
    assert cookie_suffix(address) == suffix
