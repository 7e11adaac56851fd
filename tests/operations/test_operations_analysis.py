"""What is known of files, as operations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.errors import Forbidden, InvalidMessage
from hydrogen.operations.analysis import analysis_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import WillingFleet

READER = Principal(name="reader", scopes=frozenset({"read"}))


class EchoDesk:
    """Answers with what it was asked."""

    async def info(self, path: str, printer: str | None) -> Mapping[str, Any]:
        return {"info": path, "printer": printer}

    async def analyse(self, path: str, printer: str | None) -> Mapping[str, Any]:
        return {"analyse": path}

    async def layer(self, path: str, number: int, printer: str | None) -> Mapping[str, Any]:
        return {"layer": number, "of": path}


@pytest.fixture
def registry() -> Registry:
    return Registry(analysis_operations(EchoDesk()), fleet=WillingFleet(), repeats=RepeatMemory(clock=ManualClock()))


async def test_a_reader_is_told_of_a_file_and_its_layers(registry: Registry) -> None:
    assert await registry.execute(READER, "file.info", "ender3", {"file": "a.gcode"}) == {
        "info": "a.gcode",
        "printer": "ender3",
    }
    assert (await registry.execute(READER, "file.info", None, {"file": "a.gcode"}))["printer"] is None
    assert await registry.execute(READER, "file.layer", None, {"file": "a", "layer": 3}) == {"layer": 3, "of": "a"}


async def test_only_who_may_change_files_has_them_analysed_anew(registry: Registry) -> None:
    with pytest.raises(Forbidden):
        await registry.execute(READER, "file.analyse", None, {"file": "a.gcode"})
    keeper = Principal(name="keeper", scopes=frozenset({"read", "files"}))
    assert await registry.execute(keeper, "file.analyse", None, {"file": "a.gcode"}) == {"analyse": "a.gcode"}


@pytest.mark.parametrize(
    "params", [{}, {"file": ""}, {"file": "a", "layer": 0}, {"file": "a", "layer": "1"}, {"layer": 1}]
)
async def test_what_does_not_fit_is_refused(registry: Registry, params: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage):
        await registry.execute(READER, "file.layer", None, params)
