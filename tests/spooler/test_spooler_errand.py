from __future__ import annotations

import asyncio

from hydrogen.spooler.errand import Errands
from tests.support.waiting import wait_until


async def test_failure_is_told_with_its_name() -> None:
    failed: list[tuple[str, BaseException]] = []
    errands = Errands(lambda name, error: failed.append((name, error)))

    async def work() -> None:
        raise ValueError("bad")

    errands.start(work(), name="bad work")
    await wait_until(lambda: failed)
    assert failed[0][0] == "bad work"
    assert str(failed[0][1]) == "bad"


async def test_close_ends_what_runs_and_does_not_wait_for_ever() -> None:
    errands = Errands(lambda name, error: None)
    release = asyncio.Event()

    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await release.wait()

    ended = errands.start(asyncio.Event().wait(), name="soft")
    task = errands.start(stubborn(), name="stubborn")
    await asyncio.sleep(0)
    await errands.close(deadline_seconds=0.02)
    assert ended.cancelled()
    assert not task.done()
    release.set()
    await task
    await errands.close()
