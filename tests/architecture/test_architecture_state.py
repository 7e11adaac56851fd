"""Rule 5: no module-level mutable state, no singletons, no lookup by string; only the roof builds services.

What a module or a class body may hold: values that cannot change. A display or a call that makes a list, dict, set or the
like is allowed only if its annotation promises that nobody writes to it (`Mapping`, `Sequence`, `tuple`, `frozenset` …), or
if it is a dict in CAPITALS, a table, that the module itself never writes to. A call of a class of ours is allowed if that
class is frozen.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

import pytest

from tests.architecture.source_tree import Module, dotted_name, functions_of, house, module_from, sentences

MUTABLE_MAKERS = frozenset(
    {"list", "dict", "set", "bytearray", "deque", "defaultdict", "OrderedDict", "Counter", "ChainMap", "array"}
    | {"count", "cycle", "iter", "ContextVar", "local", "Lock", "RLock", "Event", "Condition", "Queue", "Semaphore"}
    | {"Random", "WeakValueDictionary", "WeakKeyDictionary", "WeakSet", "SimpleNamespace", "StringIO", "BytesIO"},
)
READ_ONLY = re.compile(
    r"^(Final\[|ClassVar\[)*(Mapping|Sequence|Collection|Iterable|AbstractSet|Set|tuple|frozenset)\b"
)
TABLE = re.compile(r"_?[A-Z][A-Z0-9_]*")
WRITERS = frozenset({"append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove"})
LOADERS = ("hydrogen/spooler_process.py", "hydrogen/fleet/plugins.py")
"""Where `module:attribute` of a driver becomes an object: in the spooler's process, and where the service reads manifests."""

ROOF = (
    "hydrogen/access.py",
    "hydrogen/app.py",
    "hydrogen/housekeeping.py",
    "hydrogen/config.py",
    "hydrogen/config_section.py",
    "hydrogen/config_websocket.py",
    "hydrogen/config_display.py",
    "hydrogen/config_machine.py",
    "hydrogen/config_driver.py",
    "hydrogen/config_sensor.py",
    "hydrogen/analyser_process.py",
    "hydrogen/cli/",
    "hydrogen/spooler_process.py",
    "hydrogen/__main__.py",
)


# ---------------------------------------------------------------------------------------------------- mutable state


def breaks_of_state(modules: Sequence[Module]) -> list[str]:
    mutable_classes = _mutable_classes(modules)
    return [broken for module in modules for broken in _breaks_of_state(module, mutable_classes)]


def _breaks_of_state(module: Module, mutable_classes: frozenset[str]) -> Iterator[str]:
    bodies: list[list[ast.stmt]] = [module.tree.body]
    bodies += [node.body for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    for body in bodies:
        for name, annotation, value in _assignments(body):
            made = _mutable_thing(value, mutable_classes)
            if made and not _is_promised(module, name, annotation, value):
                yield f"{module.at(value)}: {name} holds {made} for the whole process"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Global):
            yield f"{module.at(node)}: global {', '.join(node.names)}"


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, str, ast.expr]]:
    """Name, annotation and value of everything assigned there, also under `if` and `try`."""
    for statement in body:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                yield dotted_name(target), "", statement.value
        elif isinstance(statement, ast.AnnAssign) and statement.value is not None:
            yield dotted_name(statement.target), ast.unparse(statement.annotation), statement.value
        elif isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for part in ("body", "orelse", "finalbody"):
                yield from _assignments(getattr(statement, part, []))


def _mutable_thing(value: ast.expr, mutable_classes: frozenset[str]) -> str | None:
    if isinstance(value, ast.List | ast.ListComp):
        return "a list"
    if isinstance(value, ast.Dict | ast.DictComp):
        return "a dict"
    if isinstance(value, ast.Set | ast.SetComp):
        return "a set"
    if isinstance(value, ast.GeneratorExp):
        return "a generator"
    if isinstance(value, ast.Call):
        called = dotted_name(value.func).rpartition(".")[2]
        if called in MUTABLE_MAKERS:
            return f"a {called}"
        if called in mutable_classes:
            return f"a {called} (a singleton)"
    return None


def _is_promised(module: Module, name: str, annotation: str, value: ast.expr) -> bool:
    if name == "__all__" or READ_ONLY.search(annotation):
        return True
    is_table = TABLE.fullmatch(name) is not None and isinstance(value, ast.Dict | ast.DictComp)
    return is_table and bool(annotation) and not _is_written_to(module, name)


def _is_written_to(module: Module, name: str) -> bool:
    return any(dotted_name(written) == name for node in ast.walk(module.tree) if (written := _written_part(node)))


def _written_part(node: ast.AST) -> ast.expr | None:
    """What a node writes to: `a` of `a[1] = 2`, of `del a[1]`, of `a |= b` and of `a.update(b)`."""
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store | ast.Del):
        return node.value
    if isinstance(node, ast.AugAssign):
        return node.target
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITERS:
        return node.func.value
    return None


def _mutable_classes(modules: Sequence[Module]) -> frozenset[str]:
    """Names of our classes whose objects can change: all but frozen dataclasses, enums, named tuples, errors, models."""
    mutable, immutable = set[str](), {"Enum", "IntEnum", "StrEnum", "NamedTuple", "Exception", "Flag", "IntFlag"}
    classes = [node for module in modules for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)]
    for node in classes:
        frozen = any("frozen=True" in ast.unparse(decorator) for decorator in node.decorator_list)
        inherited = any(dotted_name(base).rpartition(".")[2] in immutable for base in node.bases)
        (immutable if frozen or inherited else mutable).add(node.name)
    return frozenset(mutable - immutable)


# ------------------------------------------------------------------------------------- lookups, building of services


def breaks_of_lookup(modules: Sequence[Module]) -> list[str]:
    breaks = []
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or module.path in LOADERS:
                continue
            called = dotted_name(node.func)
            is_constant = bool(node.args) and isinstance(node.args[0], ast.Constant)
            if called.rpartition(".")[2] in {"import_module", "__import__"} and not is_constant:
                breaks.append(f"{module.at(node)}: a module is looked up by a string")
            if called in {"eval", "exec", "globals"}:
                breaks.append(f"{module.at(node)}: {called}() looks things up by strings")
    return breaks


def breaks_of_building(modules: Sequence[Module]) -> list[str]:
    """Calls of a Service's class outside the roof (subclasses are found by name, through all modules)."""
    bases = {
        node.name: {dotted_name(base).rpartition(".")[2] for base in node.bases}
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    services = {"Service"}
    while more := {name for name, parents in bases.items() if parents & services} - services:
        services |= more
    return [
        f"{module.at(node)}: {dotted_name(node.func)} is a service; only the roof builds it"
        for module in modules
        if not module.path.startswith(ROOF)
        for function in functions_of(module)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] in services
    ]


# ------------------------------------------------------------------------------------------------------- the house


def test_no_module_and_no_class_holds_mutable_state() -> None:
    assert not (breaks := breaks_of_state(house())), sentences(breaks)


def test_nothing_is_looked_up_by_a_string_but_drivers() -> None:
    assert not (breaks := breaks_of_lookup(house())), sentences(breaks)


def test_only_the_roof_builds_services() -> None:
    assert not (breaks := breaks_of_building(house())), sentences(breaks)


# ----------------------------------------------------------------------------------------------- the rules can fail


@pytest.mark.parametrize(
    "text",
    [
        "cache = {}",
        "CACHE = {}",
        "CACHE: dict[str, int] = {}\ndef f():\n    CACHE['a'] = 1",
        "CACHE: dict[str, int] = {}\ndef f():\n    CACHE.update(a=1)",
        "CACHE: dict[str, int] = {}\ndef f():\n    del CACHE['a']",
        "NAMES = ['a']",
        "NAMES: list[str] = []",
        "SEEN: set[str] = set()",
        "import collections\nQUEUE = collections.deque()",
        "if True:\n    x = []",
        "try:\n    x = []\nfinally:\n    pass",
        "class A:\n    shared = []",
        "class A:\n    shared: ClassVar[dict[str, int]] = {}",
        "import asyncio\nLOCK = asyncio.Lock()",
        "from itertools import count\nids = count()",
        "x = 1\ndef f():\n    global x\n    x = 2",
        "class Bus:\n    pass\nBUS = Bus()",
    ],
)
def test_mutable_state_is_found(text: str) -> None:
    assert len(breaks_of_state([module_from("hydrogen/core/x.py", text)])) == 1


@pytest.mark.parametrize(
    "text",
    [
        "LIMITS: Mapping[str, int] = {'a': 1}",
        "TABLE: dict[str, int] = {'a': 1}",
        "NAMES: tuple[str, ...] = ('a',)\nOTHER = frozenset({'a'})\nP = MappingProxyType({'a': 1})\n__all__ = ['a']",
        "import re\nNAME = re.compile('a')",
        "@dataclass(frozen=True)\nclass Limits:\n    a: int = 1\nLIMITS = Limits()",
        "class Kind(StrEnum):\n    A = 'a'\nFIRST = Kind('a')",
        "def f():\n    x = []",
        "class A:\n    def f(self):\n        self.x = []",
    ],
)
def test_constants_are_not(text: str) -> None:
    assert breaks_of_state([module_from("hydrogen/core/x.py", text)]) == []


@pytest.mark.parametrize(
    "text", ["import_module(name)", "importlib.import_module(f'a.{b}')", "eval('1')", "globals()['a']"]
)
def test_a_lookup_by_string_is_found(text: str) -> None:
    assert len(breaks_of_lookup([module_from("hydrogen/core/x.py", text)])) == 1
    assert breaks_of_lookup([module_from("hydrogen/core/x.py", "import_module('json')")]) == []


def test_a_service_that_is_built_below_the_roof_is_found() -> None:
    service = module_from("hydrogen/fleet/fleet.py", "class Fleet(Service):\n    pass\nclass Navy(Fleet):\n    pass")
    builder = "def f():\n    return Navy()"
    assert len(breaks_of_building([service, module_from("hydrogen/operations/x.py", builder)])) == 1
    assert breaks_of_building([service, module_from("hydrogen/app.py", builder)]) == []
