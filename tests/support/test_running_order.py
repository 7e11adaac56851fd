"""Every test runs once, whatever comes first."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.running_order import long_ones_first


def item(name: str, path: str, seconds: float | None = None) -> Any:
    mark = None if seconds is None else SimpleNamespace(args=(seconds,))
    return SimpleNamespace(name=name, path=Path(path), get_closest_marker={"timeout": mark}.get)


class Item(SimpleNamespace):
    __hash__ = object.__hash__  # type: ignore[assignment]


def suite() -> list[Any]:
    quick = [item(f"quick {number}", "/r/tests/gcode/test_a.py") for number in range(40)]
    waiting = [item(f"waiting {number}", f"/r/tests/integration/test_{number // 3}.py") for number in range(9)]
    long = [item(f"long {seconds}", "/r/tests/gcode/test_b.py", seconds) for seconds in (30, 180, 900)]
    shared = [item(f"shared {number}", "/r/tests/webui/test_c.py", 120) for number in range(3)]
    return [Item(**vars(one)) for one in [*quick, *waiting, *long, *shared]]


@pytest.mark.parametrize("workers", [2, 3, 6, 60])
def test_each_comes_once(workers: int) -> None:
    before = suite()
    after = long_ones_first(before, workers=workers)
    assert len(after) == len(before)
    assert set(after) == set(before)


def test_shares_begin_with_what_takes_long_and_files_stay_together() -> None:
    names = [one.name for one in long_ones_first(suite(), workers=2)]
    first, second = names[:27], names[27:]
    assert first[:7] == ["long 900", "shared 0", "shared 1", "shared 2", "waiting 3", "waiting 4", "waiting 5"]
    assert second[:7] == ["long 180", "waiting 0", "waiting 1", "waiting 2", "waiting 6", "waiting 7", "waiting 8"]
    assert first[-1].startswith("quick")
    assert second[-1] == "long 30", "it takes what others take"


def test_one_worker_goes_by_the_list() -> None:
    before = suite()
    assert long_ones_first(before, workers=1) == before
