"""Loops of one process wake up together."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hydrogen.core.clock import SystemClock
from hydrogen.core.rhythm import SHORTEST_SHARE, delay_to_beat, until_beat, until_beat_or


@given(now=st.floats(0, 1e7), period=st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_next_beat_is_on_the_grid_and_neither_near_nor_far(now: float, period: float) -> None:
    delay = delay_to_beat(now, period)
    assert period * SHORTEST_SHARE <= delay <= period * (1 + SHORTEST_SHARE)
    beat = (now + delay) / period
    assert beat == pytest.approx(round(beat), abs=1e-6)


def test_no_period_is_no_wait() -> None:
    assert delay_to_beat(12.3, 0.0) == 0.0


async def test_loops_that_began_at_different_moments_wake_together() -> None:
    clock = SystemClock()
    woken: list[float] = []

    async def loop(begins: float) -> None:
        await asyncio.sleep(begins)
        for _ in range(3):
            await until_beat(0.1)
            woken.append(clock.monotonic() / 0.1)

    await asyncio.gather(loop(0.0), loop(0.013), loop(0.031))
    late = sorted(beat % 1.0 for beat in woken)
    assert late[len(late) // 2] < 0.3  # beats, not the moments at which they began
    assert len({int(beat) for beat in woken}) <= 4


async def test_who_waits_for_a_beat_or_an_event_wakes_by_whichever_is_first() -> None:
    event = asyncio.Event()
    await until_beat_or(event, 0.001)
    asyncio.get_running_loop().call_soon(event.set)
    await until_beat_or(event, 3600.0)
    assert event.is_set()
