"""Messages and their answers: conformance cases C23 to C33, commands, limits, defects."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from hydrogen.core.clock import ManualClock
from hydrogen.errors import Conflict, PrinterSilent, Unavailable
from hydrogen.model.codec import iso_time
from hydrogen.operations.operation import Call, NoParams, Operation
from hydrogen.spooler.request import EmergencyStop, Home, Request, SetTemperature, StartJob
from tests.support.waiting import wait_until
from tests.websocket.conftest import StartHouse
from tests.websocket.house import BENCH_KEY, READER_KEY, Client, House, ObedientFleet


class HoldingFleet(ObedientFleet):
    """Answers a home only when it is told to; everything else at once."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = asyncio.Event()
        self.behave = self._hold

    async def _hold(self, _printer: str, request: Request) -> Mapping[str, Any]:
        if isinstance(request, Home):
            await self.let_go.wait()
        return {"done": request.wire_name}


# ------------------------------------------------------------------------------------------------ status, ping


async def test_status_request_is_answered_with_the_documents_keys(house: House) -> None:
    client = await house.greeted()
    body = await client.ask(type="status")
    assert body["type"] == "status"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["status"]["server_started"])
    assert body["server_start_time"] == body["status"]["server_started"]
    assert {"sysname", "nodename", "release", "version", "machine"} <= set(body["system"])
    for key in ("totalThreads", "totalVirtualMemoryBytes", "totalResidentMemoryBytes"):
        assert type(body["status"][key]) is int
    assert (body["status"]["running"], body["status"]["shutting_down"]) == (True, False)
    flat = body["active_connections"], body["total_connections"], body["total_requests"]
    nested = body["services"]["websocket"]["status"]
    assert flat == (nested["activeConnections"], nested["totalConnections"], nested["totalRequests"])
    assert body["services"]["websocket"]["port"] == house.server.bound_port


async def test_counters_count_connections_and_complete_messages(house: House) -> None:
    def counters(body: dict[str, Any]) -> tuple[int, int, int]:
        return body["active_connections"], body["total_connections"], body["total_requests"]

    first = await house.greeted()
    assert counters(await first.ask(type="status")) == (1, 1, 1)
    assert counters(await first.ask(type="status")) == (1, 1, 2)
    await first.send_text("test_message")
    await first.first("error")
    second = await house.greeted()
    assert counters(await second.ask(type="status")) == (2, 2, 4)
    await second.socket.close()
    await wait_until(lambda: house.figures.active_connections == 1)
    assert counters(await first.ask(type="status")) == (1, 2, 5)


async def test_ping_is_answered_with_and_without_an_id(house: House) -> None:
    client = await house.greeted()
    await client.send({"type": "ping", "id": "p1", "unknown": [1]})
    assert await client.frame() == {"type": "pong", "id": "p1"}
    await client.send({"type": "ping"})
    assert await client.frame() == {"type": "pong"}


# --------------------------------------------------------------------------------------------------------- nonsense


@pytest.mark.parametrize(
    "text",
    [
        "test_message",
        "",
        "{}",
        "[]",
        '"x"',
        "null",
        "1",
        '{"type":5}',
        '{"type":null}',
        '{"type":"no-such"}',
        '{"type":"ping","id":NaN}',
        '{"type":"ping","x":Infinity}',
        '{"type":"ping","id":"\\ud800"}',
        '{"type":"ping","id":5}',
        '{"type":"ping"',
        "[" * 60_000,
        '{"a":' * 10_000,
        "9" * 60_000,
        b"\x00\x01",
        b'{"type":"ping"}',
        '{"type":"command","id":"c"}',
        '{"type":"command","operation":"system.status"}',
        '{"type":"command","id":7,"operation":"system.status"}',
        '{"type":"command","id":"c","operation":"system.status","params":[]}',
        '{"type":"command","id":"c","operation":"system.status","idempotency_key":"short"}',
        '{"type":"subscribe","topics":"job"}',
        '{"type":"subscribe","topics":["no-such"]}',
        '{"type":"subscribe","since":"x"}',
        '{"type":"subscribe","since":"b7c1.-1"}',
    ],
)
async def test_nonsense_is_answered_and_the_connection_stays(house: House, text: str | bytes) -> None:
    client = await house.greeted()
    await client.send_text(text)
    error = (await client.frame())["error"]
    assert error["code"] == "invalid_message"
    assert set(error) == {"code", "message", "details"}
    assert len(json.dumps(error)) < 2000
    assert (await client.ask(type="ping"))["type"] == "pong"


async def test_error_carries_the_id_whenever_it_was_readable(house: House) -> None:
    client = await house.greeted()
    assert (await client.ask(type="no-such"))["error"]["code"] == "invalid_message"
    assert (await client.ask(operation="x"))["error"]["details"] == {"field": "type"}
    await client.send({"type": "ping", "id": "x" * 500})
    assert "id" not in await client.frame()


async def test_hundred_invalid_messages_are_abuse(house: House) -> None:
    client = await house.greeted()
    for _ in range(100):
        await client.send_text("x")
    assert await client.closed() == 1008


async def test_valid_messages_are_no_abuse(house: House) -> None:
    client = await house.greeted()
    for _ in range(150):
        await client.send({"type": "ping"})
    for _ in range(150):
        assert await client.frame() == {"type": "pong"}


# ---------------------------------------------------------------------------------------------- fragments, sizes


async def test_fragments_make_one_message(house: House) -> None:
    client = await house.greeted()
    await client.socket.send(iter(['{"type"', ':"sta', 'tus","id":"s"}']))
    assert (await client.answer_to("s"))["total_requests"] == 1


async def test_fragments_of_two_clients_do_not_mix(house: House) -> None:
    clients = [await house.greeted(), await house.greeted()]
    gates = [asyncio.Event(), asyncio.Event()]

    async def pieces(mark: str, own: asyncio.Event, other: asyncio.Event) -> Any:
        yield '{"type":"ping",'
        own.set()
        await other.wait()
        yield f'"id":"{mark}"'
        yield "}"

    await asyncio.gather(
        clients[0].socket.send(pieces("a", gates[0], gates[1])),
        clients[1].socket.send(pieces("b", gates[1], gates[0])),
    )
    assert [await client.frame() for client in clients] == [{"type": "pong", "id": "a"}, {"type": "pong", "id": "b"}]


def padded(size: int) -> str:
    bare = '{"type":"ping","id":"p"}'
    return bare[:-1] + " " * (size - len(bare)) + "}"


@pytest.mark.parametrize("piece", [65_536, 4_096])
async def test_longest_message_is_answered_and_one_byte_more_closes(house: House, piece: int) -> None:
    def pieces(size: int) -> list[str]:
        text = padded(size)
        return [text[at : at + piece] for at in range(0, size, piece)]

    client = await house.greeted()
    await client.socket.send(iter(pieces(65_536)))
    assert await client.frame() == {"type": "pong", "id": "p"}
    await client.socket.send(iter(pieces(65_537)))
    assert await client.closed() == 1009


async def test_bad_utf8_closes_with_1007(house: House) -> None:
    client = await house.greeted()
    await client.socket.send(b'{"type":"\xff"}', text=True)
    assert await client.closed() == 1007


# --------------------------------------------------------------------------------------------------------- commands


async def test_command_reaches_the_spooler_and_its_result_comes_back(house: House) -> None:
    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        return {"fine": True}

    house.fleet.behave = behave
    client = await house.greeted()
    answer = await client.command("printer.set_temperature", heater="tool0", target_celsius=205)
    assert answer == {"type": "result", "id": "ask", "result": {"fine": True}}
    assert house.fleet.requests == [("ender3", SetTemperature(heater="tool0", target_celsius=205.0, actor="owner"))]


async def test_job_start_hands_an_absolute_path_and_a_new_id_down(house: House) -> None:
    client = await house.greeted()
    answer = await client.command("job.start", file="cube.gcode")
    assert answer["result"] == {"job": "job1"}
    request = StartJob(job="job1", path="/files/cube.gcode", file="cube.gcode", actor="owner")
    assert house.fleet.requests == [("ender3", request)]
    assert (await client.command("job.start", file="no.gcode"))["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("operation", "printer", "params", "code"),
    [
        ("printer.no_such", "ender3", {}, "not_found"),
        ("printer.home", "no-such", {}, "not_found"),
        ("printer.home", None, {}, "invalid_message"),
        ("printer.home", "ender3", {"axes": "xw"}, "invalid_message"),
        ("printer.home", "ender3", {"axis": "x"}, "invalid_message"),
        ("printer.jog", "ender3", {"x_mm": "1"}, "invalid_message"),
        ("printer.jog", "ender3", {"x_mm": True}, "invalid_message"),
        ("printer.jog", "ender3", {}, "invalid_message"),
        ("printer.set_temperature", "ender3", {"heater": "toaster", "target_celsius": 1}, "not_found"),
    ],
)
async def test_wrong_command_is_refused_and_reaches_no_printer(
    house: House, operation: str, printer: str | None, params: dict[str, Any], code: str
) -> None:
    client = await house.greeted()
    answer = await client.command(operation, printer=printer, **params)
    assert (answer["type"], answer["error"]["code"]) == ("error", code)
    assert house.fleet.requests == []


async def test_out_of_range_says_the_limit(house: House) -> None:
    client = await house.greeted()
    answer = await client.command("printer.set_temperature", heater="bed", target_celsius=300)
    assert answer["error"]["code"] == "invalid_message"
    assert answer["error"]["details"]["limit"] == 140
    answer = await client.command("printer.jog", x_mm=1e9)
    assert answer["error"]["details"]["field"] == "x_mm"
    assert answer["error"]["details"]["limit"] == 1000


async def test_printers_error_keeps_its_code_message_and_details(house: House) -> None:
    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        raise PrinterSilent("not one byte came", waited_seconds=3.0)

    house.fleet.behave = behave
    client = await house.greeted()
    answer = await client.command("printer.connect")
    error = {"code": "printer_silent", "message": "not one byte came", "details": {"waited_seconds": 3.0}}
    assert answer == {"type": "error", "id": "ask", "error": error}


async def test_scope_is_needed(house: House) -> None:
    reader = await house.greeted(key=READER_KEY)
    assert (await reader.command("printer.home"))["error"]["code"] == "forbidden"
    assert (await reader.command("printer.emergency_stop"))["error"]["code"] == "forbidden"
    assert (await reader.command("system.status", printer=None))["type"] == "result"


async def test_printers_of_others_are_out_of_reach(house: House) -> None:
    guest = await house.greeted(key=BENCH_KEY)
    assert (await guest.command("printer.home", printer="ender3"))["error"]["code"] == "forbidden"
    assert (await guest.command("printer.home", printer="voron"))["type"] == "result"
    stopped = await guest.command("printer.emergency_stop", printer=None)
    assert stopped["result"] == {"stopped": ["voron"]}


async def test_emergency_stop_without_printer_stops_all(house: House) -> None:
    client = await house.greeted()
    answer = await client.command("printer.emergency_stop", printer=None)
    assert answer["result"] == {"stopped": ["ender3", "voron"]}
    assert {name for name, request in house.fleet.requests if isinstance(request, EmergencyStop)} == {"ender3", "voron"}


async def test_emergency_stop_names_the_printers_it_could_not_reach(house: House) -> None:
    async def behave(printer: str, _request: Request) -> Mapping[str, Any]:
        if printer == "voron":
            raise Unavailable("no spooler")
        return {}

    house.fleet.behave = behave
    client = await house.greeted()
    result = (await client.command("printer.emergency_stop", printer=None))["result"]
    assert result["stopped"] == ["ender3"]
    assert result["failed"]["voron"]["code"] == "unavailable"
    alone = await client.command("printer.emergency_stop", printer="voron")
    assert alone["error"]["code"] == "unavailable"


async def test_commands_run_side_by_side_and_their_number_is_bounded(start_house: StartHouse) -> None:
    fleet = HoldingFleet()
    house = await start_house(fleet=fleet, commands_in_flight=4)
    client = await house.greeted()
    for number in range(5):
        await client.send({"type": "command", "id": f"c{number}", "operation": "printer.home", "printer": "ender3"})
    refused = await client.answer_to("c4")
    assert refused["error"]["code"] == "rate_limited"
    fleet.let_go.set()
    answered = {(await client.first("result"))["id"] for _ in range(4)}
    assert answered == {"c0", "c1", "c2", "c3"}
    assert (await client.command("printer.connect"))["type"] == "result"


@pytest.mark.parametrize("urgent", ["printer.emergency_stop", "printer.cool_down"])
async def test_making_safe_never_waits_for_other_commands(start_house: StartHouse, urgent: str) -> None:
    fleet = HoldingFleet()
    house = await start_house(fleet=fleet, commands_in_flight=2)
    client = await house.greeted()
    for number in range(3):
        await client.send({"type": "command", "id": f"c{number}", "operation": "printer.home", "printer": "ender3"})
    await client.answer_to("c2")
    assert (await client.command(urgent))["type"] == "result"
    fleet.let_go.set()


async def test_command_that_gives_no_answer_in_time_is_unavailable(start_house: StartHouse) -> None:
    house = await start_house(fleet=HoldingFleet(), command_timeout_seconds=0.05)
    client = await house.greeted()
    assert (await client.command("printer.home"))["error"]["code"] == "unavailable"


async def test_command_goes_on_when_its_client_is_gone(start_house: StartHouse) -> None:
    fleet = HoldingFleet()
    house = await start_house(fleet=fleet)
    key = "0123456789abcdef"
    first = await house.greeted()
    await first.send(
        {
            "type": "command",
            "id": "c",
            "operation": "printer.home",
            "printer": "ender3",
            "idempotency_key": key,
        }
    )
    await wait_until(lambda: fleet.requests)
    first.socket.transport.abort()
    await wait_until(lambda: house.figures.active_connections == 0)
    fleet.let_go.set()
    again = await house.greeted()
    answer = await again.ask(type="command", operation="printer.home", printer="ender3", idempotency_key=key)
    assert answer["result"] == {"done": "home"}
    assert len(fleet.requests) == 1


async def test_repeat_gives_the_first_result_and_another_digest_conflicts(house: House) -> None:
    client = await house.greeted()
    command = {"type": "command", "operation": "job.start", "printer": "ender3", "idempotency_key": "k" * 16}
    first = await client.ask(**command, params={"file": "cube.gcode"})
    second = await client.ask(**command, params={"file": "cube.gcode"})
    assert first["result"] == second["result"] == {"job": "job1"}
    other = await client.ask(**{**command, "printer": "voron"}, params={"file": "cube.gcode"})
    assert other["error"]["code"] == "conflict"
    assert len(house.fleet.requests) == 1
    assert house.fleet.requests[0][1].idempotency_key == "owner:" + "k" * 16


async def test_two_tabs_that_both_count_from_c1_get_each_what_they_asked_for(house: House) -> None:
    tabs = [await house.greeted() for _ in range(2)]
    heaters = ["tool0", "bed"]
    for number in (1, 2):
        for tab, heater in zip(tabs, heaters, strict=True):
            params = {"heater": heater, "target_celsius": float(number)}
            await tab.send(
                {
                    "type": "command",
                    "id": f"c{number}",
                    "operation": "printer.set_temperature",
                    "printer": "ender3",
                    "params": params,
                    "idempotency_key": f"{heater}-{number}-0123456789",
                }
            )
        for tab in tabs:
            assert (await tab.answer_to(f"c{number}"))["type"] == "result"
    asked = [(r.heater, r.target_celsius) for _, r in house.fleet.requests if isinstance(r, SetTemperature)]
    assert sorted(asked) == [("bed", 1.0), ("bed", 2.0), ("tool0", 1.0), ("tool0", 2.0)]


async def test_one_id_twice_is_two_commands_and_two_answers(house: House) -> None:
    client = await house.greeted()
    for axes in ("x", "y"):
        await client.send(
            {"type": "command", "id": "c1", "operation": "printer.home", "printer": "ender3", "params": {"axes": axes}}
        )
    for _ in range(2):
        assert (await client.answer_to("c1"))["type"] == "result"
    assert len(house.fleet.requests) == 2


async def test_stale_issued_at_is_replayed_and_nonsense_in_it_is_invalid(start_house: StartHouse) -> None:
    clock = ManualClock()
    house = await start_house(clock=clock, is_running=False)
    client = await house.greeted()
    command = {"type": "command", "operation": "printer.home", "printer": "ender3"}
    for issued_at, code in ((iso_time(clock.wall() - 31), "replayed"), ("yesterday", "invalid_message")):
        assert (await client.ask(**command, issued_at=issued_at))["error"]["code"] == code
    assert house.fleet.requests == []
    assert (await client.ask(**command, issued_at=iso_time(clock.wall())))["type"] == "result"


async def test_error_is_a_first_result_too(house: House) -> None:
    async def behave(_printer: str, _request: Request) -> Mapping[str, Any]:
        raise Conflict("busy")

    house.fleet.behave = behave
    client = await house.greeted()
    for _ in range(2):
        answer = await client.ask(
            type="command", operation="printer.home", printer="ender3", idempotency_key="0123456789abcdef"
        )
        assert answer["error"]["code"] == "conflict"
    assert len(house.fleet.requests) == 1


async def test_authenticate_with_an_unknown_token_leaves_the_connection_as_it_is(house: House) -> None:
    client = await house.greeted()
    assert (await client.ask(type="authenticate", token="abc"))["error"]["code"] == "auth_failed"
    assert (await client.command("printer.connect"))["type"] == "result"


# ----------------------------------------------------------------------------------------------------------- defects


async def _stumble(_call: Call) -> Mapping[str, Any]:
    raise ZeroDivisionError("a secret of the house")


async def _babble(_call: Call) -> Mapping[str, Any]:
    return {"value": float("nan")}


@pytest.mark.parametrize("handler", [_stumble, _babble])
async def test_defect_shows_an_incident_and_never_a_traceback(start_house: StartHouse, handler: Any) -> None:
    broken = Operation(name="x.broken", params=NoParams, scope="read", summary="Break", handler=handler)
    house = await start_house(extra=(broken,))
    client = await house.greeted()
    await client.send({"type": "command", "id": "c", "operation": "x.broken"})
    frames = [await client.frame(), await client.frame()]
    raised = next(frame for frame in frames if frame["type"] == "error.raised")
    answer = next(frame for frame in frames if frame["type"] == "error")
    incident = answer["error"]["details"]["incident"]
    assert answer["error"]["code"] == raised["error"]["code"] == "server_error"
    assert incident in answer["error"]["message"]
    assert "secret" not in json.dumps(frames) and "Traceback" not in json.dumps(frames)
    assert any(entry.fields.get("incident") == incident for entry in house.log.entries)
    assert (await client.ask(type="ping"))["type"] == "pong"


async def flood(client: Client, count: int) -> None:
    for _ in range(count):
        await client.send({"type": "ping"})


async def test_client_that_floods_does_not_keep_others_from_being_served(house: House) -> None:
    noisy, quiet = await house.greeted(), await house.greeted()
    flooding = asyncio.create_task(flood(noisy, 2000))
    assert (await quiet.ask(type="ping"))["type"] == "pong"
    await flooding
