"""Protection against repeats: a command that comes twice with the same key is carried out once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hydrogen.core.clock import Clock
from hydrogen.errors import Conflict, HydrogenError, RateLimited, SpoolerLost, Unavailable

Result = Mapping[str, Any]

KEEP_SECONDS = 600.0
"""How long a key is known: longer than any client goes on trying, shorter than anybody prints the same thing twice."""

NOT_REMEMBERED = (RateLimited, Unavailable, SpoolerLost)
"""Answers that say nothing about the command itself: the caller is to try again. Whether a command whose spooler was lost
has been carried out, only the spooler's own memory can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptResult:
    """A first result that the next service has to know, too. at: when the command came, Unix seconds."""

    caller: str
    key: str
    digest: bytes
    result: Result
    at: float


class RepeatRecord(Protocol):
    """Where results outlive the service."""

    async def keep(self, kept: KeptResult) -> None:
        """On the disk when it returns. Never raises: a command that was carried out is not refused for its record."""


@dataclass(slots=True)
class _Kept:
    digest: bytes
    result: asyncio.Future[Result]
    since: float


class RepeatMemory:
    """First results by caller and idempotency key. Bounded by number and by age, per caller, and by the number of callers."""

    def __init__(
        self,
        *,
        clock: Clock,
        capacity: int = 1024,
        keep_seconds: float = KEEP_SECONDS,
        most_callers: int = 256,
        record: RepeatRecord | None = None,
    ) -> None:
        """capacity: results kept for each caller, the oldest forgotten first; most_callers: likewise."""
        self._record = record
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

    def adopt(self, results: Iterable[KeptResult]) -> None:
        """Know what an earlier service has done; oldest first. Call it before the first command comes."""
        for kept in results:
            age = max(0.0, self._clock.wall() - kept.at)
            if age < self._keep_seconds:
                result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
                result.set_result(kept.result)
                since = self._clock.monotonic() - age
                self._kept_for(kept.caller)[kept.key] = _Kept(kept.digest, result, since)

    async def once(
        self,
        caller: str,
        key: str,
        digest: bytes,
        perform: Callable[[], Awaitable[Result]],
        *,
        is_lasting: bool = False,
    ) -> Result:
        """The result of `perform()`, or of the first call with this key; copies in flight wait for the first.

        is_lasting: a result (no error) is recorded before it is given, for the next service.

        Raises what `perform` raised the first time; Conflict when the key came before with another digest.
        """
        kept = self._kept_for(caller)
        known = kept.get(key)
        if known is None:
            if is_lasting:
                perform = self._recorded(caller, key, digest, perform)
            return await self._first(kept, key, digest, perform)
        if known.digest != digest:
            raise Conflict("this idempotency_key was used for another command", field="idempotency_key")
        return await asyncio.shield(known.result)

    def _recorded(
        self, caller: str, key: str, digest: bytes, perform: Callable[[], Awaitable[Result]]
    ) -> Callable[[], Awaitable[Result]]:
        at = self._clock.wall()

        async def perform_and_record() -> Result:
            result = await perform()
            if self._record is not None:
                await self._record.keep(KeptResult(caller=caller, key=key, digest=digest, result=result, at=at))
            return result

        return perform_and_record

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
