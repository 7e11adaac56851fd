"""Rule 8, first half: files of at most 600 lines, functions of at most 50 code lines, nesting of at most 4."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence

import pytest

from tests.architecture.source_tree import Module, functions_of, house, module_from, sentences

MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 50
MAX_NESTING = 4

_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.Try, ast.With, ast.AsyncWith, ast.Match)
_NOT_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def breaks_of_size(modules: Sequence[Module]) -> list[str]:
    breaks = []
    for module in modules:
        if (lines := len(module.text.splitlines())) > MAX_FILE_LINES:
            breaks.append(f"{module.path}: {lines} lines (at most {MAX_FILE_LINES})")
        code = _code_lines(module)
        for function in functions_of(module):
            if (length := _length(function, code)) > MAX_FUNCTION_LINES:
                breaks.append(
                    f"{module.at(function)}: {function.name} has {length} lines (at most {MAX_FUNCTION_LINES})"
                )
            if (depth := _depth(function.body)) > MAX_NESTING:
                breaks.append(f"{module.at(function)}: {function.name} is nested {depth} deep (at most {MAX_NESTING})")
    return breaks


def _code_lines(module: Module) -> set[int]:
    """Numbers of the lines that hold code: neither blank nor comment."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(module.text).readline):
        if token.type not in _NOT_CODE:
            lines.update(range(token.start[0], token.end[0] + 1))
    return lines


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef, code: set[int]) -> int:
    """Code lines of the body, without the docstring; functions inside count with it."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    if not body:
        return 0
    return len(code & set(range(body[0].lineno, (function.end_lineno or 0) + 1)))


def _depth(body: Sequence[ast.stmt]) -> int:
    """How deep blocks stand in blocks; `elif` is no deeper than its `if`, a function inside begins anew."""
    return max((_depth_of(statement) for statement in body), default=0)


def _depth_of(statement: ast.stmt) -> int:
    if not isinstance(statement, _BLOCKS):
        return 0
    inner = 1 + _depth(_inner_statements(statement))
    orelse = getattr(statement, "orelse", [])
    is_elif = isinstance(statement, ast.If) and len(orelse) == 1 and isinstance(orelse[0], ast.If)
    return max(inner, _depth(orelse) if is_elif else 1 + _depth(orelse))


def _inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    inner = [*getattr(statement, "body", []), *getattr(statement, "finalbody", [])]
    for part in (*getattr(statement, "handlers", []), *getattr(statement, "cases", [])):
        inner += part.body
    return inner


def test_files_and_functions_stay_within_their_limits() -> None:
    assert not (breaks := breaks_of_size(house())), sentences(breaks)


def _function(lines: int) -> str:
    return 'def f():\n    """Text.\n\n    More text.\n    """\n' + "    # why\n\n    x = 1\n" * lines


def test_a_file_that_is_too_long_is_found() -> None:
    assert breaks_of_size([module_from("hydrogen/core/x.py", "# a\n" * MAX_FILE_LINES)]) == []
    assert len(breaks_of_size([module_from("hydrogen/core/x.py", "# a\n" * (MAX_FILE_LINES + 1))])) == 1


def test_a_function_that_is_too_long_is_found_and_words_do_not_count() -> None:
    assert breaks_of_size([module_from("hydrogen/core/x.py", _function(MAX_FUNCTION_LINES))]) == []
    assert len(breaks_of_size([module_from("hydrogen/core/x.py", _function(MAX_FUNCTION_LINES + 1))])) == 1


@pytest.mark.parametrize("block", ["if x:", "for x in y:", "while x:", "with x:", "match x:", "try:"])
def test_nesting_that_is_too_deep_is_found(block: str) -> None:
    def nested(depth: int) -> str:
        text = "def f():\n"
        for level in range(depth):
            text += "    " * (level + 1) + "if a:\n"
        inner = "    " * (depth + 1)
        body = f"{inner}    case 1:\n{inner}        pass\n" if block.startswith("match") else f"{inner}    pass\n"
        tail = f"{inner}finally:\n{inner}    pass\n" if block == "try:" else ""
        return f"{text}{inner}{block}\n{body}{tail}"

    assert breaks_of_size([module_from("hydrogen/core/x.py", nested(MAX_NESTING - 1))]) == []
    assert len(breaks_of_size([module_from("hydrogen/core/x.py", nested(MAX_NESTING))])) == 1


def test_a_chain_of_elif_is_not_deep() -> None:
    text = "def f():\n    if a:\n        pass\n" + "    elif b:\n        pass\n" * 10 + "    else:\n        pass\n"
    assert breaks_of_size([module_from("hydrogen/core/x.py", text)]) == []
