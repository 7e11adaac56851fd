"""A key for one printer cannot touch, see or stop another one: by every operation, on every surface."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.principal import SCOPES
from hydrogen.client.connection import connect
from hydrogen.client.frame import Snapshot
from hydrogen.errors import Forbidden, HydrogenError
from hydrogen.operations.operation import Operation
from tests.roof.house_in_process import InProcessHouse, house_in_process
from tests.support.http_peer import Answer, ask

MINE, THEIRS = "ender3", "voron"

PARAMS: Mapping[str, Mapping[str, object]] = {
    "printer.send_gcode": {"lines": ["M114"]},
    "printer.set_temperature": {"heater": "bed", "target_celsius": 50.0},
    "printer.set_feedrate": {"percent": 100},
    "printer.set_flow": {"percent": 100},
    "printer.set_fan": {"percent": 0},
    "printer.select_tool": {"tool": 0},
    "printer.jog": {"x_mm": 1.0},
    "printer.move": {"x_mm": 1.0},
    "printer.extrude": {"length_mm": 1.0},
    "job.start": {"file": "part.gcode"},
    "job.recovery_plan": {"job": "01"},
    "job.recover": {"job": "01", "plan_digest": "0" * 64},
    "job.discard_recovery": {"job": "01"},
}
"""Where what must be said cannot be guessed from the schema."""

FACES = (
    ("GET", "/api/printer", None),
    ("GET", "/api/printer/tool", None),
    ("GET", "/api/job", None),
    ("GET", "/api/connection", None),
    ("GET", "/api/settings", None),
    ("POST", "/api/connection", {"command": "connect"}),
    ("POST", "/api/connection", {"command": "disconnect"}),
    ("POST", "/api/job", {"command": "cancel"}),
    ("POST", "/api/printer/command", {"command": "M112"}),
    ("POST", "/api/printer/printhead", {"command": "home", "axes": ["x"]}),
    ("POST", "/api/printer/tool", {"command": "target", "targets": {"tool0": 200}}),
    ("POST", "/api/printer/bed", {"command": "target", "target": 60}),
)
"""OctoPrint's ways to look at a printer and to do something with it."""


def params_for(operation: Operation) -> Mapping[str, object]:
    """Something that the operation could be asked: rights are looked at behind the parameters."""
    if operation.name in PARAMS:
        return PARAMS[operation.name]
    schema = operation.params.model_json_schema()
    return {name: _value_for(schema["properties"][name]) for name in schema.get("required", ())}


def _value_for(field: Mapping[str, object]) -> object:
    match field.get("type"):
        case "integer" | "number":
            return field.get("minimum", 1)
        case "boolean":
            return True
        case _:
            return "1" * max(int(str(field.get("minLength", 1))), 1)


@dataclass
class Guest:
    """Everything that a key may, on one of two printers."""

    house: InProcessHouse
    key: str

    async def ask(self, method: str, path: str, body: object = None, header: str = "X-Api-Key") -> Answer:
        return await ask(self.house.web_port, method, path, headers={header: self.key}, body=body)

    async def operate(self, name: str, printer: str | None) -> Answer:
        headers = {"Authorization": f"Key {self.key}"}
        body = {"printer": printer, "params": params_for(self.house.hydrogen.registry.get(name))}
        return await ask(self.house.web_port, "POST", f"/api/operations/{name}", headers=headers, body=body)


@pytest.fixture
async def guest(tmp_path: Path) -> AsyncIterator[Guest]:
    ports = {name: tmp_path / f"tty-{name}" for name in (MINE, THEIRS)}
    (tmp_path / "data").mkdir()
    made, _ = KeyStore(tmp_path / "data").create(
        "guest", scopes=SCOPES, printers=frozenset({MINE}), created_at=1_700_000_000.0
    )
    limits = {"websocket": {"commands_per_second": 1000, "commands_burst": 1000}}
    async with house_in_process(tmp_path, ports, tables=limits) as house:
        yield Guest(house, made.key)


async def test_no_operation_reaches_the_other_printer(guest: Guest) -> None:
    registry = guest.house.hydrogen.registry
    operations = [operation for name in registry.names if (operation := registry.get(name)).needs_printer]
    assert len(operations) > 20
    async with connect(guest.house.find_address().url, key=guest.key) as connection:
        for operation in operations:
            with pytest.raises(Forbidden):
                await connection.command(operation.name, THEIRS, params_for(operation))
            answer = await guest.operate(operation.name, THEIRS)
            assert (answer.status, answer.code) == (403, "forbidden"), operation.name


async def test_what_needs_no_printer_reaches_only_ones_own(guest: Guest) -> None:
    for name in (MINE, THEIRS):
        answer = await guest.operate("printer.emergency_stop", name)
        assert (answer.status == 403) is (name == THEIRS)
    answer = await guest.operate("printer.emergency_stop", None)
    assert THEIRS not in answer.body.decode()
    assert (
        MINE in answer.body.decode() or answer.code == "conflict"
    )  # its own printer is away, and may be being looked for


async def test_the_other_printer_is_not_seen(guest: Guest) -> None:
    async with connect(guest.house.find_address().url, key=guest.key) as connection:
        async with asyncio.timeout(20):
            async for told in connection.events():
                assert isinstance(told, Snapshot)
                assert set(told.state.printers) == {MINE}
                break
        with pytest.raises(HydrogenError):
            await connection.subscribe(printers=[THEIRS])
    for path in ("/api/printers", "/api/system/info", "/metrics"):
        assert THEIRS not in (await guest.ask("GET", path)).body.decode(), path


async def test_octoprints_prefix_of_the_other_printer_is_shut(guest: Guest) -> None:
    for method, path, body in FACES:
        answer = await guest.ask(method, f"/printers/{THEIRS}{path}", body)
        assert answer.status == 403, path
        assert (await guest.ask(method, f"/printers/{MINE}{path}", body)).status != 403, path
