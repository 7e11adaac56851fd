"""The follower: through restarts, with its place kept, and with patience that ends."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from hydrogen.cli.address import ServiceAddress
from hydrogen.cli.client import connected
from hydrogen.cli.follower import Follower, outcome_of
from hydrogen.core.clock import SystemClock
from hydrogen.errors import ServiceUnreachable
from hydrogen.model.events import JobFinished
from hydrogen.model.job import JobOutcome
from tests.roof.house_in_process import house_in_process


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


async def test_a_restart_is_told_and_followed_through(tmp_path: Path) -> None:
    port = free_port()
    async with house_in_process(tmp_path, port=port) as house:
        follower = Follower(house.find_address, clock=SystemClock())
        frames = follower.frames()
        while (await anext(frames)).get("type") != "snapshot":
            pass
        first = follower.view.epoch
    while (await anext(frames)).get("type") != "client.away":
        pass
    assert follower.client is None
    async with house_in_process(tmp_path, port=port):
        while (await anext(frames)).get("type") != "snapshot":
            pass
        assert follower.view.epoch != first
        assert follower.client is not None
        await frames.aclose()


async def test_a_service_that_was_never_there_is_unreachable_at_once() -> None:
    address = ServiceAddress(url=f"ws://127.0.0.1:{free_port()}/", key="k")
    with pytest.raises(ServiceUnreachable):
        await anext(Follower(lambda: address, clock=SystemClock()).frames())


async def test_patience_ends(tmp_path: Path) -> None:
    async with house_in_process(tmp_path) as house:
        address = house.find_address()
        frames = Follower(lambda: address, clock=SystemClock(), patience_seconds=0.2).frames()
        await anext(frames)
    with pytest.raises(ServiceUnreachable, match="did not come back"):
        async for _ in frames:
            pass


async def test_the_outcome_of_a_job_is_found_in_the_history(tmp_path: Path) -> None:
    finished = JobFinished(
        at=1.0, printer="b", job="j1", file="f", outcome=JobOutcome.CANCELLED, reason="asked", actor="anna"
    )
    async with house_in_process(tmp_path) as house, connected(house.find_address()) as client:
        assert await outcome_of(client, "b", "j1") is None
        await house.hydrogen._store.record_fact(finished, "i.1")
        found = await outcome_of(client, "b", "j1")
        assert found is not None
        assert (found["type"], found["outcome"], found["reason"]) == ("job.finished", "cancelled", "asked")
