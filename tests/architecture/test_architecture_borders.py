"""Rule 7: everything is caught at three borders only: supervisor, dispatcher, bus."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TypeGuard

import pytest

from tests.architecture.source_tree import Module, dotted_name, house, module_from, sentences

BORDERS = ("hydrogen/core/supervisor.py", "hydrogen/core/bus.py", "hydrogen/websocket/dispatch.py")
EVERYTHING = frozenset({"Exception", "BaseException"})


def breaks_of_borders(modules: Sequence[Module]) -> list[str]:
    return [broken for module in modules if module.path not in BORDERS for broken in _breaks(module)]


def _breaks(module: Module) -> Iterator[str]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and _catches_everything(node.type) and not _passes_on(node):
            yield f"{module.at(node)}: catches everything; catch what you expect"
        if _is_call_of(node, "suppress") and any(_catches_everything(argument) for argument in node.args):
            yield f"{module.at(node)}: suppresses everything; name what you expect"


def _is_call_of(node: ast.AST, name: str) -> TypeGuard[ast.Call]:
    return isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] == name


def _catches_everything(caught: ast.expr | None) -> bool:
    if caught is None:
        return True
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(dotted_name(kind).rpartition(".")[2] in EVERYTHING for kind in kinds)


def _passes_on(handler: ast.ExceptHandler) -> bool:
    """Cleaning up and raising the same again swallows nothing."""
    last = handler.body[-1]
    leaves = any(isinstance(node, ast.Return | ast.Break | ast.Continue) for node in ast.walk(handler))
    return isinstance(last, ast.Raise) and last.exc is None and not leaves


def test_everything_is_caught_at_the_borders_only() -> None:
    assert not (breaks := breaks_of_borders(house())), sentences(breaks)


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept Exception:\n    pass",
        "try:\n    f()\nexcept:\n    pass",
        "try:\n    f()\nexcept BaseException as error:\n    log(error)",
        "try:\n    f()\nexcept (OSError, Exception):\n    pass",
        "try:\n    f()\nexcept builtins.Exception:\n    pass",
        "try:\n    f()\nexcept Exception as error:\n    raise Other() from error",
        "while True:\n    try:\n        f()\n    except Exception:\n        if x:\n            break\n        raise",
        "with contextlib.suppress(Exception):\n    f()",
    ],
)
def test_a_net_that_catches_everything_is_found(text: str) -> None:
    assert len(breaks_of_borders([module_from("hydrogen/fleet/x.py", text)])) == 1
    assert breaks_of_borders([module_from("hydrogen/core/bus.py", text)]) == []


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    f()\nexcept (OSError, ValueError):\n    pass",
        "try:\n    f()\nexcept BaseException:\n    close()\n    raise",
        "with suppress(OSError):\n    f()",
    ],
)
def test_catching_what_one_expects_is_not(text: str) -> None:
    assert breaks_of_borders([module_from("hydrogen/fleet/x.py", text)]) == []
