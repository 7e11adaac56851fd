"""Rule 6: only `core/context.py` reduces, only `core/clock.py` reads a clock."""

from __future__ import annotations

import ast
from collections.abc import Sequence

import pytest

from tests.architecture.source_tree import Module, dotted_name, house, imports_of, module_from, sentences

REDUCE = "hydrogen.model.reduce"
CLOCKS = (
    "hydrogen/core/clock.py",
    "hydrogen_simulators/endpoints/",
    "hydrogen_simulators/pytest_plugin.py",
    "hydrogen_simulators/service_process.py",
    "hydrogen_simulators/__main__.py",
)
"""The simulators share no code with the host, so they cannot take its clock: there the shell reads real time and passes it
into a machine that knows none."""

READINGS = frozenset(
    {"time", "monotonic", "perf_counter", "process_time", "thread_time", "clock_gettime", "localtime", "gmtime"}
    | {"time_ns", "monotonic_ns", "perf_counter_ns", "process_time_ns", "thread_time_ns", "clock_gettime_ns", "ctime"},
)
MOMENTS = frozenset({"datetime.now", "datetime.utcnow", "datetime.today", "date.today"})


def breaks_of_reducing(modules: Sequence[Module]) -> list[str]:
    """Who imports the house's `reduce`; `reduce_printer` is for the spooler too, which keeps its own printer's state."""
    breaks = []
    for module in modules:
        for imported in imports_of(module):
            if not imported.target.startswith(REDUCE) or module.path == "hydrogen/core/context.py":
                continue
            if imported.target == f"{REDUCE}.reduce_printer" and module.path.startswith("hydrogen/spooler/"):
                continue
            breaks.append(f"{imported.where}: only core/context.py reduces ({imported.target})")
    return breaks


def breaks_of_clocks(modules: Sequence[Module]) -> list[str]:
    return [
        f"{module.at(node)}: {reading} reads a clock; take a Clock in the constructor"
        for module in modules
        if not module.path.startswith(CLOCKS)
        for node in ast.walk(module.tree)
        if (reading := _reading(node))
    ]


def _reading(node: ast.AST) -> str | None:
    if isinstance(node, ast.ImportFrom) and node.module == "time":
        taken = [alias.name for alias in node.names if alias.name in READINGS or alias.name == "*"]
        return f"from time import {', '.join(taken)}" if taken else None
    if isinstance(node, ast.Attribute):
        name = dotted_name(node)
        owner, _, reading = name.rpartition(".")
        if (owner == "time" and reading in READINGS) or ".".join(name.split(".")[-2:]) in MOMENTS:
            return name
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "time":
        # `anything.time()` without arguments: a loop's clock (`datetime.time()` of a moment is not needed anywhere).
        return f"{ast.unparse(node.func)}()" if not node.args and dotted_name(node.func) != "time.time" else None
    return None


def test_only_the_context_reduces() -> None:
    assert not (breaks := breaks_of_reducing(house())), sentences(breaks)


def test_only_the_clock_reads_a_clock() -> None:
    assert not (breaks := breaks_of_clocks(house())), sentences(breaks)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/fleet/x.py", "from hydrogen.model.reduce import reduce"),
        ("hydrogen/fleet/x.py", "from hydrogen.model.reduce import reduce_printer"),
        ("hydrogen/fleet/x.py", "from hydrogen.model import reduce"),
        ("hydrogen/fleet/x.py", "import hydrogen.model.reduce as r"),
        ("hydrogen/spooler/x.py", "from hydrogen.model.reduce import reduce"),
    ],
)
def test_a_second_reducer_is_found(path: str, text: str) -> None:
    assert len(breaks_of_reducing([module_from(path, text)])) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("hydrogen/core/context.py", "from hydrogen.model.reduce import reduce"),
        ("hydrogen/spooler/x.py", "from hydrogen.model.reduce import reduce_printer"),
        ("hydrogen/fleet/x.py", "from functools import reduce"),
    ],
)
def test_the_reducers_that_may_be_are_not(path: str, text: str) -> None:
    assert breaks_of_reducing([module_from(path, text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "import time\nx = time.time()",
        "import time\ndef f(now=time.monotonic): ...",
        "from time import perf_counter",
        "from time import sleep, monotonic_ns",
        "loop = asyncio.get_running_loop()\nx = loop.time()",
        "x = asyncio.get_running_loop().time()",
        "x = self._loop.time()",
        "from datetime import datetime\nx = datetime.now(UTC)",
        "import datetime\nx = datetime.datetime.utcnow()",
        "x = date.today()",
    ],
)
@pytest.mark.parametrize(
    "path", ["hydrogen/fleet/x.py", "hydrogen_drivers/marlin/x.py", "hydrogen_simulators/clock.py"]
)
def test_a_second_clock_is_found(path: str, text: str) -> None:
    assert len(breaks_of_clocks([module_from(path, text)])) == 1


@pytest.mark.parametrize(
    "text", ["import time\ntime.sleep(1)", "x = clock.monotonic()", "x = datetime.fromtimestamp(5, UTC)"]
)
def test_what_reads_no_clock_is_not(text: str) -> None:
    assert breaks_of_clocks([module_from("hydrogen/fleet/x.py", text)]) == []
    assert breaks_of_clocks([module_from("hydrogen/core/clock.py", "import time\nx = time.time()")]) == []
