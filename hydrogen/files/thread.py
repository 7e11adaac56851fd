"""Work on the disk in a thread that is never left alone with what it works on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

T = TypeVar("T")


async def in_thread(work: Callable[..., T], *arguments: object) -> T:
    """As `asyncio.to_thread`, but whoever is cancelled meanwhile is so only when the work is over: a descriptor that is closed
    under a thread that still writes may be another file's by then."""
    doing = asyncio.get_running_loop().run_in_executor(None, partial(work, *arguments))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise
