"""What goes and what stays, whatever the policy and the clock say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.retention.item import Item
from hydrogen.retention.need import Need
from hydrogen.retention.policy import Limits, plan
from tests.support.property_settings import REPEATABLE
from tests.support.retention_shelf import item

NOW = 1_800_000_000.0


def gone(items: list[Item], limits: Limits, *, need: Need = Need(), **how: bool) -> list[str]:  # noqa: B008
    given_how = {"is_clock_right": True, **how}
    return [deletion.item.name for deletion in plan(items, limits, why_needed=need.why, now=NOW, **given_how)]


THREE = [item("old", days=30), item("middle", days=10), item("young", days=1)]


def test_without_limits_nothing_goes() -> None:
    assert gone(THREE, Limits()) == []


def test_what_is_too_old_goes_the_oldest_first() -> None:
    assert gone(THREE, Limits(days=5)) == ["old", "middle"]
    assert gone(THREE, Limits(days=20)) == ["old"]


def test_a_clock_that_nobody_has_set_makes_nothing_old() -> None:
    assert gone(THREE, Limits(days=5), is_clock_right=False) == []
    assert gone([item("from the future", days=-400)], Limits(days=5)) == []


def test_what_is_in_use_does_not_grow_old_but_a_cache_goes_when_the_disk_is_low() -> None:
    used = [item("used", days=400, is_in_use=True)]
    assert gone(used, Limits(days=5, is_cache=True)) == []
    assert gone(used, Limits(days=5, is_cache=True), is_disk_low=True) == ["used"]


def test_so_many_stay_and_they_are_the_youngest() -> None:
    assert gone(THREE, Limits(most=2)) == ["old"]
    assert gone(THREE, Limits(most=0)) == ["old", "middle", "young"]


def test_so_many_bytes_stay() -> None:
    assert gone(THREE, Limits(most_bytes=25)) == ["old"]


def test_a_thing_that_is_too_large_goes() -> None:
    assert gone([item("big", size=100), item("small", size=1)], Limits(each_bytes=50)) == ["big"]


def test_a_low_disk_takes_caches_and_nothing_else() -> None:
    assert gone(THREE, Limits(is_cache=True), is_disk_low=True) == ["old", "middle", "young"]
    assert gone(THREE, Limits(), is_disk_low=True) == []


def test_what_is_needed_counts_and_stays() -> None:
    need = Need(jobs=frozenset({"j"}))
    items = [item("needed", days=30, job="j"), item("other", days=20), item("young", days=1)]
    assert gone(items, Limits(most=1), need=need) == ["other"]


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(days=5), "untouched for 30 days, kept for 5"),
        (Limits(most=0), "older than the 0 that are kept"),
        (Limits(most_bytes=1), "all together are larger than 1 bytes"),
        (Limits(each_bytes=1), "larger than 1 bytes"),
    ],
)
def test_every_deletion_says_why(limits: Limits, words: str) -> None:
    [deletion] = plan([item("a", days=30)], limits, why_needed=Need().why, now=NOW, is_clock_right=True)
    assert words in deletion.reason


_jobs = st.sampled_from(["", "job-1", "job-2", "job-3"])
_files = st.sampled_from(["", "a.gcode", "b.gcode"])
_items = st.lists(
    st.builds(
        Item,
        kind=st.just("memory"),
        name=st.text(alphabet="abcdef", min_size=1, max_size=6),
        size_bytes=st.integers(0, 10**12),
        touched_at=st.floats(-1e12, 1e12),
        job=_jobs,
        file=_files,
        may_be_a_jobs=st.booleans(),
        needed=st.sampled_from(["", "it is the one that is written"]),
    ),
    max_size=12,
    unique_by=lambda one: one.name,
)
_limits = st.builds(
    Limits,
    days=st.none() | st.floats(0, 1e6),
    most=st.none() | st.integers(0, 5),
    most_bytes=st.none() | st.integers(0, 10**12),
    each_bytes=st.none() | st.integers(0, 10**12),
    is_cache=st.booleans(),
)
_needs = st.builds(
    Need,
    jobs=st.frozensets(st.sampled_from(["job-1", "job-2"])),
    files=st.frozensets(st.just("a.gcode")),
    unheard=st.frozensets(st.just("ender3")),
)


@given(_items, _limits, _needs, st.floats(-1e12, 1e12), st.booleans(), st.booleans())
@REPEATABLE
def test_whatever_the_policy_and_the_clock_what_is_needed_stays(
    items: list[Item], limits: Limits, need: Need, now: float, is_right: bool, is_low: bool
) -> None:
    deletions = plan(items, limits, why_needed=need.why, now=now, is_clock_right=is_right, is_disk_low=is_low)
    for deletion in deletions:
        doomed = deletion.item
        assert not doomed.needed
        assert doomed.job not in need.jobs
        assert doomed.file not in need.files
        assert not (doomed.may_be_a_jobs and need.unheard)
        assert deletion.reason
    assert len({deletion.item.name for deletion in deletions}) == len(deletions)
    if limits == Limits(is_cache=limits.is_cache) and not (limits.is_cache and is_low):
        assert not deletions
