"""The dashboard on the port of a whole house."""

from __future__ import annotations

from pathlib import Path

from hydrogen.webui.room import Dashboard
from tests.roof.house_in_process import house_in_process
from tests.support.http_peer import ask


async def test_the_page_is_open_to_everybody_and_not_part_of_the_documents(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        port = house.hydrogen._web.bound_port
        answer = await ask(port, "GET", "/")
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert (await ask(port, "GET", "/assets/none.js")).code == "not_found"


def test_its_endpoints_need_nobody_and_are_for_people(tmp_path: Path) -> None:
    endpoints = Dashboard(lambda: 5001, tmp_path).endpoints()
    assert [one.path for one in endpoints] == ["/", "/assets/{name}"]
    assert not any(one.scope or one.is_documented for one in endpoints)
