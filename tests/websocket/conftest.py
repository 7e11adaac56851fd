"""A running server for every test that asks for one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from hydrogen.auth.proxy import TrustedProxies
from hydrogen.auth.rate_limit import RateLimit
from hydrogen.core.clock import Clock, SystemClock
from hydrogen.operations.operation import Operation
from tests.websocket.house import House, ObedientFleet, make_house

StartHouse = Callable[..., Awaitable[House]]


@pytest.fixture
async def start_house() -> AsyncIterator[StartHouse]:
    async with AsyncExitStack() as stack:

        async def start(
            *,
            fleet: ObedientFleet | None = None,
            clock: Clock | None = None,
            extra: tuple[Operation, ...] = (),
            proxies: TrustedProxies | None = None,
            is_running: bool = True,
            command_limit: RateLimit | None = None,
            **settings: Any,
        ) -> House:
            house = make_house(
                fleet or ObedientFleet(), clock or SystemClock(), extra, settings, stack, proxies, command_limit
            )
            await house.server.start()
            stack.push_async_callback(house.server.release)
            stack.push_async_callback(house.server.close_clients)
            if is_running:
                running = asyncio.create_task(house.server.run())
                stack.push_async_callback(_end, running)
            return house

        yield start


@pytest.fixture
async def house(start_house: StartHouse) -> House:
    return await start_house()


async def _end(running: asyncio.Task[None]) -> None:
    running.cancel()
    await asyncio.wait([running])
