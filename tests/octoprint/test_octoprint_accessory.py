from __future__ import annotations

from tests.octoprint.conftest import Octo
from tests.web.conftest import READER_KEY


async def test_users_are_the_caller_and_nobody_else(octo: Octo) -> None:
    users = (await octo.ask("GET", "/api/access/users", key=READER_KEY)).json["users"]
    assert [user["name"] for user in users] == ["reader"]
    assert (await octo.ask("GET", "/api/users/reader", key=READER_KEY)).json["permissions"]
    assert (await octo.ask("GET", "/api/users/owner", key=READER_KEY)).status == 404


async def test_there_are_no_time_lapses_and_nothing_to_set_up(octo: Octo) -> None:
    assert (await octo.ask("GET", "/api/timelapse?unrendered=true")).json["files"] == []
    assert (await octo.ask("GET", "/setup/wizard")).json == {}
    assert (await octo.ask("GET", "/api/slicing")).json == {}


async def test_there_are_no_log_files_and_nothing_to_say_of_the_start(octo: Octo) -> None:
    for path in ("/plugin/logging/logs", "/api/logs"):
        assert (await octo.ask("GET", path)).json["files"] == []
    assert (await octo.ask("GET", "/api/system/startup")).json == {"startup": {}}
    usage = (await octo.ask("GET", "/api/system/usage")).json["usage"]
    assert 0 < usage["uploads"]["free"] <= usage["data"]["total"]
    assert (await octo.ask("GET", "/api/users/reader/settings", key=READER_KEY)).json == {}
    assert (await octo.ask("GET", "/api/users/owner/settings", key=READER_KEY)).status == 404


async def test_permissions_and_groups_name_what_is_needed(octo: Octo) -> None:
    permissions = (await octo.ask("GET", "/api/access/permissions")).json["permissions"]
    assert {"STATUS", "PRINT", "ADMIN"} <= {permission["key"] for permission in permissions}
    groups = (await octo.ask("GET", "/api/access/groups")).json["groups"]
    assert [group["key"] for group in groups] == ["admins", "users", "readonly"]


async def test_the_callers_address_is_told(octo: Octo) -> None:
    told = (await octo.ask("POST", "/api/util/test", {"command": "address"})).json
    assert told == {"address": "127.0.0.1", "is_lan_address": True}
    assert (await octo.ask("POST", "/api/util/test", {"command": "path", "path": "/etc"})).status == 400
    assert (await octo.ask("POST", "/api/util/test", {"command": "address"}, key=READER_KEY)).status == 403
