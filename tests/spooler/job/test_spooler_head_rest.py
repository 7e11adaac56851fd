"""The head of a job at rest: one place for each pause, whatever happens on the way."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hydrogen.errors import LinkLost, Unavailable
from hydrogen.spooler.job.head_rest import HeadRest
from hydrogen.spooler.job.patience import RunnerLimits
from hydrogen.spooler.policy import ParkPolicy
from tests.spooler.bench import Bench
from tests.spooler.scripted_printer import ScriptedConnection


class Rest:
    """A head at rest on a scripted printer."""

    def __init__(self, bench: Bench, policy: ParkPolicy | None = None, seconds: float = 20.0) -> None:
        """seconds: how long either way may take; generous where it is not what the test is about."""
        self.driver = bench.driver
        limits = RunnerLimits(park_seconds=seconds, unpark_seconds=seconds)
        self.head = HeadRest(policy or ParkPolicy(), limits)

    @property
    def connection(self) -> ScriptedConnection:
        return self.driver.connection


async def test_place_is_noted_once_and_parked_once(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench)
        assert await rest.head.step_aside(rest.connection) == ""
        assert await rest.head.step_aside(rest.connection) == ""
        assert bench.driver.executed == ["M114", "PARK"]
        assert await rest.head.come_back(rest.connection) == ""
        assert bench.driver.executed[2:] == ["REHEAT", "UNPARK"]
        rest.head.forget()
        assert await rest.head.come_back(rest.connection) == ""
        assert len(bench.driver.executed) == 4


async def test_head_that_stays_is_put_back_all_the_same(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench, ParkPolicy(enabled=False))
        assert await rest.head.step_aside(rest.connection) == ""
        assert not rest.head.is_aside
        await rest.head.come_back(rest.connection)
        assert bench.driver.executed == ["M114", "REHEAT", "UNPARK"]


async def test_way_that_takes_too_long_is_given_up_and_the_place_is_kept(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench, seconds=0.05)
        await rest.head.step_aside(rest.connection)
        rest.head.is_aside = False
        rest.connection.gate.clear()
        assert "longer than 0.05 s" in await rest.head.step_aside(rest.connection)
        rest.connection.gate.set()
        assert await rest.head.come_back(rest.connection) == ""
        assert bench.driver.executed[-2:] == ["REHEAT", "UNPARK"]


async def test_trouble_is_told_and_a_refusal_is_no_end_of_the_job(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench)
        rest.connection.head.trouble = "it is clamped"
        assert await rest.head.step_aside(rest.connection) == "it is clamped"
        assert not rest.head.is_aside

        async def refuse(*_: object) -> str:
            raise Unavailable("too many commands wait")

        rest.connection.head.park = refuse  # type: ignore[method-assign]
        assert "too many commands wait" in await rest.head.step_aside(rest.connection)


async def test_lost_link_goes_through_and_the_next_connection_knows_the_place(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench)
        await rest.head.step_aside(rest.connection)
        rest.connection.gate.clear()
        coming = asyncio.ensure_future(rest.head.come_back(rest.connection))
        await asyncio.sleep(0)
        rest.connection.lose()
        with pytest.raises(LinkLost):
            await coming
        await bench.connect()
        assert await rest.head.come_back(rest.connection) == ""
        assert bench.driver.executed[-1] == "UNPARK"


async def test_motors_are_held_for_a_rest_and_let_go_of_once_the_head_is_back(tmp_path: Path) -> None:
    async with Bench(tmp_path) as bench:
        await bench.connect()
        rest = Rest(bench)
        motors = rest.connection.head.motors
        assert await rest.head.hold(rest.connection) == ""
        assert await rest.head.step_aside(rest.connection) == ""
        rest.connection.head.is_lost = "it is elsewhere"
        assert await rest.head.come_back(rest.connection) == "it is elsewhere"
        assert motors == ["held"]
        rest.connection.head.is_lost = ""
        assert await rest.head.come_back(rest.connection) == ""
        assert motors == ["held", "rest"]
