from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.errors import Conflict, NotFound, Unavailable
from hydrogen.spooler.repeat import Repeats
from hydrogen.spooler.request import CoolDown, EmergencyStop, Extrude, Home, Request, StartJob


class Counting:
    def __init__(self, error: Exception | None = None) -> None:
        self.count = 0
        self.error = error
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, request: Request) -> Mapping[str, Any]:
        self.count += 1
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return {"count": self.count}


def extrude(key: str | None = "k" * 16, length_mm: float = 5.0, actor: str = "ada") -> Extrude:
    return Extrude(length_mm=length_mm, idempotency_key=key, actor=actor)


async def test_repeat_gets_the_first_result() -> None:
    repeats, perform = Repeats(), Counting()
    assert await repeats.once(extrude(), perform) == {"count": 1}
    assert await repeats.once(extrude(), perform) == {"count": 1}
    assert await repeats.once(extrude(key=None), perform) == {"count": 2}


async def test_copy_in_flight_waits_for_the_first() -> None:
    repeats, perform = Repeats(), Counting()
    perform.gate.clear()
    both = [asyncio.create_task(repeats.once(extrude(), perform)) for _ in range(2)]
    await asyncio.sleep(0)
    perform.gate.set()
    assert await asyncio.gather(*both) == [{"count": 1}, {"count": 1}]


async def test_key_of_another_request_is_a_conflict() -> None:
    repeats, perform = Repeats(), Counting()
    await repeats.once(extrude(), perform)
    for other in (extrude(length_mm=6.0), Home(idempotency_key="k" * 16)):
        with pytest.raises(Conflict):
            await repeats.once(other, perform)


async def test_job_that_is_started_again_is_the_first_one_whatever_id_the_service_thought_of() -> None:
    def start(job: str, file: str = "cube.gcode") -> StartJob:
        return StartJob(job=job, path=f"/{job}/{file}", file=file, idempotency_key="k" * 16)

    repeats, perform = Repeats(), Counting()
    assert await repeats.once(start("first"), perform) == {"count": 1}
    assert await repeats.once(start("second"), perform) == {"count": 1}
    with pytest.raises(Conflict):
        await repeats.once(start("third", file="other.gcode"), perform)


async def test_error_is_remembered_but_unavailable_is_not() -> None:
    repeats, perform = Repeats(), Counting(NotFound("no such heater"))
    for _ in range(2):
        with pytest.raises(NotFound):
            await repeats.once(extrude(), perform)
    assert perform.count == 1
    perform.error = Unavailable("later")
    for _ in range(2):
        with pytest.raises(Unavailable):
            await repeats.once(extrude("other key, 16 ch"), perform)
    assert perform.count == 3


async def test_first_that_was_broken_off_does_not_hold_its_copies() -> None:
    repeats, perform = Repeats(), Counting()
    perform.gate.clear()
    first = asyncio.create_task(repeats.once(extrude(), perform))
    await asyncio.sleep(0)
    copy = asyncio.create_task(repeats.once(extrude(), perform))
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(Unavailable):
        await copy
    perform.gate.set()
    assert await repeats.once(extrude(), perform) == {"count": 2}


async def test_oldest_key_is_forgotten_at_the_bound() -> None:
    repeats, perform = Repeats(capacity=2), Counting()
    for key in ("a" * 16, "b" * 16, "c" * 16):
        await repeats.once(extrude(key), perform)
    assert await repeats.once(extrude("c" * 16), perform) == {"count": 3}
    assert await repeats.once(extrude("a" * 16), perform) == {"count": 4}


async def test_what_makes_the_printer_safe_is_done_each_time() -> None:
    repeats, perform = Repeats(), Counting()
    for request in (EmergencyStop(idempotency_key="k" * 16), CoolDown(idempotency_key="k" * 16)) * 2:
        await repeats.once(request, perform)
    assert perform.count == 4
