"""The house as source, read whatever else lies around in the process."""

from __future__ import annotations

import ast
import gc

from tests.architecture.source_tree import parsed


class Ring:
    """Garbage that parses something when it is collected, as the traceback of an exception in a `__del__` does."""

    def __init__(self) -> None:
        self.me = self

    def __del__(self) -> None:
        ast.parse("1 + (2 * 3)")


def test_garbage_that_parses_something_does_not_disturb() -> None:
    text = "def f(x):\n    return [g(x + (y * 2), z=h(x)) for y in x]\n" * 300
    for _ in range(10):  # with collections going on, five in six of these end in a SystemError of Python 3.11
        Ring()
        assert len(parsed(text).body) == 300
    assert gc.isenabled()
    gc.collect()
