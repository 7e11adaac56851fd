"""Keys as administrators handle them: listed without secrets, never wider than who makes them, gone at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from hydrogen.auth.key_store import KeyStore
from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict, Forbidden, InvalidMessage, NotFound
from hydrogen.operations.key import key_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import OWNER, WillingFleet

NARROW = Principal(name="bob", scopes=frozenset({"read", "admin"}), printers=frozenset({"ender3"}))


class House:
    """A registry over a store; `told` counts how often the house was told of a change."""

    def __init__(self, folder: Path) -> None:
        self.store = KeyStore(folder)
        self.told = 0
        clock = ManualClock(wall=1_800_000_000.0)
        operations = key_operations(self.store, on_changed=self._changed, wall=clock.wall)
        self._registry = Registry(operations, fleet=WillingFleet(), repeats=RepeatMemory(clock=clock))

    async def _changed(self) -> None:
        self.told += 1

    async def ask(self, name: str, who: Principal = OWNER, /, **params: Any) -> Mapping[str, Any]:
        return await self._registry.execute(who, f"key.{name}", None, params)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


async def test_a_key_is_told_once_listed_without_itself_and_revoked(house: House) -> None:
    made = await house.ask("create", name="panel", scopes=["read"], expires_at="2100-01-01T00:00:00Z")
    assert made["key"].startswith("hyd_") and house.told == 1
    (shown,) = (await house.ask("list"))["keys"]
    assert shown == {name: value for name, value in made.items() if name != "key"}
    assert (shown["name"], shown["scopes"], shown["printers"]) == ("panel", ["read"], None)
    assert shown["expires_at"].startswith("2100-01-01")
    assert await house.ask("revoke", id=shown["id"]) == {"id": shown["id"], "name": "panel"}
    assert (await house.ask("list"))["keys"] == [] and house.told == 2


async def test_nobody_gives_or_takes_what_he_has_not(house: House) -> None:
    whole = await house.ask("create", name="all", scopes=["read", "print"])
    with pytest.raises(Forbidden, match="print"):
        await house.ask("create", NARROW, name="x", scopes=["print"])
    with pytest.raises(Forbidden, match="prusa"):
        await house.ask("create", NARROW, name="x", scopes=["read"], printers=["prusa"])
    with pytest.raises(Forbidden):
        await house.ask("revoke", NARROW, id=whole["id"])
    made = await house.ask("create", NARROW, name="x", scopes=["read"])
    assert made["printers"] == ["ender3"]


async def test_only_administrators_see_them(house: House) -> None:
    reader = Principal(name="panel", scopes=frozenset({"read", "control"}))
    for name, params in (("list", {}), ("create", {"name": "x", "scopes": ["read"]}), ("revoke", {"id": "x"})):
        with pytest.raises(Forbidden):
            await house.ask(name, reader, **params)


async def test_what_makes_no_sense_is_refused(house: House) -> None:
    await house.ask("create", name="panel", scopes=["read"])
    refusals: list[tuple[str, dict[str, Any], type[Exception]]] = [
        ("create", {"name": "panel", "scopes": ["read"]}, Conflict),
        ("create", {"name": "<b>", "scopes": ["read"]}, InvalidMessage),
        ("create", {"name": "x", "scopes": []}, InvalidMessage),
        ("create", {"name": "x", "scopes": ["root"]}, InvalidMessage),
        ("create", {"name": "x", "scopes": ["read"], "expires_at": "tomorrow"}, InvalidMessage),
        ("create", {"name": "x", "scopes": ["read"], "expires_at": "2001-01-01T00:00:00Z"}, InvalidMessage),
        ("revoke", {"id": "panel"}, NotFound),
    ]
    for name, params, refusal in refusals:
        with pytest.raises(refusal):
            await house.ask(name, **params)
    assert len((await house.ask("list"))["keys"]) == 1
