from __future__ import annotations

import asyncio

import pytest

from hydrogen.core.service import Service


async def test_a_service_that_overrides_nothing_starts_closes_and_releases_at_once() -> None:
    service = Service()
    async with asyncio.timeout(20):
        await service.start()
        service.refuse()
        await service.close_clients()
        await service.release()
        await service.release()


async def test_run_lives_until_it_is_cancelled() -> None:
    running = asyncio.create_task(Service().run())
    await asyncio.sleep(0)
    assert not running.done()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
