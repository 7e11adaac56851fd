"""Every operation over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.errors import Conflict, FileRejected, HydrogenError, LinkLost, NotFound, Replayed, Unavailable
from hydrogen.spooler.request import EmergencyStop, SetTemperature
from tests.web.conftest import READER_KEY, Web

HEAT = {"printer": "ender3", "params": {"heater": "tool0", "target_celsius": 205}}


async def test_an_operation_is_carried_out_and_its_result_told(web: Web) -> None:
    web.fleet.result = {"lines": 3}
    answer = await web.ask("POST", "/api/operations/printer.set_temperature", body=HEAT)
    assert (answer.status, answer.json) == (200, {"result": {"lines": 3}})
    ((printer, request),) = web.fleet.requests
    assert printer == "ender3"
    assert request == SetTemperature(heater="tool0", target_celsius=205.0, actor="owner")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "heater"),
        ({"params": {"heater": "tool0"}}, "target_celsius"),
        ({"params": {"heater": "tool0", "target_celsius": "205"}}, "target_celsius"),
        ({"params": {"heater": "tool0", "target_celsius": 205, "fan": 1}}, "fan"),
        ({**HEAT, "printer": 5}, "printer"),
        ({**HEAT, "idempotency_key": "short"}, "idempotency_key"),
        ({**HEAT, "issued_at": "yesterday"}, "issued_at"),
        ({"params": []}, "params"),
    ],
)
async def test_what_does_not_fit_is_refused_with_its_field(web: Web, body: Any, field: str) -> None:
    answer = await web.ask("POST", "/api/operations/printer.set_temperature", body=body)
    assert (answer.status, answer.code, answer.json["error"]["details"]["field"]) == (400, "invalid_message", field)
    assert web.fleet.requests == []


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotFound("x"), 404),
        (Conflict("x"), 409),
        (Replayed("x"), 409),
        (Unavailable("x"), 503),
        (FileRejected("x"), 400),
        (LinkLost("x"), 500),
    ],
)
async def test_what_the_printers_side_says_has_its_status(web: Web, error: HydrogenError, status: int) -> None:
    web.fleet.failures["ender3"] = error
    answer = await web.ask("POST", "/api/operations/printer.home")
    assert (answer.status, answer.json["error"]) == (status, error.as_wire())


async def test_scopes_and_printers_are_looked_at_and_a_refusal_is_on_record(web: Web) -> None:
    answer = await web.ask("POST", "/api/operations/printer.home", key=READER_KEY)
    assert (answer.status, answer.json["error"]["details"]["scope"]) == (403, "control")
    assert (await web.ask("POST", "/api/operations/printer.home", key=None)).status == 401
    assert (await web.ask("POST", "/api/operations/printer.home", body={"printer": "x"})).status == 404
    records = web.server._house.audit._waiting
    (record,) = [one for one in records if one["actor"] == "reader"]
    assert (record["action"], record["source"], record["result"]) == ("printer.home", "http 127.0.0.1", "forbidden")


@pytest.mark.parametrize("path", ["/api/operations/printer.fly", "/api/operations/", "/api/operations/printer.home/"])
async def test_an_unknown_operation_is_not_found(web: Web, path: str) -> None:
    assert (await web.ask("POST", path)).code == "not_found"


async def test_an_emergency_stop_takes_any_body_that_it_can_read(web: Web) -> None:
    stop = "/api/operations/printer.emergency_stop"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await web.ask("POST", stop, headers=form)).status == 200
    assert (await web.ask("POST", stop, headers=form, body=b'{"printer":"ender3"}')).status == 200
    assert web.fleet.requests == [("ender3", EmergencyStop(actor="owner"))] * 2
    assert (await web.ask("POST", "/api/operations/printer.home", headers=form, body=b"axes=x")).status == 415


async def test_the_list_tells_each_with_its_parameters_and_is_not_sent_twice(web: Web) -> None:
    answer = await web.ask("GET", "/api/operations", key=READER_KEY)
    told = {one["name"]: one for one in answer.json["operations"]}
    assert told["printer.home"]["scope"] == "control"
    assert "axes" in told["printer.home"]["params"]["properties"]
    again = await web.ask("GET", "/api/operations", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
