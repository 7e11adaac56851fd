from __future__ import annotations

from typing import Any

import pytest

from hydrogen.errors import Conflict
from hydrogen.model.printer import PrinterStatus
from hydrogen.octoprint.printer import MOST_LINES
from hydrogen.spooler.request import Extrude, Home, Jog, MoveTo, SendGcode, SetTemperature
from tests.octoprint.conftest import PRINTER, Octo


async def test_the_printer_is_told_in_three_parts(octo: Octo) -> None:
    octo.connect()
    whole = (await octo.ask("GET", "/api/printer")).json
    assert set(whole) == {"temperature", "sd", "state"}
    assert whole["temperature"]["tool0"] == {"actual": 20.5, "target": 0.0, "offset": 0}
    assert whole["sd"] == {"ready": False}
    assert whole["state"]["text"] == "Operational"
    assert set((await octo.ask("GET", "/api/printer?exclude=sd,temperature")).json) == {"state"}


async def test_the_past_comes_if_it_is_asked_for(octo: Octo) -> None:
    octo.connect()
    assert "history" not in (await octo.ask("GET", "/api/printer")).json["temperature"]
    past = (await octo.ask("GET", "/api/printer?history=true&limit=5")).json["temperature"]["history"]
    assert past == [{"time": 100, "tool0": {"actual": 20.5, "target": 0.0}, "bed": {"actual": 21.0, "target": 0.0}}]
    tool = (await octo.ask("GET", "/api/printer/tool?history=true&limit=x")).json
    assert set(tool) == {"tool0", "history"}
    assert "bed" not in tool["history"][0]


@pytest.mark.parametrize("status", ["offline", "connecting", "error", "link_lost"])
async def test_a_printer_that_is_not_there_is_409(octo: Octo, status: str) -> None:
    octo.become(PrinterStatus(status))
    for path in ("printer", "printer/tool", "printer/bed", "printer/sd"):
        assert (await octo.ask("GET", f"/api/{path}")).status == 409
    for path, body in (
        ("printer/command", {"command": "M105"}),
        ("printer/printhead", {"command": "home", "axes": ["x"]}),
        ("printer/bed", {"command": "target", "target": 1}),
        ("printer/tool", {"command": "target", "targets": {"tool0": 1}}),
        ("job", {"command": "start"}),
    ):
        assert (await octo.ask("POST", f"/api/{path}", body)).status == 409
    assert octo.requests == []


async def test_a_heater_that_is_not_there_is_409(octo: Octo) -> None:
    octo.connect()
    assert (await octo.ask("GET", "/api/printer/chamber")).status == 409
    assert (await octo.ask("POST", "/api/printer/chamber", {"command": "target", "target": 40})).status == 409


COMMANDS: tuple[Any, ...] = (
    ("command", {"command": "M105"}, [SendGcode(lines=("M105",))]),
    ("command", {"commands": ["G91\nG0 X1", " G90 "]}, [SendGcode(lines=("G91", "G0 X1", "G90"))]),
    ("command", {"commands": []}, []),
    ("printhead", {"command": "jog", "x": 10, "y": -1.5}, [Jog(x_mm=10, y_mm=-1.5, feedrate_mm_per_minute=6000)]),
    ("printhead", {"command": "jog", "z": 1, "x": 1}, [Jog(x_mm=1, z_mm=1, feedrate_mm_per_minute=200)]),
    ("printhead", {"command": "jog", "x": 1, "speed": 30}, [Jog(x_mm=1, feedrate_mm_per_minute=30)]),
    ("printhead", {"command": "jog", "x": 0, "y": 0, "z": 0}, []),
    (
        "printhead",
        {"command": "jog", "x": 1, "absolute": True, "speed": False},
        [MoveTo(x_mm=1, feedrate_mm_per_minute=6000)],
    ),
    ("printhead", {"command": "home", "axes": ["z", "x"]}, [Home(axes="xz")]),
    ("printhead", {"command": "feedrate", "factor": 105}, [SendGcode(lines=("M220 S105",))]),
    ("printhead", {"command": "feedrate", "factor": 0.65}, [SendGcode(lines=("M220 S65",))]),
    ("tool", {"command": "flowrate", "factor": 95}, [SendGcode(lines=("M221 S95",))]),
    ("tool", {"command": "select", "tool": "tool1"}, [SendGcode(lines=("T1",))]),
    ("tool", {"command": "extrude", "amount": -5}, [Extrude(length_mm=-5, feedrate_mm_per_minute=300)]),
    ("tool", {"command": "extrude", "amount": 5, "speed": 120}, [Extrude(length_mm=5, feedrate_mm_per_minute=120)]),
    (
        "tool",
        {"command": "target", "targets": {"tool0": 220, "tool1": 205}},
        [SetTemperature(heater="tool0", target_celsius=220), SetTemperature(heater="tool1", target_celsius=205)],
    ),
    ("tool", {"command": "offset", "offsets": {"tool0": 0}}, []),
    ("bed", {"command": "target", "target": 75, "offset": 0}, [SetTemperature(heater="bed", target_celsius=75)]),
    ("bed", {"command": "offset", "offset": 0}, []),
)


async def test_a_command_becomes_a_request(octo: Octo) -> None:
    octo.connect()
    for path, body, expected in COMMANDS:
        octo.web.fleet.requests.clear()
        answer = await octo.ask("POST", f"/api/printer/{path}", body)
        assert (answer.status, answer.body) == (204, b"")
        assert [type(request) for request in octo.requests] == [type(one) for one in expected]
        for request, wanted in zip(octo.requests, expected, strict=True):
            assert request.is_same_wish(wanted)


NONSENSE: tuple[Any, ...] = (
    ("command", {}, 400),
    ("command", {"command": 5}, 400),
    ("command", {"commands": ["M105"] * (MOST_LINES + 1)}, 400),
    ("command", {"script": "x"}, 404),
    ("printhead", {"command": "jog"}, 400),
    ("printhead", {"command": "jog", "x": "far"}, 400),
    ("printhead", {"command": "fly"}, 400),
    ("printhead", {"command": "home", "axes": ["q"]}, 400),
    ("printhead", {"command": "home", "axes": []}, 400),
    ("printhead", {"command": "feedrate", "factor": 10}, 400),
    ("printhead", {"command": "feedrate"}, 400),
    ("tool", {"command": "flowrate", "factor": 200}, 400),
    ("tool", {"command": "select", "tool": "hammer"}, 400),
    ("tool", {"command": "extrude"}, 400),
    ("tool", {"command": "target", "targets": {"bed": 60}}, 400),
    ("tool", {"command": "target", "targets": {}}, 400),
    ("tool", {"command": "target", "targets": {"tool0": 999}}, 400),
    ("tool", {"command": "offset", "offsets": {"tool0": 10}}, 400),
    ("bed", {"command": "target"}, 400),
    ("bed", {"command": "target", "target": -1}, 400),
    ("sd", {"command": "init"}, 409),
    ("sd", {"command": "x"}, 400),
)


async def test_nonsense_is_refused_and_changes_nothing(octo: Octo) -> None:
    octo.connect()
    for path, body, status in NONSENSE:
        octo.web.fleet.requests.clear()
        answer = await octo.ask("POST", f"/api/printer/{path}", body)
        assert answer.status == status, answer.body
        assert isinstance(answer.json["error"], str)
        assert octo.requests == []


async def test_what_the_printer_refuses_is_409(octo: Octo) -> None:
    octo.connect()
    octo.web.fleet.failures[PRINTER] = Conflict("cannot jog while a job is printing")
    assert (await octo.ask("POST", "/api/printer/printhead", {"command": "jog", "x": 1})).status == 409


async def test_the_last_error_is_told(octo: Octo) -> None:
    assert (await octo.ask("GET", "/api/printer/error")).json == {}
    assert (await octo.ask("GET", "/api/printer/command/custom")).json == {"controls": []}
