from __future__ import annotations

import pytest

from tests.octoprint.conftest import Octo

PATHS = (
    "version",
    "server",
    "currentuser",
    "job",
    "printer",
    "printer/tool",
    "printer/bed",
    "printer/sd",
    "printer/error",
    "printer/command/custom",
    "connection",
    "printerprofiles",
    "settings",
    "files",
    "files/local",
    "files/sdcard",
    "system/commands",
    "languages",
    "timelapse",
    "slicing",
    "setup/wizard",
    "access/permissions",
    "access/groups",
    "access/users",
    "users",
)


@pytest.mark.parametrize("prefix", ["", "/printers/ender3"])
async def test_every_path_is_answered_at_both_addresses(octo: Octo, prefix: str) -> None:
    octo.connect()
    for path in PATHS:
        answer = await octo.ask("GET", f"{prefix}/api/{path}", headers={"Content-Type": "application/json"})
        assert answer.status == 200, (path, answer.body)
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/api/nothing", "/plugin/DisplayLayerProgress/values", "/api/plugin/x"])
async def test_what_is_not_there_is_a_clean_404(octo: Octo, path: str) -> None:
    answer = await octo.ask("GET", path)
    assert answer.status == 404
    assert "error" in answer.json
