"""From a request to an operation."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.requests import Request

from hydrogen.errors import InvalidMessage
from hydrogen.operations.backlog import AddParams
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.printer import HomeParams
from hydrogen.web.command import Wish, key_of, params_in
from hydrogen.web.print_queue import AddBody
from tests.web.conftest import StartWeb, Web

KEY_A, KEY_B = "a" * 16, "b" * 16


def asked(header: str | None = None) -> Request:
    headers = [] if header is None else [(b"idempotency-key", header.encode())]
    return Request({"type": "http", "headers": headers})


def test_the_idempotency_key_stands_in_the_body_or_in_the_header() -> None:
    assert key_of(asked(), Wish()) is None
    assert key_of(asked(KEY_A), Wish()) == KEY_A
    assert key_of(asked(KEY_A), Wish(idempotency_key=KEY_B)) == KEY_B
    with pytest.raises(InvalidMessage):
        key_of(asked("short"), Wish())


def test_of_a_body_only_the_parameters_that_were_given_go_on() -> None:
    told = AddBody(file="a.gcode", printer="ender3", priority=3)
    assert params_in(told, AddParams) == {"file": "a.gcode", "priority": 3}
    assert params_in(told, HomeParams) == {}


@pytest.mark.parametrize("moment", ["AAA", "2026-11-29", "2026-11-29T05:00:00", "0000-01-01T00:00:00Z", 5, ""])
def test_a_moment_has_its_zone(moment: Any) -> None:
    with pytest.raises(InvalidMessage):
        model_from_plain(Wish, {"issued_at": moment})


async def test_the_same_key_is_carried_out_once(web: Web) -> None:
    for headers, body in (({"Idempotency-Key": KEY_A}, {}), ({}, {"idempotency_key": KEY_A})):
        answer = await web.ask("POST", "/api/operations/printer.home", headers=headers, body=body)
        assert answer.status == 200
    assert len(web.fleet.requests) == 1
    other = await web.ask("POST", "/api/operations/printer.connect", body={"idempotency_key": KEY_A})
    assert (other.status, other.code) == (409, "conflict")


async def test_what_does_not_answer_in_time_is_unavailable(
    start_web: StartWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(_printer: str, _request: object) -> Any:
        await asyncio.Event().wait()

    web = await start_web(command_seconds=0.01)
    monkeypatch.setattr(web.fleet, "request", hang)
    answer = await web.ask("POST", "/api/operations/printer.home")
    assert (answer.status, answer.code) == (503, "unavailable")
    assert "no answer in time" in answer.json["error"]["message"]
