"""A command with a key is carried out once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict, HydrogenError, PrinterSilent, RateLimited, SpoolerLost, Unavailable
from hydrogen.operations.repeat import RepeatMemory


class Work:
    """Counts how often it is done; `gate` holds it, `error` makes it fail."""

    def __init__(self) -> None:
        self.done = 0
        self.gate: asyncio.Event | None = None
        self.error: BaseException | None = None
        self.begun = asyncio.Event()

    async def __call__(self) -> Mapping[str, Any]:
        self.done += 1
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        return {"n": self.done}


async def test_first_result_is_given_again() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    for _ in range(3):
        assert await memory.once("a", "key", b"1", work) == {"n": 1}
    assert await memory.once("b", "key", b"1", work) == {"n": 2}


async def test_another_digest_conflicts() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    await memory.once("a", "key", b"1", work)
    with pytest.raises(Conflict):
        await memory.once("a", "key", b"2", work)


async def test_copies_in_flight_wait_for_the_first() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.gate = asyncio.Event()
    copies = [asyncio.create_task(memory.once("a", "key", b"1", work)) for _ in range(5)]
    await work.begun.wait()
    with pytest.raises(Conflict):
        await memory.once("a", "key", b"2", work)
    work.gate.set()
    assert await asyncio.gather(*copies) == [{"n": 1}] * 5


async def test_error_is_given_again() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.error = PrinterSilent("nothing came")
    for _ in range(2):
        with pytest.raises(PrinterSilent):
            await memory.once("a", "key", b"1", work)
    assert work.done == 1


@pytest.mark.parametrize("error", [RateLimited("x"), Unavailable("x"), SpoolerLost("x")])
async def test_try_again_later_is_not_remembered(error: HydrogenError) -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.error = error
    with pytest.raises(HydrogenError):
        await memory.once("a", "key", b"1", work)
    work.error = None
    assert await memory.once("a", "key", b"1", work) == {"n": 2}


async def test_defect_is_not_remembered() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await memory.once("a", "key", b"1", work)
    work.error = None
    assert await memory.once("a", "key", b"1", work) == {"n": 2}


async def test_copy_of_a_command_that_is_broken_off_is_told_to_try_again() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.gate = asyncio.Event()
    first = asyncio.create_task(memory.once("a", "key", b"1", work))
    await work.begun.wait()
    copy = asyncio.create_task(memory.once("a", "key", b"1", work))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(Unavailable):
        await copy
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_copy_that_is_cancelled_does_not_take_the_first_with_it() -> None:
    memory, work = RepeatMemory(clock=ManualClock()), Work()
    work.gate = asyncio.Event()
    first = asyncio.create_task(memory.once("a", "key", b"1", work))
    await work.begun.wait()
    copy = asyncio.create_task(memory.once("a", "key", b"1", work))
    await asyncio.sleep(0)
    copy.cancel()
    work.gate.set()
    assert await first == {"n": 1}


async def test_results_are_forgotten_by_age_and_by_number() -> None:
    clock = ManualClock()
    memory, work = RepeatMemory(clock=clock, capacity=3, keep_seconds=600), Work()
    for number in range(4):
        await memory.once("a", f"key{number}", b"1", work)
    assert await memory.once("a", "key3", b"1", work) == {"n": 4}
    assert await memory.once("a", "key0", b"1", work) == {"n": 5}
    clock.advance(601)
    assert await memory.once("a", "key0", b"1", work) == {"n": 6}


async def test_key_is_known_while_its_command_is_under_way_and_until_it_grows_old() -> None:
    clock = ManualClock()
    memory, work = RepeatMemory(clock=clock), Work()
    work.gate = asyncio.Event()
    assert not memory.knows("a", "key")
    first = asyncio.create_task(memory.once("a", "key", b"1", work))
    await work.begun.wait()
    assert memory.knows("a", "key") and not memory.knows("b", "key")
    work.gate.set()
    await first
    clock.advance(599.0)
    assert memory.knows("a", "key")
    clock.advance(1.0)
    assert not memory.knows("a", "key")


async def test_only_so_many_callers_are_remembered() -> None:
    memory, work = RepeatMemory(clock=ManualClock(), most_callers=2), Work()
    for caller in ("a", "b", "a", "c"):
        await memory.once(caller, "key", b"1", work)
    assert [memory.knows(caller, "key") for caller in "abc"] == [True, False, True]
