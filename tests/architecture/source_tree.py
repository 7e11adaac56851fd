"""The house as source: every module of the three packages, parsed, with its imports resolved.

The rules are functions from modules to a list of sentences, one for each break; a test wants that list empty, and another
test feeds each rule a small bad module to prove that it can fail.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]

PACKAGES: dict[str, Path] = {
    "hydrogen": ROOT / "hydrogen",
    "hydrogen_drivers": ROOT / "drivers" / "hydrogen_drivers",
    "hydrogen_simulators": ROOT / "simulators" / "hydrogen_simulators",
}


@dataclass(frozen=True)
class Module:
    """name: dotted, as imported. path: `hydrogen/core/bus.py`, whatever folder the package lies in. tree: parsed."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def is_package(self) -> bool:
        return self.path.endswith("__init__.py")

    def at(self, node: ast.AST) -> str:
        return f"{self.path}:{getattr(node, 'lineno', 0)}"


@dataclass(frozen=True)
class Import:
    """`target` is the dotted name that is imported: a module, or something in one."""

    module: Module
    target: str
    node: ast.stmt

    @property
    def package(self) -> str:
        return self.target.partition(".")[0]

    @property
    def where(self) -> str:
        return self.module.at(self.node)


def module_from(path: str, text: str) -> Module:
    """A module as if it stood at `path` (`hydrogen/core/bus.py`)."""
    name = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    return Module(name, path, text, parsed(text, path))


def parsed(text: str, path: str = "<text>") -> ast.Module:
    """The syntax tree, made while nothing else runs.

    CPython 3.11 counts the depth of all trees that are being made in one place. If garbage is collected in the middle, and what
    ends there parses something itself (a traceback that is written for an exception in a `__del__` does), the count is wrong,
    and the parser raises `SystemError: AST constructor recursion depth mismatch`: an accident of other tests' garbage. Without
    collections it also takes a quarter of the time.
    """
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(text, path)
    finally:
        if is_collecting:
            gc.enable()


@cache
def house() -> tuple[Module, ...]:
    """All modules as they are on disk."""
    return tuple(
        module_from(f"{package}/{file.relative_to(folder).as_posix()}", file.read_text("utf-8"))
        for package, folder in PACKAGES.items()
        for file in sorted(folder.rglob("*.py"))
    )


def imports_of(module: Module) -> list[Import]:
    """Every import, wherever it stands: in functions and under TYPE_CHECKING too. `from a import b` imports `a.b`."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found += [Import(module, alias.name, node) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = _base_of(module, node)
            found += [Import(module, f"{base}.{alias.name}", node) for alias in node.names]
    return found


def _base_of(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    parts = parts[: len(parts) - node.level + (1 if module.is_package else 0)]
    return ".".join([*parts, node.module] if node.module else parts)


def functions_of(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted_name(node: ast.AST) -> str:
    """`time.monotonic` for such an expression; for anything else its last part with a dot before it."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted_name(node.value)}.{node.attr}"
    return ""


def sentences(breaks: Sequence[str]) -> str:
    return f"{len(breaks)} break(s) of the rule:\n  " + "\n  ".join(breaks)
