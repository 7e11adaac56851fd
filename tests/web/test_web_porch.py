"""Before a request comes in, and after its answer is made."""

from __future__ import annotations

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.web.porch import one_slash, request_id_from
from tests.web.conftest import KEY, PAGE, StartWeb, Web

STOP = "/api/operations/printer.emergency_stop"


@pytest.mark.parametrize("given", ["abc-1", "7f3a:9/x=+._-", "x" * 128])
def test_a_request_id_of_the_clients_is_kept(given: str) -> None:
    assert request_id_from(given) == given


@pytest.mark.parametrize("given", [None, "", "x" * 129, "a b", "a\nb", "ä", '"><script>'])
def test_what_is_no_request_id_is_replaced_by_one_of_ours(given: str | None) -> None:
    made = request_id_from(given)
    assert len(made) == 16 and made != given and made != request_id_from(given)


def test_a_double_slash_before_what_clients_ask_for_is_one() -> None:
    assert one_slash("//plugin/logging/logs") == "/plugin/logging/logs"
    assert one_slash("//printers/a/api//job") == "/printers/a/api//job"
    assert one_slash("//api/printer/bed") == "/api/printer/bed"
    assert one_slash("/printers/a//api/job") == "/printers/a/api/job"
    assert one_slash("//etc/passwd") == "//etc/passwd"


async def test_every_answer_carries_its_requests_id_and_the_log_knows_it(web: Web) -> None:
    answer = await web.ask("POST", STOP, headers={"X-Request-Id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert answer.headers["x-content-type-options"] == "nosniff"
    (entry,) = [entry for entry in web.log.entries if entry.fields.get("request_id") == "mine-1"]
    assert (entry.event, entry.fields["status"], entry.fields["path"]) == ("request answered", 200, STOP)
    refused = await web.ask("GET", "/nowhere?key=secret-key-001")
    assert len(refused.headers["x-request-id"]) == 16
    assert not any("secret-key-001" in str(entry.fields) for entry in web.log.entries)


async def test_an_emergency_stop_is_not_limited_and_others_are(start_web: StartWeb) -> None:
    web = await start_web(clock=ManualClock(), requests_burst=1, requests_per_second=0.01)
    assert [(await web.ask("GET", "/api/system/health")).status for _ in range(2)] == [200, 429]
    for name in ("emergency_stop", "cool_down"):
        for _ in range(5):
            assert (await web.ask("POST", f"/api/operations/printer.{name}")).status == 200
    assert (await web.ask("GET", STOP)).status == 429


async def test_an_emergency_stop_is_carried_out_on_the_way_down(web: Web) -> None:
    web.server.refuse()
    assert (await web.ask("POST", "/api/operations/printer.home")).status == 503
    assert (await web.ask("POST", STOP)).status == 200


async def test_an_emergency_stop_does_not_wait_for_failed_logins(start_web: StartWeb) -> None:
    web = await start_web(clock=ManualClock())
    for _ in range(20):
        await web.ask("GET", "/api/version", key="wrong-key-001")
    assert (await web.ask("GET", "/api/version")).status == 429
    assert (await web.ask("POST", STOP)).status == 200
    answers = [(await web.ask("POST", STOP, key="wrong-key-001")).status for _ in range(20)]
    assert answers.count(401) <= 10 and answers[-1] == 429  # who guesses tries once a second here, too


async def test_an_allowed_page_can_read_why_it_was_refused(start_web: StartWeb) -> None:
    web = await start_web(clock=ManualClock(), requests_burst=1, requests_per_second=0.01)
    answers = [await web.ask("GET", "/api/system/health", headers={"Origin": PAGE}) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 429]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "Retry-After" in answer.headers["access-control-expose-headers"]
    web.server.refuse()
    refused = await web.ask("GET", "/api/system/health", headers={"Origin": PAGE})
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (503, PAGE)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD"])
async def test_an_allowed_page_may_use_every_method_and_the_headers_we_know(web: Web, method: str) -> None:
    asks = {
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization, idempotency-key, if-none-match, range, x-request-id",
    }
    answer = await web.ask("OPTIONS", "/api/state", key=None, headers={"Origin": PAGE, **asks})
    assert answer.status == 200 and method in answer.headers["access-control-allow-methods"]


async def test_the_key_in_use_is_not_needed_for_the_porch_itself(web: Web) -> None:
    assert KEY not in str([entry.fields for entry in web.log.entries])
