from __future__ import annotations

from typing import Any

import pytest

from hydrogen.model.job import JobOutcome
from hydrogen.model.printer import PrinterStatus
from hydrogen.spooler.request import CancelJob, PauseJob, Request, ResumeJob, StartJob
from tests.octoprint.conftest import Octo
from tests.support.waiting import wait_until


async def test_a_job_is_told_whole(octo: Octo) -> None:
    octo.put("sub/a.gcode")
    octo.connect()
    octo.start("sub/a.gcode")
    told = (await octo.ask("GET", "/api/job")).json
    assert told["state"] == "Printing"
    assert told["job"]["file"]["path"] == "sub/a.gcode"
    assert told["job"]["file"]["size"] == 4
    assert told["job"]["user"] == "ada"
    assert set(told["job"]) >= {"estimatedPrintTime", "averagePrintTime", "lastPrintTime", "filament"}
    assert told["progress"]["completion"] == 0.0


async def test_without_a_file_everything_is_null(octo: Octo) -> None:
    octo.connect()
    octo.web.files.folder.joinpath("cube.gcode").unlink(missing_ok=True)
    assert (await octo.ask("POST", "/api/files/local/x.gcode", {"command": "unselect"})).status == 204
    told = (await octo.ask("GET", "/api/job")).json
    assert (told["job"]["file"]["name"], told["progress"]["completion"], told["state"]) == (None, None, "Operational")


async def test_the_end_of_a_job_is_told_until_something_else_comes(octo: Octo) -> None:
    octo.put("a.gcode")
    octo.put("b.gcode")
    octo.connect()
    octo.start("a.gcode")
    octo.finish(JobOutcome.COMPLETED)
    octo.become(PrinterStatus.IDLE)
    told = (await octo.ask("GET", "/api/job")).json
    assert told["progress"]["completion"] == 100.0
    assert told["progress"]["printTime"] == 61
    assert told["job"]["file"]["name"] == "a.gcode"
    await octo.ask("POST", "/api/files/local/b.gcode", {"command": "select"})
    told = (await octo.ask("GET", "/api/job")).json
    assert (told["progress"]["completion"], told["job"]["file"]["name"]) == (None, "b.gcode")


async def test_a_file_that_is_in_no_folder_is_told_by_its_name(octo: Octo) -> None:
    octo.connect()
    octo.start("gone.gcode")
    file = (await octo.ask("GET", "/api/job")).json["job"]["file"]
    assert (file["name"], file["size"], file["date"]) == ("gone.gcode", 20, None)


async def test_an_offline_printer_has_a_job_page_too(octo: Octo) -> None:
    octo.become(PrinterStatus.OFFLINE)
    assert (await octo.ask("GET", "/api/job")).json["state"] == "Offline"


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        ("printing", {"command": "pause"}, PauseJob),
        ("printing", {"command": "pause", "action": "pause"}, PauseJob),
        ("printing", {"command": "pause", "action": "toggle"}, PauseJob),
        ("printing", {"command": "pause", "action": "resume"}, None),
        ("paused", {"command": "pause"}, ResumeJob),
        ("paused", {"command": "pause", "action": "toggle"}, ResumeJob),
        ("paused", {"command": "pause", "action": "resume"}, ResumeJob),
        ("paused", {"command": "pause", "action": "pause"}, None),
        ("printing", {"command": "cancel"}, CancelJob),
        ("paused", {"command": "cancel"}, CancelJob),
    ],
)
async def test_a_job_is_paused_resumed_cancelled(
    octo: Octo, status: str, body: Any, expected: type[Request] | None
) -> None:
    octo.connect()
    octo.start("a.gcode")
    octo.become(PrinterStatus(status))
    answer = await octo.ask("POST", "/api/job", body)
    assert (answer.status, answer.body) == (204, b"")
    assert [type(request) for request in octo.requests] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    "body", [{"command": "pause"}, {"command": "cancel"}, {"command": "restart"}, {"command": "start"}]
)
async def test_without_a_job_there_is_nothing_to_be_done(octo: Octo, body: Any) -> None:
    octo.connect()
    await octo.ask("POST", "/api/files/local/x.gcode", {"command": "unselect"})
    assert (await octo.ask("POST", "/api/job", body)).status == 409
    assert octo.requests == []


@pytest.mark.parametrize("body", [{}, {"command": "fly"}, {"command": "pause", "action": "dance"}])
async def test_nonsense_is_refused(octo: Octo, body: Any) -> None:
    assert (await octo.ask("POST", "/api/job", body)).status == 400


async def test_the_selected_file_is_started(octo: Octo) -> None:
    octo.put("a.gcode")
    octo.connect()
    await octo.ask("POST", "/api/files/local/a.gcode", {"command": "select"})
    assert (await octo.ask("POST", "/api/job", {"command": "start"})).status == 204
    [request] = octo.requests
    assert isinstance(request, StartJob)
    assert request.file == "a.gcode"
    octo.start("a.gcode")
    assert (await octo.ask("POST", "/api/job", {"command": "start"})).status == 409


async def test_a_paused_job_begins_anew_once_it_has_ended(octo: Octo) -> None:
    octo.put("a.gcode")
    octo.connect()
    octo.start("a.gcode")
    assert (await octo.ask("POST", "/api/job", {"command": "restart"})).status == 409
    octo.become(PrinterStatus.PAUSED)
    assert (await octo.ask("POST", "/api/job", {"command": "restart"})).status == 204
    assert [type(request) for request in octo.requests] == [CancelJob]
    octo.become(PrinterStatus.IDLE)
    await wait_until(lambda: len(octo.requests) == 2)
    assert isinstance(octo.requests[-1], StartJob)
    assert octo.requests[-1].file == "a.gcode"
