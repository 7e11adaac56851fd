"""Rule 3: `model/`, `gcode/` and the simulators' `firmware/` are pure: time and chance come in as arguments."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.architecture.source_tree import Module, house, imports_of, module_from, sentences

PURE = ("hydrogen/model/", "hydrogen/errors.py", "hydrogen/gcode/", "hydrogen_simulators/firmware/")

IMPURE = frozenset(
    {"asyncio", "time", "random", "logging", "structlog", "socket", "serial", "serial_asyncio"}
    | {"threading", "subprocess", "select", "selectors", "signal", "secrets", "multiprocessing"},
)


def breaks_of_purity(modules: Sequence[Module]) -> list[str]:
    return [
        f"{imported.where}: {imported.target} does not belong into a pure module"
        for module in modules
        if module.path.startswith(PURE)
        for imported in imports_of(module)
        if imported.package in IMPURE
    ]


def test_pure_modules_import_nothing_impure() -> None:
    assert not (breaks := breaks_of_purity(house())), sentences(breaks)


@pytest.mark.parametrize("text", ["import asyncio", "from time import monotonic", "def f():\n    import random"])
@pytest.mark.parametrize("path", ["hydrogen/model/x.py", "hydrogen/gcode/x.py", "hydrogen_simulators/firmware/x.py"])
def test_an_impure_import_is_found(path: str, text: str) -> None:
    assert len(breaks_of_purity([module_from(path, text)])) == 1


def test_other_floors_may_be_impure() -> None:
    assert breaks_of_purity([module_from("hydrogen/core/x.py", "import asyncio")]) == []
