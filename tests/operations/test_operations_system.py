"""Operations on the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hydrogen.auth.principal import Principal
from hydrogen.operations.system import system_operations
from tests.operations.fleet import call


class FixedStatus:
    def build(self, *, is_long: bool) -> Mapping[str, Any]:
        return {"is_long": is_long}


async def test_status_is_the_builders_and_its_long_part_needs_its_scope() -> None:
    [status] = system_operations(FixedStatus())
    assert await call(status, printer=None) == {"is_long": True}
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    assert await call(status, printer=None, principal=reader) == {"is_long": False}
