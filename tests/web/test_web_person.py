"""How a browser comes to a page."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.web.conftest import BLIND_KEY, KEY, READER_KEY, Web

BROWSER = {"Accept": "text/html,application/xhtml+xml"}
FORM = {**BROWSER, "Content-Type": "application/x-www-form-urlencoded"}


async def test_a_browser_is_asked_for_a_key_and_gets_the_page_for_it(web: Web) -> None:
    asked = await web.ask("GET", "/docs", key=None, headers=BROWSER)
    assert (asked.status, asked.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert b'<form method="post">' in asked.body and b'type="password"' in asked.body
    assert "form-action 'self'" in asked.headers["content-security-policy"]
    answer = await web.ask("POST", "/docs", key=None, headers=FORM, body=f"key={quote(READER_KEY)}".encode())
    assert answer.status == 200 and b"/api/state" in answer.body
    assert READER_KEY.encode() not in answer.body


@pytest.mark.parametrize(("key", "status"), [("wrong-key-0001", 401), ("", 401), (BLIND_KEY, 403)])
async def test_a_wrong_key_is_asked_for_again_with_the_reason(web: Web, key: str, status: int) -> None:
    answer = await web.ask("POST", "/docs", key=None, headers=FORM, body=f"key={key}".encode())
    assert answer.status == status and b"<form" in answer.body and b"<strong>" in answer.body


async def test_programs_get_the_error_object_and_whoever_shows_a_credential_the_page(web: Web) -> None:
    assert (await web.ask("GET", "/docs", key=None)).code == "auth_failed"
    assert (await web.ask("GET", "/docs")).status == 200
    ticket = (await web.ask("POST", "/api/auth/ticket")).json["ticket"]
    answers = [(await web.ask("GET", f"/docs?ticket={ticket}", key=None)).status for _ in range(2)]
    assert answers == [200, 401]
    assert (await web.ask("GET", f"/docs?key={KEY}", key=None)).headers["referrer-policy"] == "no-referrer"


async def test_a_form_that_is_none_is_refused_and_guesses_are_counted(web: Web) -> None:
    assert (await web.ask("POST", "/docs", key=None, body={"key": KEY})).status == 415
    many = "&".join(f"a{n}=1" for n in range(20)).encode()
    assert (await web.ask("POST", "/docs", key=None, headers=FORM, body=many)).code == "invalid_message"
    assert (await web.ask("POST", "/docs", key=None, headers=FORM, body=b"key=\xff")).code == "invalid_message"
    statuses = [
        (await web.ask("POST", "/docs", key=None, headers=FORM, body=b"key=wrong-key-0001")).status for _ in range(8)
    ]
    assert statuses[-1] == 429
