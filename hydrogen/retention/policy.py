"""How long things stay and how many of them, and what follows from that: pure.

A thing goes when it is older than its kind may be, when there are more than its kind may have, or when they are larger
together than they may be; the oldest first. What is needed never goes, and counts among those that are there. A clock that
nobody has set makes nothing old, and what is in use does not grow old.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hydrogen.retention.item import Deletion, Item

DAY_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Of one kind; None: no limit. days: since it was touched last. most: how many. most_bytes: of all together. each_bytes: of
    one (logs, which are cut and not deleted). is_cache: it can be made again, so it is the first to go when the disk is low."""

    days: float | None = None
    most: int | None = None
    most_bytes: int | None = None
    each_bytes: int | None = None
    is_cache: bool = False


def plan(
    items: Iterable[Item],
    limits: Limits,
    *,
    why_needed: Callable[[Item], str],
    now: float,
    is_clock_right: bool,
    is_disk_low: bool = False,
) -> list[Deletion]:
    """What is to go, the oldest first. now: wall time; is_clock_right: whether it can be believed."""
    deletions = []
    count = total_bytes = 0
    for item in sorted(items, key=lambda item: (item.touched_at, item.name), reverse=True):
        reason = ""
        if not why_needed(item):
            can_be_old = is_clock_right and not item.is_in_use
            age_days = (now - item.touched_at) / DAY_SECONDS if can_be_old else 0.0
            reason = _reason(item, limits, age_days, count, total_bytes, is_disk_low=is_disk_low)
        if reason:
            deletions.append(Deletion(item=item, reason=reason))
        else:
            count += 1
            total_bytes += item.size_bytes
    return deletions[::-1]


def _reason(item: Item, limits: Limits, age_days: float, count: int, total_bytes: int, *, is_disk_low: bool) -> str:
    """Why it goes; "" if it stays. count and total_bytes: of the younger ones that stay."""
    if is_disk_low and limits.is_cache:
        return "the disk is low, and this can be made again"
    if limits.days is not None and age_days > limits.days:
        return f"untouched for {age_days:.0f} days, kept for {limits.days:g}"
    if limits.most is not None and count >= limits.most:
        return f"older than the {limits.most:,} that are kept"
    if limits.most_bytes is not None and total_bytes + item.size_bytes > limits.most_bytes:
        return f"all together are larger than {limits.most_bytes:,} bytes"
    if limits.each_bytes is not None and item.size_bytes > limits.each_bytes:
        return f"larger than {limits.each_bytes:,} bytes: its oldest lines go"
    return ""
