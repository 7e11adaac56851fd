"""One client: the greeting, subscriptions, coming back, and the order that it can rely on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hydrogen.model.codec import event_from_plain, plain, value_from_plain
from hydrogen.model.events import (
    ErrorRaised,
    HostMeasured,
    JobProgressed,
    PrinterConnected,
    PrinterStateChanged,
    PublishedEvent,
    TemperatureMeasured,
)
from hydrogen.model.host import HostState
from hydrogen.model.printer import ErrorReport, PrinterStatus
from hydrogen.model.reduce import reduce
from hydrogen.model.state import State
from hydrogen.spooler.request import Request
from tests.websocket.conftest import StartHouse
from tests.websocket.house import BENCH_KEY, READER_KEY, Client, House


def fault(printer: str | None = "ender3", code: str = "x") -> ErrorRaised:
    return ErrorRaised(at=1.0, printer=printer, error=ErrorReport(code=code, message="m"))


async def frames_until(client: Client, type_name: str) -> list[dict[str, Any]]:
    """Frames up to and with the first of this type."""
    frames = [await client.frame()]
    while frames[-1]["type"] != type_name:
        frames.append(await client.frame())
    return frames


# -------------------------------------------------------------------------------------------------------- greeting


async def test_first_frames_are_status_and_snapshot(house: House) -> None:
    house.heat(204.9)
    client = await house.client()
    status, snapshot = await client.frame(), await client.frame()
    assert status["type"] == "status"
    assert (status["epoch"], status["active_connections"], status["total_requests"]) == ("b7c1", 1, 0)
    assert (snapshot["type"], snapshot["epoch"], snapshot["seq"]) == ("snapshot", "b7c1", 1)
    ender3 = snapshot["state"]["printers"]["ender3"]
    assert ender3["status"] == "idle"
    assert ender3["heaters"]["tool0"] == {"actual_celsius": 204.9, "target_celsius": None, "power": None}
    assert ender3["job"] is None
    assert set(snapshot["state"]) >= {"printers", "sensors", "host"}


async def test_event_is_a_flat_frame(house: House) -> None:
    client = await house.greeted()
    house.publish(
        TemperatureMeasured(
            at=0.5, printer="ender3", heater="tool0", actual_celsius=204.9, target_celsius=205.0, power=0.63
        )
    )
    assert await client.frame() == {
        "type": "temperature.measured",
        "seq": 1,
        "at": "1970-01-01T00:00:00.500Z",
        "printer": "ender3",
        "heater": "tool0",
        "actual_celsius": 204.9,
        "target_celsius": 205.0,
        "power": 0.63,
    }


async def test_listening_client_gets_status_again_and_again(start_house: StartHouse) -> None:
    house = await start_house(status_interval_seconds=0.02)
    client = await house.client()
    told = [await client.first("status") for _ in range(3)]
    assert all(body["status"]["running"] for body in told)


async def test_long_part_of_the_status_needs_its_scope(start_house: StartHouse) -> None:
    house = await start_house(status_interval_seconds=0.02)
    owner, reader = await house.client(), await house.client(key=READER_KEY)
    for _ in range(2):
        long, short = await owner.first("status"), await reader.first("status")
        assert {"network", "filesystems", "logged_in_users"} <= set(long["system"])
        assert "files" in long["status"]
        assert not {"network", "filesystems", "logged_in_users"} & set(short["system"])
        assert "files" not in short["status"]


async def test_printers_of_others_are_not_shown(house: House) -> None:
    client = await house.client(key=BENCH_KEY)
    snapshot = await client.first("snapshot")
    assert set(snapshot["state"]["printers"]) == {"voron"}
    house.heat(1.0, printer="ender3")
    house.publish(fault("ender3"), fault(None))
    house.heat(2.0, printer="voron")
    assert (await client.frame())["type"] == "error.raised"
    assert (await client.frame())["printer"] == "voron"


# ------------------------------------------------------------------------------------------------- subscriptions


async def test_subscription_replaces_the_former_one(house: House) -> None:
    client = await house.greeted()
    answer = await client.ask(type="subscribe", topics=["job"], printers=["voron"])
    assert answer == {
        "type": "subscribed",
        "id": "ask",
        "epoch": "b7c1",
        "seq": 0,
        "topics": ["job"],
        "printers": ["voron"],
        "resumed": False,
    }
    house.heat(1.0)
    house.publish(JobProgressed(at=1.0, printer="ender3", job="j", fraction=0.1, lines_done=1, bytes_done=1))
    house.publish(JobProgressed(at=1.0, printer="voron", job="j", fraction=0.1, lines_done=1, bytes_done=1))
    assert (await client.frame())["seq"] == 3
    await client.ask(type="subscribe", topics=["temperature"])
    house.heat(2.0)
    assert (await client.frame())["seq"] == 4


async def test_no_topics_is_all_but_terminal_and_an_empty_list_is_none(house: House) -> None:
    client = await house.greeted()
    answer = await client.ask(type="subscribe")
    assert "terminal" not in answer["topics"] and "temperature" in answer["topics"]
    assert answer["printers"] is None
    assert (await client.ask(type="subscribe", topics=[]))["topics"] == []
    house.heat(1.0)
    house.publish(HostMeasured(at=1.0, host=HostState()))
    assert (await client.ask(type="ping"))["type"] == "pong"


async def test_errors_and_status_flow_whatever_is_subscribed(start_house: StartHouse) -> None:
    house = await start_house(status_interval_seconds=0.02)
    client = await house.greeted()
    await client.ask(type="subscribe", topics=[], printers=["voron"])
    house.publish(fault("ender3"))
    assert (await client.first("error.raised"))["printer"] == "ender3"
    assert await client.first("status")


async def test_topic_without_its_scope_is_forbidden_and_left_out_where_it_is_not_named(house: House) -> None:
    client = await house.greeted(key=READER_KEY)
    answer = await client.ask(type="subscribe", topics=["job", "terminal"])
    assert answer["error"]["code"] == "forbidden"
    assert answer["error"]["details"] == {"topic": "terminal", "scope": "control"}
    assert (await client.ask(type="subscribe", topics=["job"]))["topics"] == ["job"]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"topics": ["job", "no-such"]}, "invalid_message"),
        ({"printers": ["no-such"]}, "not_found"),
        ({"since": "b7c1"}, "invalid_message"),
        ({"since": "b7c1.x"}, "invalid_message"),
        ({"since": "b7c1.99999999999999999999"}, "invalid_message"),
        ({"topics": [5]}, "invalid_message"),
    ],
)
async def test_wrong_subscription_changes_nothing(house: House, message: dict[str, Any], code: str) -> None:
    client = await house.greeted()
    answer = await client.ask(type="subscribe", **message)
    assert answer["error"]["code"] == code
    house.heat(1.0)
    assert (await client.frame())["type"] == "temperature.measured"


# ------------------------------------------------------------------------------------------------------ coming back


async def test_resume_gives_all_facts_and_the_last_samples_and_then_live(house: House) -> None:
    house.heat(1.0)
    house.publish(fault(code="one"))
    for celsius in range(5):
        house.heat(float(celsius))
    house.publish(fault(code="two"))
    client = await house.greeted()
    answer = await client.ask(type="subscribe", since="b7c1.1")
    assert (answer["seq"], answer["resumed"]) == (8, True)
    house.heat(9.0)
    replayed = [await client.frame() for _ in range(4)]
    assert [frame["seq"] for frame in replayed] == [2, 7, 8, 9]
    assert replayed[1]["actual_celsius"] == 4.0


@pytest.mark.parametrize("since", ["other.1", "b7c1.999"])
async def test_resume_from_another_life_or_from_the_future_is_a_snapshot(house: House, since: str) -> None:
    house.heat(1.0)
    client = await house.greeted()
    answer = await client.ask(type="subscribe", since=since)
    assert answer["resumed"] is False
    assert (await client.frame())["type"] == "snapshot"
    house.heat(2.0)
    assert (await client.frame())["seq"] == 2


async def test_resume_from_before_the_ring_is_a_snapshot(house: House) -> None:
    for _ in range(4100):
        house.publish(fault())
    client = await house.greeted()
    await client.ask(type="subscribe", since="b7c1.1")
    assert (await client.frame())["type"] == "snapshot"


async def test_resume_of_a_whole_ring_loses_no_fact(house: House) -> None:
    for _ in range(4000):
        house.publish(fault())
    client = await house.client("?since=b7c1.0")
    await client.first("subscribed")
    assert [(await client.frame())["seq"] for _ in range(4000)] == list(range(1, 4001))


async def test_resume_by_url_comes_without_a_snapshot(house: House) -> None:
    house.publish(fault(code="one"), fault(code="two"))
    house.heat(3.0)
    client = await house.client("?since=b7c1.1&topics=job")
    assert [(await client.frame())["type"] for _ in range(3)] == ["status", "subscribed", "error.raised"]
    assert house.members[0].outbox.last_seq == house.context.seq
    house.heat(4.0)
    house.publish(JobProgressed(at=1.0, printer="voron", job="j", fraction=0.1, lines_done=1, bytes_done=1))
    assert (await client.frame())["type"] == "job.progressed"


async def test_resume_by_url_from_another_life_gets_a_snapshot(house: House) -> None:
    client = await house.client("?since=dead.1")
    assert [(await client.frame())["type"] for _ in range(3)] == ["status", "subscribed", "snapshot"]


async def test_topics_in_the_url_come_into_force_after_the_snapshot(house: House) -> None:
    client = await house.client("?topics=job,error&printers=ender3")
    frames = await frames_until(client, "subscribed")
    assert [frame["type"] for frame in frames] == ["status", "snapshot", "subscribed"]
    assert frames[-1]["topics"] == ["error", "job"]


@pytest.mark.parametrize("query", ["since=nonsense", "topics=nonsense", "printers=nonsense", "since=b7c1.0&topics=x"])
async def test_nonsense_in_the_url_is_answered_and_the_greeting_is_the_usual_one(house: House, query: str) -> None:
    client = await house.client(f"?{query}")
    frames = await frames_until(client, "snapshot")
    assert [frame["type"] for frame in frames] == ["status", "error", "snapshot"]


# ------------------------------------------------------------------------------------------------ order, no gap


async def test_clients_that_join_while_events_fly_miss_nothing(start_house: StartHouse) -> None:
    house = await start_house()
    total = 1500

    async def publish() -> None:
        for number in range(total):
            if number % 7:
                house.heat(float(number), heater=f"tool{number % 3}")
            else:
                status = (PrinterStatus.IDLE, PrinterStatus.PRINTING)[number % 2]
                house.publish(PrinterStateChanged(at=1.0, printer="voron", status=status))
            if number % 5 == 0:
                await asyncio.sleep(0)

    async def follow(delay_turns: int) -> None:
        for _ in range(delay_turns):
            await asyncio.sleep(0)
        client = await house.client()
        snapshot = await client.first("snapshot")
        seq = snapshot["seq"]
        printers = value_from_plain(State, snapshot["state"])
        facts = 0
        while seq < total:
            frame = await client.frame()
            if frame["type"] == "status":
                continue
            assert frame["seq"] > seq
            facts += frame["type"] == "printer.state_changed"
            seq = frame["seq"]
            event = event_from_plain(frame)
            assert event is not None
            printers = reduce(printers, event)
        assert plain(printers) == plain(house.context.state)
        first = snapshot["seq"]
        assert facts == sum(1 for number in range(first, total) if number % 7 == 0)

    await asyncio.gather(publish(), *(follow(turns * 40) for turns in range(8)))


async def test_event_published_within_an_event_keeps_the_order(house: House) -> None:
    def answer_back(published: Any) -> None:
        if isinstance(published.event, PrinterConnected):
            house.heat(1.0)

    house.bus.listen(answer_back, name="echo")
    first, second = await house.greeted(), await house.greeted()
    house.publish(PrinterConnected(at=1.0, printer="ender3", port="/dev/x"))
    for client in (first, second):
        assert [(await client.frame())["seq"] for _ in range(2)] == [1, 2]


async def test_nothing_that_a_snapshot_or_a_replay_holds_is_sent_again(house: House) -> None:
    clients: list[Client] = []

    def let_somebody_in(published: PublishedEvent) -> None:
        member.greet()  # its snapshot holds this event, of which the broadcast has yet to hear

    house.heat(1.0)
    clients.append(await house.greeted())
    member = house.members[0]
    house.server._unlisten.pop(0)()
    house.bus.listen(let_somebody_in, name="test")
    house.bus.listen(house.server._broadcaster.on_published, name="broadcast")
    house.heat(2.0)
    assert [(await clients[0].frame())["type"] for _ in range(2)] == ["status", "snapshot"]
    await clients[0].ask(type="ping")


async def test_replay_is_not_repeated_by_what_comes_live(house: House) -> None:
    house.heat(1.0)
    client = await house.greeted()
    house.heat(2.0, printer="voron")
    await client.ask(type="subscribe", since="b7c1.1", printers=["ender3"])
    assert house.members[0].outbox.last_seq == 2
    house.heat(3.0)
    assert (await client.frame())["seq"] == 3


async def test_result_and_events_of_a_command_both_arrive(house: House) -> None:
    async def behave(printer: str, _request: Request) -> dict[str, Any]:
        house.publish(PrinterConnected(at=1.0, printer=printer, port="/dev/x"))
        return {}

    house.fleet.behave = behave
    client = await house.greeted()
    await client.send({"type": "command", "id": "c", "operation": "printer.connect", "printer": "ender3"})
    assert {(await client.frame())["type"] for _ in range(2)} == {"printer.connected", "result"}
