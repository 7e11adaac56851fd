"""Adding and removing printers, as clients ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.operations.printer_setup import printer_setup_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import OWNER, WillingFleet

NARROW = Principal(name="bob", scopes=frozenset({"read", "admin"}), printers=frozenset({"ender3"}))
READER = Principal(name="eve", scopes=frozenset({"read", "control"}))


class Shelf:
    def __init__(self) -> None:
        self.tables: dict[str, Mapping[str, Any]] = {}

    async def added(self) -> Mapping[str, Mapping[str, Any]]:
        return self.tables

    async def add(self, name: str, table: Mapping[str, Any]) -> None:
        self.tables[name] = table

    async def remove(self, name: str) -> None:
        del self.tables[name]


class House:
    def __init__(self) -> None:
        self.shelf = Shelf()
        operations = printer_setup_operations(self.shelf)
        self._registry = Registry(operations, fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))

    async def ask(self, name: str, who: Principal = OWNER, /, **params: Any) -> Mapping[str, Any]:
        return await self._registry.execute(who, f"printer.{name}", None, params)


async def test_a_printer_is_added_listed_and_removed() -> None:
    house = House()
    told = await house.ask("add", name="mk3", port="usb:2c99:0002:X", baud=115200, size_mm=[250, 210, 210])
    assert told == {
        "name": "mk3",
        "driver": "marlin",
        "port": "usb:2c99:0002:X",
        "baud": 115200,
        "size_mm": [250.0, 210.0, 210.0],
    }
    assert house.shelf.tables["mk3"] == {
        "driver": "marlin",
        "port": "usb:2c99:0002:X",
        "baud": 115200,
        "machine": {"size_x_mm": 250.0, "size_y_mm": 210.0, "size_z_mm": 210.0},
    }
    assert await house.ask("added") == {"printers": [told]}
    assert await house.ask("remove", name="mk3") == {"name": "mk3"}
    assert await house.ask("added") == {"printers": []}


async def test_what_is_not_said_is_left_to_the_configuration() -> None:
    house = House()
    told = await house.ask("add", name="sim", port="virtual:")
    assert house.shelf.tables["sim"] == {"driver": "marlin", "port": "virtual:"}
    assert (told["baud"], told["size_mm"]) == (None, None)


async def test_a_table_that_a_person_has_changed_is_shown_as_far_as_it_goes() -> None:
    house = House()
    house.shelf.tables["mk3"] = {"port": "/dev/x", "machine": {"size_x_mm": 1.0}, "baud": "auto"}
    assert await house.ask("added") == {
        "printers": [{"name": "mk3", "driver": "marlin", "port": "/dev/x", "baud": "auto", "size_mm": None}]
    }


@pytest.mark.parametrize("who", [NARROW, READER])
async def test_only_who_may_administer_all_printers_adds_or_removes(who: Principal) -> None:
    house = House()
    house.shelf.tables["mk3"] = {"port": "/dev/x"}
    with pytest.raises(Forbidden):
        await house.ask("add", who, name="sim", port="virtual:")
    with pytest.raises(Forbidden):
        await house.ask("remove", who, name="mk3")
    with pytest.raises(Forbidden):
        await house.ask("added", who)
    assert list(house.shelf.tables) == ["mk3"]


@pytest.mark.parametrize(
    "params",
    [
        {"name": "", "port": "virtual:"},
        {"name": "x" * 33, "port": "virtual:"},
        {"name": "x", "port": ""},
        {"name": "x", "port": "virtual:", "size_mm": [1.0, 2.0]},
        {"name": "x", "port": "virtual:", "size_mm": [1.0, 2.0, 0.0]},
        {"name": "x", "port": "virtual:", "baud": "115200"},
        {"name": "x", "port": "virtual:", "power": {"off_command": ["rm"]}},
    ],
)
async def test_nothing_else_can_be_told_of_a_printer(params: dict[str, Any]) -> None:
    house = House()
    with pytest.raises(InvalidMessage):
        await house.ask("add", **params)
    assert house.shelf.tables == {}
