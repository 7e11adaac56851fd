"""What a real house answers to operations is what its documents say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hydrogen.cli.client import connected
from tests.integration.test_analysed_files import TEXT
from tests.operations.test_operations_result import validator_of
from tests.roof.house_in_process import house_in_process
from tests.support.waiting import wait_until_answered

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.json"


@pytest.mark.timeout(240)
async def test_answers_about_files_and_the_system_are_as_described(tmp_path: Path) -> None:
    # The printer is never there: what is known of it is known to the house alone.
    tables = {"server": {"environment": "development"}}
    printers = {"bench": tmp_path / "ttyNOTHING"}
    async with house_in_process(tmp_path, printers, tables=tables) as house, connected(house.find_address()) as client:

        async def ask(name: str, printer: str | None = None, /, **params: Any) -> Any:
            result = await client.command(name, printer, params)
            validator_of(name).validate(result)
            return result

        source = tmp_path / "a.gcode"
        source.write_bytes(TEXT)
        await house.hydrogen._files.add(source, "a.gcode")

        async def is_analysed() -> bool:
            return bool((await ask("file.info", "bench", file="a.gcode"))["state"] == "ready")

        await wait_until_answered(is_analysed, 200.0)
        await ask("file.layer", "bench", file="a.gcode", layer=2)
        await ask("file.analyse", "bench", file="a.gcode")
        await ask("file.list")
        await ask("file.make_folder", folder="sub")
        await ask("file.copy", file="a.gcode", to="sub/b.gcode")
        await ask("file.move", file="sub/b.gcode", to="sub/c.gcode")
        assert (await ask("file.move_folder", folder="sub", to="other"))["files"] == 1
        await ask("file.delete", file="a.gcode")
        assert (await ask("file.delete_folder", folder="other", recursive=True))["files"] == 1
        await ask("temperature.history", "bench")
        await ask("system.status")
        await ask("system.actions")
        await ask("system.logs")
        await ask("system.retention")
        await ask("appkey.list")
        await ask("port.list")
        await ask("sensor.list")
        await ask("key.list")
        await ask("audit.list")
        await ask("system.diagnose")
        await ask("printer.profile", "bench")
        await ask("printer.added")  # adding and removing begins the service anew: test_added_printers.py
        made = await ask("key.create", name="another", scopes=["read"])
        await ask("key.revoke", id=made["id"])


def test_every_operation_says_what_it_answers() -> None:
    paths = json.loads(OPENAPI.read_text())["paths"]
    silent = [
        path
        for path, methods in paths.items()
        if path.startswith("/api/operations/") and "post" in methods
        for schema in [methods["post"]["responses"]["200"]["content"]["application/json"]["schema"]]
        if "properties" not in schema["properties"]["result"] and "$ref" not in schema["properties"]["result"]
    ]
    assert silent == []
