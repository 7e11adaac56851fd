"""Waiting for something to become true, instead of sleeping for as long as it might take."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_SECONDS = 20.0
"""Generous, because it costs nothing where all is well: two busy cores can keep a process from running for seconds."""


async def wait_until(
    is_true: Callable[[], object],
    *,
    within_seconds: float = PATIENCE_SECONDS,
    what: str = "the condition",
    explain: Callable[[], str] = str,
) -> None:
    """Let the loop run until `is_true()`; fails the test after `within_seconds`. What holds for a few milliseconds is seen.

    explain: asked in the end, for how things are then.
    """
    try:
        async with asyncio.timeout(within_seconds):
            while not is_true():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"waited {within_seconds} s in vain for {what}{explain()}") from None


ASKED_EVERY_SECONDS = 0.05
"""A process of its own has no clock of ours and tells nobody when it is ready: it can only be asked again."""


async def wait_until_answered(is_so: Callable[[], Awaitable[bool]], seconds: float) -> None:
    """Ask another process until it says yes. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while not await is_so():  # noqa: ASYNC110
            await asyncio.sleep(ASKED_EVERY_SECONDS)
