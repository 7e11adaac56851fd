from __future__ import annotations

from typing import Any

import pytest

from hydrogen.errors import Conflict, PrinterSilent
from hydrogen.model.printer import PrinterState, PrinterStatus
from hydrogen.octoprint.connection import connection_body
from hydrogen.spooler.request import ConnectPrinter, DisconnectPrinter
from tests.octoprint.conftest import PRINTER, Octo


def test_the_only_port_is_the_configured_one() -> None:
    printer = PrinterState(status=PrinterStatus.IDLE, port="/dev/ttyUSB0", baud=115200)
    body = connection_body("ender3", printer)
    assert body["current"] == {
        "state": "Operational",
        "port": "/dev/ttyUSB0",
        "baudrate": 115200,
        "printerProfile": "_default",
    }
    assert body["options"]["ports"] == ["/dev/ttyUSB0"]
    assert body["options"]["baudrates"] == [115200]
    assert body["options"]["printerProfiles"] == [{"id": "_default", "name": "ender3"}]


def test_what_is_closed_has_no_port() -> None:
    body = connection_body("ender3", PrinterState(port="/dev/ttyUSB0"))
    assert body["current"] == {"state": "Closed", "port": None, "baudrate": None, "printerProfile": "_default"}
    assert body["options"]["baudrates"] == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"command": "connect"}, ConnectPrinter),
        ({"command": "connect", "port": "AUTO", "baudrate": 0, "save": True, "autoconnect": False}, ConnectPrinter),
        ({"command": "connect", "port": None, "baudrate": None, "printerProfile": "_default"}, ConnectPrinter),
        ({"command": "connect", "port": "/dev/ttyUSB0", "baudrate": 115200}, ConnectPrinter),
        ({"command": "connect", "baudrate": "115200"}, ConnectPrinter),
        ({"command": "disconnect"}, DisconnectPrinter),
    ],
)
async def test_the_printer_is_connected_and_let_go(octo: Octo, body: dict[str, Any], kind: type) -> None:
    octo.connect()
    answer = await octo.ask("POST", "/api/connection", body)
    assert (answer.status, answer.body) == (204, b"")
    assert [type(request) for request in octo.requests] == [kind]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"command": "open"},
        {"command": "connect", "port": "/dev/ttyACM9"},
        {"command": "connect", "baudrate": 9600},
        {"command": "connect", "printerProfile": "other"},
    ],
)
async def test_what_cannot_be_is_refused(octo: Octo, body: dict[str, Any]) -> None:
    octo.connect()
    assert (await octo.ask("POST", "/api/connection", body)).status == 400
    assert octo.requests == []


async def test_a_fake_acknowledgement_has_nothing_to_do(octo: Octo) -> None:
    assert (await octo.ask("POST", "/api/connection", {"command": "fake_ack"})).status == 204
    assert octo.requests == []


@pytest.mark.parametrize("error", [Conflict("a job runs"), PrinterSilent("no answer")])
async def test_what_the_printer_says_against_it_is_told(octo: Octo, error: Any) -> None:
    octo.web.fleet.failures[PRINTER] = error
    answer = await octo.ask("POST", "/api/connection", {"command": "disconnect"})
    assert (answer.status, answer.json) == (409, {"error": error.message})
