"""Operations on the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import Conflict
from hydrogen.operations.system import host_operations, system_operations
from tests.operations.fleet import call, named


class FixedStatus:
    def build(self, *, is_long: bool) -> Mapping[str, Any]:
        return {"is_long": is_long}


class Hands:
    actions = ("restart", "shutdown")

    def __init__(self) -> None:
        self.done: list[str] = []

    async def perform(self, action: str) -> None:
        self.done.append(action)


async def test_what_would_lose_a_job_is_refused_while_there_is_one() -> None:
    hands, printing = Hands(), ["bench"]
    operations = host_operations(hands, lambda: printing)
    assert await call(named(operations, "system.actions"), printer=None) == {"actions": ["restart", "shutdown"]}
    await call(named(operations, "system.restart"), printer=None)
    with pytest.raises(Conflict, match="bench"):
        await call(named(operations, "system.shutdown"), printer=None)
    assert hands.done == ["restart"]
    printing.clear()
    await call(named(operations, "system.shutdown"), printer=None)
    await call(named(operations, "system.reboot"), printer=None)
    assert hands.done == ["restart", "shutdown", "reboot"]
    assert {operation.scope for operation in operations} == {"read", "admin"}


async def test_status_is_the_builders_and_its_long_part_needs_its_scope() -> None:
    [status] = system_operations(FixedStatus())
    assert await call(status, printer=None) == {"is_long": True}
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    assert await call(status, printer=None, principal=reader) == {"is_long": False}
