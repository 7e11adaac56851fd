"""The service: ports, room, the way down."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from hydrogen.errors import PortsExhausted
from hydrogen.spooler.request import Request
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import House, ObedientFleet
from tests.websocket.test_websocket_broadcast import stalled_client


def listening(port: int) -> socket.socket:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.bind(("127.0.0.1", port))
    taken.listen()
    return taken


def row_of_free_ports(count: int) -> int:
    """The first of so many ports in a row that nobody listens on."""
    for first in range(20_000, 60_000, count):
        with ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(listening(port))
            except OSError:
                continue
            return first
    raise AssertionError("no free ports")


# ----------------------------------------------------------------------------------------------------------- ports


async def test_taken_port_is_passed_over_and_the_bound_one_is_told(start_house: StartHouse) -> None:
    first = row_of_free_ports(4)
    with listening(first), listening(first + 1):
        house = await start_house(port=first)
    assert house.server.bound_port == first + 2
    body = await (await house.client()).frame()
    assert body["services"]["websocket"]["port"] == first + 2
    assert any(entry.fields.get("port") == first + 2 for entry in house.log.entries if entry.event == "websocket bound")


async def test_ten_taken_ports_end_the_search_with_the_reasons(start_house: StartHouse) -> None:
    first = row_of_free_ports(11)
    with ExitStack() as stack:
        for port in range(first, first + 10):
            stack.enter_context(listening(port))
        with pytest.raises(PortsExhausted) as caught:
            await start_house(port=first)
    assert set(caught.value.details["ports"]) == {str(port) for port in range(first, first + 10)}
    assert "in use" in caught.value.message


async def test_without_fallback_a_taken_port_is_an_error(start_house: StartHouse) -> None:
    first = row_of_free_ports(2)
    with listening(first), pytest.raises(PortsExhausted) as caught:
        await start_house(port=first, port_fallback=False)
    assert list(caught.value.details["ports"]) == [str(first)]


async def test_address_that_is_not_ours_is_an_error_at_once(start_house: StartHouse) -> None:
    with pytest.raises(PortsExhausted) as caught:
        await start_house(host="198.51.100.7", port=row_of_free_ports(2))
    assert len(caught.value.details["ports"]) == 1


# ------------------------------------------------------------------------------------------------------------ room


async def refused_with(house: House, **options: Any) -> tuple[int, str, str | None]:
    with pytest.raises(InvalidStatus) as caught:
        await house.client(**options)
    response = caught.value.response
    code = json.loads(response.body or b"")["error"]["code"]
    return response.status_code, code, response.headers.get("Retry-After")


@pytest.mark.parametrize("limit", ["max_connections", "max_connections_per_address"])
async def test_no_more_clients_than_there_is_room_for(start_house: StartHouse, limit: str) -> None:
    house = await start_house(**{limit: 2})
    first = await house.greeted()
    await house.greeted()
    status, code, retry_after = await refused_with(house)
    assert (status, code) == (503, "unavailable")
    assert 1 <= int(retry_after or 0) <= 5
    await first.socket.close()
    await wait_until(lambda: house.figures.active_connections == 1)
    assert await house.greeted()


async def test_strangers_take_no_seat(start_house: StartHouse) -> None:
    house = await start_house(max_connections=1)
    for _ in range(3):
        assert (await refused_with(house, key="wrong-key-000"))[0] == 401
    assert await house.greeted()


# -------------------------------------------------------------------------------------------------------- shutdown


async def test_every_client_is_closed_with_1001(house: House) -> None:
    clients = [await house.greeted() for _ in range(5)]
    closing = [asyncio.create_task(client.closed()) for client in clients]
    async with asyncio.timeout(20):
        await house.server.close_clients()
        assert await asyncio.gather(*closing) == [1001] * 5
    await wait_until(lambda: house.figures.active_connections == 0)


async def test_client_that_does_not_answer_the_farewell_is_cut_off(house: House) -> None:
    await stalled_client(house)
    client = await house.greeted()
    closing = asyncio.create_task(client.closed())
    async with asyncio.timeout(20):
        await house.server.close_clients()
    assert await closing == 1001
    await wait_until(lambda: house.figures.active_connections == 0)


async def test_newcomers_are_refused_and_those_inside_are_told(house: House) -> None:
    client = await house.greeted()
    house.server.refuse()
    body = await client.first("status")
    assert (body["status"]["running"], body["status"]["shutting_down"]) == (False, True)
    assert (await refused_with(house))[:2] == (503, "unavailable")
    assert (await client.ask(type="ping"))["type"] == "pong"


async def test_command_in_flight_gets_its_answer_before_the_farewell(start_house: StartHouse) -> None:
    fleet = ObedientFleet()
    let_go = asyncio.Event()

    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        await let_go.wait()
        return {"done": True}

    fleet.behave = behave
    house = await start_house(fleet=fleet, drain_seconds=5.0)
    client = await house.greeted()
    await client.send({"type": "command", "id": "c", "operation": "printer.home", "printer": "ender3"})
    await wait_until(lambda: fleet.requests)
    closing = asyncio.create_task(house.server.close_clients())
    await wait_until(lambda: house.figures.is_shutting_down)
    let_go.set()
    assert (await client.answer_to("c"))["result"] == {"done": True}
    assert await client.closed() == 1001
    await closing


async def test_command_that_never_ends_does_not_hold_the_shutdown(start_house: StartHouse) -> None:
    fleet = ObedientFleet()

    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        await asyncio.Event().wait()
        return {}

    fleet.behave = behave
    house = await start_house(fleet=fleet, drain_seconds=0.01)
    client = await house.greeted()
    await client.send({"type": "command", "id": "c", "operation": "printer.home", "printer": "ender3"})
    await wait_until(lambda: fleet.requests)
    async with asyncio.timeout(20):
        await house.server.close_clients()
        await house.server.release()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "printer.home"]


async def test_release_frees_the_port_and_may_be_called_twice(house: House) -> None:
    port = house.server.bound_port
    await house.greeted()
    await house.server.release()
    await house.server.release()
    assert house.server.bound_port == 0
    listening(port).close()


async def test_half_open_handshake_does_not_hold_the_release(house: House) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", house.server.bound_port)
    writer.write(b"GET / HTTP/1.1\r\n")
    await wait_until(lambda: house.guests == 1)
    async with asyncio.timeout(20):
        await house.server.close_clients()
        await house.server.release()
    assert house.guests == 0
    writer.close()


async def test_status_pushed_by_itself_satisfies_the_originals_clients(start_house: StartHouse) -> None:
    house = await start_house(status_interval_seconds=0.02)
    client = await house.client()
    for _ in range(3):
        body = await client.first("status")
        assert body["system"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["status"]["server_started"])
