from __future__ import annotations

import pytest

from tests.octoprint.conftest import Octo
from tests.web.conftest import KEY, READER_KEY


async def test_a_passive_login_tells_who_it_is_and_gives_a_session(octo: Octo) -> None:
    told = (await octo.ask("POST", "/api/login", {"passive": True})).json
    assert told["name"] == "owner"
    assert told["session"]
    assert told["admin"] is True
    assert told["needs"]["group"][0] != "guests"
    assert {"groups", "permissions", "user", "active"} <= set(told)
    reader = (await octo.ask("POST", "/api/login", {"passive": True}, key=READER_KEY)).json
    assert (reader["name"], reader["admin"], reader["groups"]) == ("reader", False, ["readonly"])


async def test_a_stranger_is_not_logged_in(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/login", {"passive": True}, key=None)).status == 403
    assert (await octo.ask("POST", "/api/login", {"user": "ada", "pass": "wrong-key-0123"}, key=None)).status == 403


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_key_typed_as_a_password_opens_a_browsers_session(octo: Octo, kind: str) -> None:
    headers = {"Host": "pi.local:5000"}
    body: object = {"user": "ada", "pass": KEY, "remember": True}
    if kind == "form":
        body, headers["Content-Type"] = f"user=ada&pass={KEY}".encode(), "application/x-www-form-urlencoded"
    answer = await octo.ask("POST", "/api/login", body, key=None, headers=headers)
    assert answer.status == 200
    session = f"session_P5000={answer.json['session']}"
    with_cookie = {"Host": "pi.local:5000", "Cookie": session}
    assert (await octo.ask("GET", "/api/job", key=None, headers=with_cookie)).status == 200
    octo.connect()
    without = await octo.ask("POST", "/api/printer/command", {"command": "M105"}, key=None, headers=with_cookie)
    assert without.status == 403
    csrf = (
        octo.web.server.is_listening
        and answer.headers["set-cookie"].partition("csrf_token_P5000=")[2].partition(";")[0]
    )
    proven = {**with_cookie, "X-CSRF-Token": str(csrf)}
    assert (await octo.ask("POST", "/api/printer/command", {"command": "M105"}, key=None, headers=proven)).status == 204
    out = await octo.ask("POST", "/api/logout", key=None, headers=proven)
    assert out.status == 204
    assert (await octo.ask("GET", "/api/job", key=None, headers=with_cookie)).status == 403


async def test_who_asks_who_he_is_is_told(octo: Octo) -> None:
    me = (await octo.ask("GET", "/api/currentuser")).json
    assert (me["name"], me["groups"]) == ("owner", ["admins", "users"])
    nobody = await octo.ask("GET", "/api/currentuser", key=None)
    assert (nobody.status, nobody.json["name"], nobody.json["groups"]) == (200, None, ["guests"])
    assert (await octo.ask("GET", "/api/currentuser", key="wrong-key-0123")).status == 403
