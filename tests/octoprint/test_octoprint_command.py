from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

import hydrogen.octoprint.command
from hydrogen.errors import InvalidMessage, LinkLost
from hydrogen.octoprint.command import command_of
from hydrogen.spooler.request import Request
from tests.octoprint.conftest import Octo
from tests.support.waiting import wait_until


@pytest.mark.parametrize("body", [{}, {"command": 5}, {"command": "fly"}])
def test_an_unknown_command_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidMessage, match="expected one of walk, run"):
        command_of(body, ("walk", "run"))
    assert command_of({"command": "run"}, ("walk", "run")) == "run"


@pytest.mark.parametrize("error", [None, LinkLost("the cable is out")])
async def test_a_long_command_goes_on_behind_its_answer(
    octo: Octo, monkeypatch: pytest.MonkeyPatch, error: LinkLost | None
) -> None:
    may_end, is_over = asyncio.Event(), asyncio.Event()

    async def slow(_printer: str, _request: Request) -> Mapping[str, Any]:
        await may_end.wait()
        is_over.set()
        if error is not None:
            raise error
        return {"replies": []}

    monkeypatch.setattr(octo.web.fleet, "request", slow)
    monkeypatch.setattr(hydrogen.octoprint.command.FaceCommander.promptly, "__kwdefaults__", {"seconds": 0.05})
    octo.connect()
    answer = await octo.ask("POST", "/api/printer/command", {"command": "G28"}, headers={"Connection": "keep-alive"})
    assert answer.status == 204
    assert not is_over.is_set()
    may_end.set()
    await wait_until(is_over.is_set)
    if error is not None:
        await wait_until(lambda: octo.web.reports)
        assert octo.web.reports == [("printer.send_gcode", error)]
    else:
        assert octo.web.reports == []
