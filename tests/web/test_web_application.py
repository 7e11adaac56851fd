"""What stands around every route: errors, the date, other pages' requests, the way down."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest

from hydrogen.system.info import StatusBuilder
from tests.support.http_peer import raw
from tests.web.conftest import PAGE, StartWeb, Web


@pytest.mark.parametrize("path", ["/", "/api", "/api/system/infos", "/..%2f..%2fetc/passwd", "//", "/%00"])
async def test_an_unknown_path_is_not_found(web: Web, path: str) -> None:
    answer = await web.ask("GET", path)
    assert (answer.status, answer.code) == (404, "not_found")


async def test_a_wrong_method_names_the_right_ones(web: Web) -> None:
    answer = await web.ask("GET", "/api/auth/ticket")
    assert (answer.status, answer.code, answer.headers["allow"]) == (405, "invalid_message", "POST")


async def test_every_answer_is_dated_and_names_no_software(web: Web) -> None:
    answer = await web.ask("GET", "/api/system/health")
    assert parsedate_to_datetime(answer.headers["date"]).tzinfo is not None
    assert "server" not in answer.headers


async def test_a_defect_is_an_incident_without_a_traceback(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: StatusBuilder, *, is_long: bool) -> dict[str, object]:
        raise RuntimeError(f"secret place {is_long}")

    monkeypatch.setattr(StatusBuilder, "build", broken)
    answer = await web.ask("GET", "/api/system/info")
    assert (answer.status, answer.code) == (500, "server_error")
    assert b"secret place" not in answer.body and b"Traceback" not in answer.body
    ((name, error),) = web.reports
    assert answer.json["error"]["details"]["incident"] in name and isinstance(error, RuntimeError)


async def test_allowed_pages_may_call_and_foreign_ones_get_no_permission(web: Web) -> None:
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    answer = await web.ask("OPTIONS", "/api/auth/ticket", key=None, headers={"Origin": PAGE, **asks})
    assert answer.status == 200 and answer.headers["access-control-allow-origin"] == PAGE
    foreign = await web.ask("OPTIONS", "/api/auth/ticket", key=None, headers={"Origin": "http://evil.example", **asks})
    assert "access-control-allow-origin" not in foreign.headers


async def test_new_requests_get_503_on_the_way_down(web: Web) -> None:
    web.server.refuse()
    answer = await web.ask("GET", "/api/system/health")
    assert (answer.status, answer.code) == (503, "unavailable") and "retry-after" in answer.headers


@pytest.mark.parametrize("host", ["[", "]:x", "", "a b", "\xff"])
async def test_any_host_header_is_survived(web: Web, host: str) -> None:
    request = f"GET /api/system/info?key=x HTTP/1.1\r\nHost: {host}\r\nOrigin: http://[\r\nConnection: close\r\n\r\n"
    assert (await raw(web.port, request.encode("latin-1"))).status in (400, 401)
    assert web.reports == []


async def test_without_allowed_pages_there_is_no_cors(start_web: StartWeb) -> None:
    web = await start_web(allowed_origins=())
    answer = await web.ask("GET", "/api/system/health", headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers
