"""Whatever a worker begins with, it collects everything."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.collecting import turned


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (
        "tests/a/test_1.py",
        "tests/b/deep/test_2.py",
        "tests/c/test_3.py",
        "tests/d/none.py",
        "more/test_4.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("workers", [2, 3, 9])
def test_each_worker_has_all_folders_and_its_own_first(root: Path, workers: int) -> None:
    orders = [turned(["tests", "more"], whole=["tests", "more"], worker=n, workers=workers) for n in range(workers)]
    assert {tuple(sorted(order)) for order in orders} == {("more", "tests/a", "tests/b", "tests/c")}
    assert len({order[0] for order in orders}) == min(workers, 4)
    assert orders[0] == ["tests/a", "tests/b", "tests/c", "more"]


def test_what_was_asked_for_stays_as_it_was_asked(root: Path) -> None:
    for places in (["tests/a"], ["more", "tests"], ["tests", "more", "tests/a/test_1.py::test_x"]):
        assert turned(places, whole=["tests", "more"], worker=1, workers=2) == places


def test_a_single_process_goes_by_the_list(root: Path) -> None:
    assert turned(["tests", "more"], whole=["tests", "more"], worker=0, workers=1) == ["tests", "more"]


def test_absolute_places_are_the_same_places(root: Path) -> None:
    assert len(turned([f"{root}/tests", f"{root}/more"], whole=["tests", "more"], worker=1, workers=2)) == 4
