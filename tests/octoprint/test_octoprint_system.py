from __future__ import annotations

from tests.octoprint.conftest import Octo
from tests.web.conftest import READER_KEY


async def test_what_the_host_can_do_is_listed(octo: Octo) -> None:
    listed = (await octo.ask("GET", "/api/system/commands")).json
    assert [command["action"] for command in listed["core"]] == ["restart"]
    assert listed["core"][0]["resource"] == "http://localhost/api/system/commands/core/restart"
    assert listed["custom"] == []
    assert (await octo.ask("GET", "/api/system/commands/core")).json == listed["core"]
    assert (await octo.ask("GET", "/api/system/commands/custom")).json == []
    assert (await octo.ask("GET", "/api/system/commands/plugin")).status == 404


async def test_a_command_is_carried_out_or_is_not_there(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/system/commands/core/restart")).status == 204
    assert (await octo.ask("POST", "/api/system/commands/core/shutdown")).status == 404
    assert (await octo.ask("POST", "/api/system/commands/core/dance")).status == 404
    assert (await octo.ask("POST", "/api/system/commands/custom/restart")).status == 404
    assert (await octo.ask("POST", "/api/system/commands/core/restart", key=READER_KEY)).status == 403
