"""What stands around every route: errors, the date, other pages' requests, the way down."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from hydrogen.auth.proxy import TrustedProxies
from hydrogen.core.clock import ManualClock
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
    assert answer.headers["x-request-id"] in name
    (complaint,) = [entry for entry in web.log.entries if entry.event == "http library complained"]
    assert complaint.fields["error"] is error


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
    assert (await raw(web.port, request.encode("latin-1"))).status in (400, 401, 403)
    assert web.reports == []


async def test_without_allowed_pages_there_is_no_cors(start_web: StartWeb) -> None:
    web = await start_web(allowed_origins=())
    answer = await web.ask("GET", "/api/system/health", headers={"Origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers


async def test_a_proxys_word_counts_for_the_throttle(start_web: StartWeb) -> None:
    web = await start_web(proxies=TrustedProxies(["127.0.0.1"]))
    for _ in range(7):
        await web.ask("GET", "/api/version", key="wrong-key-001", headers={"X-Forwarded-For": "203.0.113.9"})
    blocked = await web.ask("GET", "/api/version", headers={"X-Forwarded-For": "203.0.113.9"})
    assert blocked.status == 429
    assert (await web.ask("GET", "/api/version", headers={"X-Forwarded-For": "203.0.113.10"})).status == 200


async def test_where_only_proxies_may_call_this_machine_may_too(start_web: StartWeb) -> None:
    web = await start_web(proxies=TrustedProxies(["203.0.113.1"], is_alone=True))
    assert (await web.ask("GET", "/api/system/health")).status == 200
    application = web.server._listener._application  # type: ignore[union-attr]
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/api/system/health", "headers": [], "client": ("192.0.2.1", 1)}
    await application(scope | {"query_string": b""}, receive, send)
    assert sent[0]["status"] == 403


async def test_who_asks_too_often_waits_and_others_do_not(start_web: StartWeb) -> None:
    clock = ManualClock()
    proxies = TrustedProxies(["127.0.0.1"])
    web = await start_web(clock=clock, proxies=proxies, requests_burst=3, requests_per_second=0.5)
    eager, other = {"X-Forwarded-For": "203.0.113.9"}, {"X-Forwarded-For": "203.0.113.10"}
    answers = [await web.ask("GET", "/api/system/health", headers=eager) for _ in range(5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert (answers[-1].code, answers[-1].headers["retry-after"]) == ("rate_limited", "2")
    assert (await web.ask("GET", "/api/system/health", headers=other)).status == 200
    clock.advance(2)
    assert (await web.ask("GET", "/api/system/health", headers=eager)).status == 200


async def test_a_page_that_calls_by_a_foreign_name_is_refused(start_web: StartWeb) -> None:
    web = await start_web(allowed_hosts=("printer.example.com",))
    for host, status in (
        ("evil.example", 403),
        ("printer.example.com", 200),
        ("192.0.2.7:5000", 200),
        ("pi.local", 200),
    ):
        page = {"Host": host, "Origin": f"http://{host}"}
        assert (await web.ask("GET", "/api/system/health", headers=page)).status == status, host
    assert (await web.ask("GET", "/api/system/health", headers={"Host": "evil.example"})).status == 200
