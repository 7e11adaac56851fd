"""One word for the room on the disk: it does not flicker, and small disks are not low for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.system.disk_watch import LEVELS, DiskThresholds, DiskWatch
from tests.support.property_settings import REPEATABLE

THRESHOLDS = DiskThresholds(low_bytes=1000, critical_bytes=100)


@pytest.mark.parametrize(
    ("free", "level"), [(1000, "ok"), (999, "low"), (100, "low"), (99, "critical"), (0, "critical")]
)
def test_a_level_begins_below_its_threshold(free: int, level: str) -> None:
    assert DiskWatch(THRESHOLDS).look(free) == level


def test_it_is_better_only_when_a_tenth_more_is_free() -> None:
    watch = DiskWatch(THRESHOLDS)
    assert [watch.look(free) for free in (999, 1001, 1099, 1101, 1001)] == ["low", "low", "low", "ok", "ok"]
    assert [watch.look(free) for free in (50, 109, 111)] == ["critical", "critical", "low"]


def test_what_cannot_be_measured_changes_nothing() -> None:
    watch = DiskWatch(THRESHOLDS)
    watch.look(50)
    assert watch.look(None) == "critical"
    assert watch.below(None) == 100


def test_a_small_disk_is_judged_by_its_size() -> None:
    watch = DiskWatch(DiskThresholds())
    assert watch.look(20 << 20, 64 << 20) == "ok"
    assert watch.look(2 << 20, 64 << 20) == "low"
    assert watch.below(64 << 20) == int((64 << 20) * 0.05)


def test_no_threshold_is_never_low() -> None:
    assert DiskWatch(DiskThresholds(low_bytes=0, critical_bytes=0)).look(0) == "ok"


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=30))
@REPEATABLE
def test_the_level_is_never_better_than_what_is_free(free: list[int]) -> None:
    watch = DiskWatch(THRESHOLDS)
    for now in free:
        level = watch.look(now)
        plain = DiskWatch(THRESHOLDS).look(now)
        assert LEVELS.index(level) >= LEVELS.index(plain)
        if now >= 1100:
            assert level == "ok"
