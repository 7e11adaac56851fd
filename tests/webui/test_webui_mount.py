"""The dashboard on the port of a whole house."""

from __future__ import annotations

from pathlib import Path

from tests.roof.house_in_process import KEY, house_in_process
from tests.support.http_peer import ask


async def test_the_page_is_open_to_everybody_and_not_part_of_the_documents(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        port = house.hydrogen._web.bound_port
        answer = await ask(port, "GET", "/")
        assert answer.status == 200 and answer.headers["content-type"].startswith("text/html")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert (await ask(port, "GET", "/assets/none.js")).code == "not_found"
        documents = (await ask(port, "GET", "/openapi.json", headers={"Authorization": f"Key {KEY}"})).json
        assert not {"/", "/assets/{name}"} & set(documents["paths"])
