"""What takes long begins first, so that nothing long runs alone at the end.

pytest-xdist gives each worker its share of the list, one behind the other, and lets whoever has nothing left take from the end
of another's share. So the long ones are dealt out to the heads of the shares.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import pytest

USUAL_SECONDS = 60.0
"""What a test may take unless it says otherwise (`timeout` in pyproject.toml); one that says more is long."""

PROCESS_FOLDERS = frozenset({"chaos", "compat", "examples", "integration", "mdns", "roof", "webui"})
"""Their tests wait for processes of their own."""


def long_ones_first(items: Sequence[pytest.Item], *, workers: int) -> list[pytest.Item]:
    """The same tests: each that is granted more than the usual time, then the files that start processes, then the rest.

    A file whose tests are all granted it stays together: they share what takes long.
    """
    if workers < 2:
        return list(items)
    long: list[list[pytest.Item]] = []
    waiting: list[list[pytest.Item]] = []
    rest: list[pytest.Item] = []
    for _, file in groupby(items, lambda item: item.path):
        short: list[pytest.Item] = []
        own: list[pytest.Item] = []
        for item in file:
            (own if _granted_seconds(item) > USUAL_SECONDS else short).append(item)
        long += [[item] for item in own] if short else [own]
        if short and _starts_processes(short[0]):
            waiting.append(short)
        else:
            rest += short
    long.sort(key=lambda group: -_granted_seconds(group[0]))
    return _dealt_out([*long, *waiting], rest, workers)


def _dealt_out(first: list[list[pytest.Item]], rest: list[pytest.Item], workers: int) -> list[pytest.Item]:
    count = sum(len(file) for file in first) + len(rest)
    order: list[pytest.Item] = []
    used = 0
    for worker in range(workers):
        share = (count - len(order)) // (workers - worker)
        head = [item for file in first[worker::workers] for item in file]
        more = max(0, share - len(head))
        order += head + rest[used : used + more]
        used += more
    return order + rest[used:]


def _granted_seconds(item: pytest.Item) -> float:
    mark = item.get_closest_marker("timeout")
    return float(mark.args[0]) if mark is not None and mark.args else USUAL_SECONDS


def _starts_processes(item: pytest.Item) -> bool:
    return not PROCESS_FOLDERS.isdisjoint(item.path.parent.parts)
