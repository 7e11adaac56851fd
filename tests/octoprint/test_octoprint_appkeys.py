"""An app asks for a key as OctoPrint's apps do, and a person decides."""

from __future__ import annotations

import pytest

from tests.web.conftest import KEY, READER_KEY, Web


async def request_key(web: Web, **body: str) -> tuple[str, str]:
    answer = await web.ask("POST", "/plugin/appkeys/request", key=None, body=body or {"app": "Home Assistant"})
    assert answer.status == 201
    token = answer.json["app_token"]
    assert answer.headers["location"] == f"http://localhost/plugin/appkeys/request/{token}"
    return token, f"/plugin/appkeys/request/{token}"


async def test_keys_can_be_asked_for(web: Web) -> None:
    answer = await web.ask("GET", "/plugin/appkeys/probe", key=None)
    assert (answer.status, answer.body) == (204, b"")


async def test_an_app_waits_until_it_is_approved_and_its_key_opens_at_once_and_is_shown_once(web: Web) -> None:
    _, address = await request_key(web)
    for _ in range(3):
        assert (await web.ask("GET", address, key=None)).status == 202
    (waiting,) = web.app_keys.book.pending()
    decided = await web.ask("POST", f"/plugin/appkeys/decision/{waiting.id}", body={"decision": True})
    assert (decided.status, decided.body) == (204, b"")
    answer = await web.ask("GET", address, key=None)
    key = answer.json["api_key"]
    assert answer.status == 200 and key.startswith("hyd_")
    assert (await web.ask("GET", "/api/version", key=None, headers={"X-Api-Key": key})).status == 200
    assert (await web.ask("GET", address, key=None)).status == 404


async def test_a_denied_app_and_a_guess_get_404(web: Web) -> None:
    _, address = await request_key(web, app="Cura", user="bob")
    (waiting,) = web.app_keys.book.pending()
    assert (waiting.app, waiting.user, waiting.address) == ("Cura", "bob", "127.0.0.1")
    assert (await web.ask("POST", f"/plugin/appkeys/decision/{waiting.id}", body={"decision": False})).status == 204
    for path in (address, "/plugin/appkeys/request/guess"):
        answer = await web.ask("GET", path, key=None)
        assert answer.status == 404 and "error" in answer.json


@pytest.mark.parametrize(("key", "status"), [(None, 403), (READER_KEY, 403), (KEY, 404)])
async def test_deciding_needs_an_administrator(web: Web, key: str | None, status: int) -> None:
    await request_key(web)
    answer = await web.ask("POST", "/plugin/appkeys/decision/nobody", key=key, body={"decision": True})
    assert answer.status == status and isinstance(answer.json["error"], str)
    assert len(web.app_keys.book) == 1


@pytest.mark.parametrize("body", [{}, {"app": ""}, {"app": 7}, {"app": " "}, {"app": "x" * 2000}])
async def test_a_request_without_a_name_is_refused(web: Web, body: dict[str, object]) -> None:
    answer = await web.ask("POST", "/plugin/appkeys/request", key=None, body=body)
    assert answer.status == 400 and isinstance(answer.json["error"], str)
    assert len(web.app_keys.book) == 0


async def test_an_app_may_ask_below_a_printers_prefix(web: Web) -> None:
    answer = await web.ask("POST", "/printers/ender3/plugin/appkeys/request", key=None, body={"app": "x"})
    assert answer.status == 201
    assert "/printers/ender3/plugin/appkeys/request/" in answer.headers["location"]
