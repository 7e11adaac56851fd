"""Waiting for something to become true, instead of sleeping for as long as it might take."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def wait_until(
    is_true: Callable[[], object], *, within_seconds: float = 5.0, what: str = "the condition"
) -> None:
    """Let the loop run until `is_true()`; fails the test after `within_seconds`."""
    try:
        async with asyncio.timeout(within_seconds):
            while not is_true():  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    except TimeoutError:
        raise AssertionError(f"waited {within_seconds} s in vain for {what}") from None
