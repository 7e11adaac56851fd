"""Protection against repeats: a command that comes twice with the same key is carried out once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hydrogen.core.clock import Clock
from hydrogen.errors import Conflict, HydrogenError, RateLimited, SpoolerLost, Unavailable

Result = Mapping[str, Any]

NOT_REMEMBERED = (RateLimited, Unavailable, SpoolerLost)
"""Answers that say nothing about the command itself: the caller is to try again. Whether a command whose spooler was lost
has been carried out, only the spooler's own memory can tell."""


@dataclass(slots=True)
class _Kept:
    digest: bytes
    result: asyncio.Future[Result]
    since: float


class RepeatMemory:
    """First results by caller and idempotency key. Bounded by number and by age, per caller, and by the number of callers."""

    def __init__(
        self, *, clock: Clock, capacity: int = 1024, keep_seconds: float = 600.0, most_callers: int = 256
    ) -> None:
        """capacity: results kept for each caller, the oldest forgotten first; most_callers: likewise."""
        self._clock = clock
        self._most_callers = most_callers
        self._capacity = capacity
        self._keep_seconds = keep_seconds
        self._callers: OrderedDict[str, OrderedDict[str, _Kept]] = OrderedDict()

    def knows(self, caller: str, key: str) -> bool:
        """Did a command come with this key, lately enough to be remembered?"""
        kept = self._callers.get(caller)
        if kept is None:
            return False
        self._forget_old(kept)
        return key in kept

    async def once(self, caller: str, key: str, digest: bytes, perform: Callable[[], Awaitable[Result]]) -> Result:
        """The result of `perform()`, or of the first call with this key; copies in flight wait for the first.

        Raises what `perform` raised the first time; Conflict when the key came before with another digest.
        """
        kept = self._kept_for(caller)
        known = kept.get(key)
        if known is None:
            return await self._first(kept, key, digest, perform)
        if known.digest != digest:
            raise Conflict("this idempotency_key was used for another command", field="idempotency_key")
        return await asyncio.shield(known.result)

    def _kept_for(self, caller: str) -> OrderedDict[str, _Kept]:
        kept = self._callers.setdefault(caller, OrderedDict())
        self._callers.move_to_end(caller)
        if len(self._callers) > self._most_callers:
            self._callers.popitem(last=False)
        self._forget_old(kept)
        return kept

    async def _first(
        self,
        kept: OrderedDict[str, _Kept],
        key: str,
        digest: bytes,
        perform: Callable[[], Awaitable[Result]],
    ) -> Result:
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        result.add_done_callback(_look_at)
        kept[key] = _Kept(digest, result, self._clock.monotonic())
        if len(kept) > self._capacity:
            kept.popitem(last=False)
        try:
            value = await perform()
            result.set_result(value)
            return value
        except HydrogenError as error:
            result.set_exception(error)
            if isinstance(error, NOT_REMEMBERED):
                kept.pop(key, None)
            raise
        finally:
            if not result.done():  # cancelled, or a defect of ours: nothing is known, so nothing is remembered
                kept.pop(key, None)
                result.set_exception(Unavailable("the first command with this key was broken off; send it again"))

    def _forget_old(self, kept: OrderedDict[str, _Kept]) -> None:
        too_old = self._clock.monotonic() - self._keep_seconds
        while kept:
            oldest = next(iter(kept))
            if kept[oldest].since > too_old:
                return
            del kept[oldest]


def _look_at(result: asyncio.Future[Result]) -> None:
    """Mark the outcome as seen: often nobody waits for it but the first caller."""
    if not result.cancelled():
        result.exception()
