"""Reads that hang."""

from __future__ import annotations

import asyncio
import threading

import pytest

from hydrogen_drivers.detached_read import DetachedRead


async def test_what_is_read_comes_back_and_what_goes_wrong_too() -> None:
    assert await DetachedRead(lambda: 5, name="test").read() == 5

    def broken() -> int:
        raise OSError(5, "input/output error")

    with pytest.raises(OSError, match="input/output error"):
        await DetachedRead(broken, name="test").read()


async def test_a_read_that_hangs_keeps_one_thread_and_its_answer_is_not_lost() -> None:
    go_on, begun = threading.Event(), []

    def slow() -> int:
        begun.append(1)
        go_on.wait()
        return 7

    reading = DetachedRead(slow, name="test")
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await reading.read()
    assert len(begun) == 1
    go_on.set()
    async with asyncio.timeout(20):
        assert await reading.read() == 7
        assert await reading.read() == 7
    assert len(begun) == 2


def test_a_loop_that_has_ended_meanwhile_is_no_failure() -> None:
    go_on = threading.Event()
    reading = DetachedRead(go_on.wait, name="ended loop")

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.02):
                await reading.read()

    asyncio.run(give_up())
    go_on.set()
    for thread in threading.enumerate():
        if thread.name == "ended loop":
            thread.join(20)
