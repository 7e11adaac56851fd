"""Work that is done every so often wakes up at common moments: a process that sleeps long costs least.

Each wake-up of an idle process costs more than what it then does: caches are cold, the processor was asleep. Loops that sleep
for half a second or a second each for itself wake the process at as many moments as there are loops; on one grid they share
one. The grid is that of the monotonic clock, so it needs no agreement.
"""

from __future__ import annotations

import asyncio

from hydrogen.core.clock import SystemClock

SHORTEST_SHARE = 0.25
"""Of a period: a beat that is nearer than that is left out, because the work before it ended late, or it was met already."""


async def until_beat(period_seconds: float) -> None:
    """Sleep until the next beat of this period: at least a quarter of it, at most one and a quarter."""
    await asyncio.sleep(delay_to_beat(SystemClock().monotonic(), period_seconds))


async def until_beat_or(event: asyncio.Event, period_seconds: float) -> None:
    """The same, or until the event is set, whichever is first."""
    try:
        async with asyncio.timeout(delay_to_beat(SystemClock().monotonic(), period_seconds)):
            await event.wait()
    except TimeoutError:
        pass


def delay_to_beat(now: float, period_seconds: float) -> float:
    """Seconds from `now` to the next multiple of the period that is not nearer than `SHORTEST_SHARE` of it.

    0 for a period of 0.
    """
    if period_seconds <= 0:
        return 0.0
    delay = period_seconds - now % period_seconds
    return delay if delay >= period_seconds * SHORTEST_SHARE else delay + period_seconds
