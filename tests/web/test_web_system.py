"""What runs here: for those who may see it, and the pulse for everybody."""

from __future__ import annotations

import pytest

from tests.web.conftest import BLIND_KEY, KEY, READER_KEY, Web


async def test_the_status_document_is_the_websockets(web: Web) -> None:
    answer = await web.ask("GET", "/api/system/info", key=READER_KEY)
    assert answer.status == 200 and answer.headers["content-type"] == "application/json"
    body = answer.json
    assert {"server_start_time", "active_connections", "total_connections", "total_requests", "system"} <= set(body)
    assert body["services"]["webserver"] == {"enabled": True, "port": web.port}
    assert "webserver" in body["enabledServices"]


async def test_octoprints_clients_find_their_system_info_with_their_key(web: Web) -> None:
    answer = await web.ask("GET", "/api/system/info", key=None, headers={"X-Api-Key": READER_KEY})
    assert answer.status == 200
    told = answer.json["systeminfo"]
    assert (told["octoprint.version"], told["env.os.id"]) == ("1.11.8", "linux")
    assert (await web.ask("GET", "/api/system/info", key=None, headers={"X-Api-Key": "wrong-key-0123"})).status == 401


async def test_the_long_part_is_for_admins(web: Web) -> None:
    short = (await web.ask("GET", "/api/system/info", key=READER_KEY)).json
    long = (await web.ask("GET", "/api/system/info", key=KEY)).json
    assert set(short["system"]) < set(long["system"])


async def test_the_pulse_is_open_to_everybody(web: Web) -> None:
    answer = await web.ask("GET", "/api/system/health", key=None)
    assert (answer.status, answer.json) == (200, {"status": "Yes, I'm alive, thanks!"})


async def test_the_version_is_what_octoprints_clients_want(web: Web) -> None:
    body = (await web.ask("GET", "/api/system/version")).json
    assert body["api"] == "0.1" and body["server"] == "1.2.3" and body["text"].startswith("OctoPrint")


async def test_how_the_service_is_configured_is_for_admins(web: Web) -> None:
    assert (await web.ask("GET", "/api/system/config", key=READER_KEY)).json["error"]["details"]["scope"] == "admin"
    answer = await web.ask("GET", "/api/system/config")
    assert answer.json == {"config": {"web": {"port": 0}}, "sources": {}}
    assert (await web.ask("GET", "/api/system/config", headers={"If-None-Match": "*"})).status == 304


@pytest.mark.parametrize("path", ["/api/system/info", "/api/system/version"])
async def test_who_may_not_read_sees_nothing(web: Web, path: str) -> None:
    assert (await web.ask("GET", path, key=None)).code == "auth_failed"
    answer = await web.ask("GET", path, key=BLIND_KEY)
    assert (answer.status, answer.code) == (403, "forbidden")
    assert (await web.ask("GET", f"{path}?key={KEY}", key=None)).status == 200
    foreign = await web.ask("GET", f"{path}?key={KEY}", key=None, headers={"Origin": "http://evil.example"})
    assert (foreign.status, foreign.code) == (403, "forbidden")
