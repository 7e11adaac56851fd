"""Past jobs over HTTP."""

from __future__ import annotations

import pytest

from tests.web.conftest import READER_KEY, Web


async def test_history_is_paged(web: Web) -> None:
    first = (await web.ask("GET", "/api/jobs?limit=1", key=READER_KEY)).json
    assert ([job["job"] for job in first["jobs"]], first["next"]) == (["2"], "2")
    assert [job["job"] for job in (await web.ask("GET", "/api/jobs?printer=ender3")).json["jobs"]] == ["2", "1"]


async def test_a_job_and_its_receipt_are_shown(web: Web) -> None:
    assert (await web.ask("GET", "/api/jobs/1")).json == {"job": {"job": "1", "printer": "voron"}}
    assert (await web.ask("GET", "/api/jobs/1/receipt")).json["receipt"]["outcome"] == "completed"
    for path in ("/api/jobs/9", "/api/jobs/2/receipt", "/api/jobs/%2e%2e", "/api/jobs/a%00b"):
        assert (await web.ask("GET", path)).code == "not_found"


@pytest.mark.parametrize("query", ["limit=0", "limit=501", "outcome=lost", "before=", "printer=nobody"])
async def test_a_wrong_query_is_refused(web: Web, query: str) -> None:
    assert (await web.ask("GET", f"/api/jobs?{query}")).code in ("invalid_message", "not_found")
