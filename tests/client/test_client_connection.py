"""The client against the real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest

from hydrogen.client import connection as module
from hydrogen.client.connection import Connection, connect
from hydrogen.client.frame import Snapshot
from hydrogen.errors import AuthFailed, Forbidden, InvalidMessage, NotFound, ServiceUnreachable, Unavailable
from hydrogen.model.events import PublishedEvent, TemperatureMeasured
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse, house, start_house
from tests.websocket.house import KEY, READER_KEY, House

__all__ = ["house", "start_house"]


@pytest.fixture
async def client(house: House) -> AsyncIterator[Connection]:
    async with connect(house.url, key=KEY) as connection:
        yield connection


async def first(connection: Connection, kind: str) -> dict[str, Any]:
    async with asyncio.timeout(10), aclosing(connection.frames()) as frames:
        async for frame in frames:
            if frame["type"] == kind:
                return dict(frame)
    raise AssertionError(kind)


async def test_commands_side_by_side_get_each_their_own_answer(house: House, client: Connection) -> None:
    told, homed = await asyncio.gather(client.command("file.list"), client.command("printer.home", "ender3"))
    assert (told["files"], told["total"], told["next"]) == ([], 0, None)
    assert homed == {}
    assert [printer for printer, _ in house.fleet.requests] == ["ender3"]


async def test_answers_pass_by_what_nobody_has_taken_yet(house: House, client: Connection) -> None:
    house.heat(20.0)
    assert (await client.status())["type"] == "status"
    await client.ping()
    assert (await first(client, "temperature.measured"))["actual_celsius"] == 20.0


async def test_errors_come_back_with_their_class(client: Connection) -> None:
    with pytest.raises(NotFound):
        await client.command("no.such")
    with pytest.raises(InvalidMessage) as caught:
        await client.command("printer.home", "ender3", {"axes": 5})
    assert caught.value.details["field"] == "axes"
    with pytest.raises(InvalidMessage):
        await client.subscribe(topics=["moon"])
    with pytest.raises(AuthFailed):
        await client.authenticate("x")


async def test_rights_are_the_keys(house: House) -> None:
    async with connect(house.url, key=READER_KEY) as reader:
        with pytest.raises(Forbidden):
            await reader.command("printer.home", "ender3")
    for wrong in ("", "wrong"):
        with pytest.raises(AuthFailed):
            async with connect(house.url, key=wrong):
                pass


async def test_command_is_repeated_without_being_carried_out_twice(house: House, client: Connection) -> None:
    for _ in range(2):
        await client.command("printer.home", "ender3", idempotency_key="home-it-once-0123")
    assert len(house.fleet.requests) == 1


async def test_command_without_an_answer_is_unavailable_and_leaves_nothing_behind(
    start_house: StartHouse,
) -> None:
    house = await start_house()
    never = asyncio.Event()

    async def behave(_printer: str, _request: object) -> dict[str, Any]:
        await never.wait()
        return {}

    house.fleet.behave = behave
    async with connect(house.url, key=KEY) as client:
        with pytest.raises(Unavailable):
            await client.command("printer.home", "ender3", timeout_seconds=0.05)
        assert client._waiting == {}
        never.set()
        await client.ping()


async def test_events_are_values_and_a_snapshot_comes_first(house: House, client: Connection) -> None:
    async with asyncio.timeout(10), aclosing(client.events()) as events:
        snapshot = await anext(events)
        assert isinstance(snapshot, Snapshot)
        assert set(snapshot.state.printers) == {"ender3", "voron"}
        house.heat(42.0)
        told = await anext(events)
        assert isinstance(told, PublishedEvent) and isinstance(told.event, TemperatureMeasured)
        assert (told.seq, told.event.actual_celsius) == (1, 42.0)
    assert client.since == "b7c1.1"


async def test_resuming_goes_on_behind_the_last_frame_that_was_taken(house: House, client: Connection) -> None:
    await first(client, "snapshot")
    house.heat(1.0)
    await first(client, "temperature.measured")
    since = client.since
    await client.close()
    house.heat(2.0)
    async with connect(house.url, key=KEY, since=since) as again:
        assert again.since == since
        kinds = []
        async with aclosing(again.frames()) as frames:
            async for frame in frames:
                kinds.append(frame["type"])
                if frame["type"] == "temperature.measured":
                    assert frame["actual_celsius"] == 2.0
                    break
        assert kinds == ["status", "subscribed", "temperature.measured"]


async def test_subscription_is_heard_in_its_place(house: House, client: Connection) -> None:
    subscribed = await client.subscribe(topics=["temperature"], printers=["voron"])
    assert (subscribed["topics"], subscribed["printers"]) == (["temperature"], ["voron"])
    house.heat(1.0)
    house.heat(2.0, printer="voron")
    await first(client, "subscribed")
    assert (await first(client, "temperature.measured"))["printer"] == "voron"


async def test_program_that_never_looks_keeps_little_and_gets_a_snapshot_when_it_does(
    house: House, client: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_FRAMES", 10)
    await client.subscribe(topics=["temperature"])
    for number in range(50):
        house.heat(float(number))
        await client.ping()
        assert len(client._kept) <= 10
    kinds: list[str] = []
    async with asyncio.timeout(10), aclosing(client.events()) as events:
        async for told in events:
            kinds.append(type(told).__name__)
            if isinstance(told, Snapshot):
                break
    assert kinds == ["Snapshot"]
    house.heat(99.0)
    assert (await first(client, "temperature.measured"))["actual_celsius"] == 99.0


async def test_end_is_told_to_everybody_who_waits(house: House, client: Connection) -> None:
    never = asyncio.Event()

    async def behave(_printer: str, _request: object) -> dict[str, Any]:
        await never.wait()
        return {}

    house.fleet.behave = behave
    asking = asyncio.create_task(client.command("printer.home", "ender3"))
    await wait_until(lambda: house.fleet.requests)
    house.members[0].cut(1001, "over")
    with pytest.raises(ServiceUnreachable) as caught:
        await asking
    assert caught.value.details["close_code"] == 1001
    with pytest.raises(ServiceUnreachable):
        await first(client, "no.such")
    with pytest.raises(ServiceUnreachable):
        await client.ping()
    await client.close()
    await client.close()


@pytest.mark.parametrize("url", ["http://x/", "nonsense", "ws://"])
async def test_what_is_no_url_is_invalid(url: str) -> None:
    with pytest.raises(InvalidMessage):
        async with connect(url, key=KEY):
            pass


async def test_somebody_who_speaks_something_else_is_not_followed(house: House, client: Connection) -> None:
    house.members[0].socket.write_frame(b"not json")
    with pytest.raises(ServiceUnreachable, match="does not speak"):
        await first(client, "no.such")
