"""Work in a thread is over before whoever asked for it goes on, cancelled or not."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hydrogen.files.thread import in_thread
from tests.support.waiting import wait_until


async def test_the_result_and_the_error_come_back() -> None:
    assert await in_thread(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)


async def test_who_is_cancelled_waits_for_the_work() -> None:
    has_begun, may_end, done = threading.Event(), threading.Event(), []

    def work() -> None:
        has_begun.set()
        may_end.wait(10)
        done.append(True)

    task = asyncio.create_task(in_thread(work))
    await wait_until(has_begun.is_set)
    task.cancel()
    await asyncio.sleep(0)
    assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done == [True]
