"""Protection against repeats: a request that comes twice with the same key is carried out once."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from hydrogen.errors import Conflict, HydrogenError, Unavailable
from hydrogen.spooler.request import CoolDown, EmergencyStop, Request

CAPACITY = 256
"""Keys kept, the oldest forgotten first (DESIGN 5.3)."""

Result = Mapping[str, Any]

NEVER_A_REPEAT: tuple[type[Request], ...] = (EmergencyStop, CoolDown)
"""What makes the printer safe is carried out each time it is asked for."""


class Repeats:
    """The first results by idempotency key. Copies in flight wait for the first; `unavailable` is not remembered."""

    def __init__(self, *, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[str, tuple[Request, asyncio.Future[Result]]] = OrderedDict()

    async def once(self, request: Request, perform: Callable[[Request], Awaitable[Result]]) -> Result:
        """The result of `perform(request)`, or that of the first request with this key.

        Raises what `perform` raised the first time; Conflict when the key came before with another request.
        """
        key = request.idempotency_key
        if key is None or isinstance(request, NEVER_A_REPEAT):
            return await perform(request)
        known = self._kept.get(key)
        if known is None:
            return await self._first(key, request, perform)
        first, result = known
        if not first.is_same_wish(request):
            raise Conflict("this idempotency key was used for another request", idempotency_key=key)
        return await asyncio.shield(result)

    async def _first(self, key: str, request: Request, perform: Callable[[Request], Awaitable[Result]]) -> Result:
        kept: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        kept.add_done_callback(_look_at)
        self._kept[key] = (request, kept)
        try:
            result = await perform(request)
            kept.set_result(result)
            return result
        except HydrogenError as error:
            kept.set_exception(error)
            if isinstance(error, Unavailable):
                del self._kept[key]
            raise
        finally:
            if not kept.done():
                kept.set_exception(Unavailable("the first request with this key was broken off: ask again"))
                del self._kept[key]
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)


def _look_at(result: asyncio.Future[Result]) -> None:
    """An error that no copy waits for is not worth a warning: the first request has raised it already."""
    if not result.cancelled():
        result.exception()
