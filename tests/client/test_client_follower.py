"""One connection after the other, as if there were one."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from hydrogen.client.connection import connect
from hydrogen.client.follower import AWAY, Follower
from hydrogen.errors import AuthFailed, ServiceUnreachable
from hydrogen.model.events import JobStarted
from tests.websocket.conftest import house, start_house
from tests.websocket.house import KEY, House

__all__ = ["house", "start_house"]


def start_job(house: House, number: int) -> None:
    house.publish(JobStarted(at=1.0, printer="ender3", job=f"j{number}", file="f", lines_total=1, bytes_total=1))


async def test_cut_connections_lose_and_double_no_fact(house: House) -> None:
    follower = Follower(lambda since: connect(house.url, key=KEY, since=since))
    heard: list[str] = []
    async with asyncio.timeout(30), aclosing(follower.frames()) as frames:
        async for frame in frames:
            if frame["type"] == "snapshot":
                start_job(house, 0)
            elif frame["type"] == "job.started":
                heard.append(frame["job"])
                start_job(house, 2 * len(heard) - 1)
                for member in house.members:
                    member.cut(1013, "lagging")
                start_job(house, 2 * len(heard))
            if len(heard) == 5:
                break
    assert heard == [f"j{number}" for number in range(5)]


async def test_loss_is_told_and_the_new_connection_is_there(house: House) -> None:
    follower = Follower(lambda since: connect(house.url, key=KEY, since=since))
    async with asyncio.timeout(10), aclosing(follower.frames()) as frames:
        await anext(frames)
        first = follower.connection
        assert first is not None
        house.members[0].cut(1001, "over")
        while (frame := await anext(frames))["type"] != AWAY:
            pass
        assert "1001" in frame["reason"] and follower.connection is None
        while (await anext(frames))["type"] != "subscribed":
            pass
        assert follower.connection not in (None, first)


async def test_stranger_is_not_followed(house: House) -> None:
    follower = Follower(lambda since: connect(house.url, key="wrong", since=since))
    with pytest.raises(AuthFailed):
        await anext(follower.frames())


async def test_service_that_was_never_there_is_unreachable_at_once() -> None:
    follower = Follower(lambda since: connect("ws://127.0.0.1:1/", key=KEY, since=since))
    with pytest.raises(ServiceUnreachable):
        await anext(follower.frames())
