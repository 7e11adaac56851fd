"""From an operation on a printer to the spooler's request."""

from __future__ import annotations

from typing import Any

import pytest

from hydrogen.auth.principal import Principal
from hydrogen.errors import InvalidMessage, NotFound, SpoolerLost, Unavailable
from hydrogen.gcode.tuning import TuningTracker
from hydrogen.operations.codec import model_from_plain
from hydrogen.operations.operation import Operation
from hydrogen.operations.printer import printer_operations
from hydrogen.spooler.request import (
    AnswerPrompt,
    ConnectPrinter,
    CoolDown,
    DisconnectPrinter,
    EmergencyStop,
    Extrude,
    Home,
    Jog,
    MoveTo,
    Request,
    SendGcode,
    SetTemperature,
)
from tests.operations.fleet import WillingFleet, call, named


def operation(name: str, fleet: WillingFleet | None = None) -> Operation:
    return named(printer_operations(fleet or WillingFleet()), f"printer.{name}")


@pytest.mark.parametrize(
    ("name", "params", "request_"),
    [
        ("connect", {}, ConnectPrinter()),
        ("disconnect", {}, DisconnectPrinter()),
        ("send_gcode", {"lines": ["G28", "M105"]}, SendGcode(lines=("G28", "M105"))),
        (
            "set_temperature",
            {"heater": "tool0", "target_celsius": 205},
            SetTemperature(heater="tool0", target_celsius=205.0),
        ),
        ("home", {}, Home(axes="")),
        ("home", {"axes": "xy"}, Home(axes="xy")),
        ("jog", {"z_mm": -0.1}, Jog(z_mm=-0.1, feedrate_mm_per_minute=3000.0)),
        ("move", {"x_mm": 10, "y_mm": 0.5}, MoveTo(x_mm=10.0, y_mm=0.5, feedrate_mm_per_minute=3000.0)),
        ("extrude", {"length_mm": 5, "tool": 1}, Extrude(length_mm=5.0, tool=1, feedrate_mm_per_minute=200.0)),
        ("answer_prompt", {}, AnswerPrompt(button="")),
        ("answer_prompt", {"button": 1}, AnswerPrompt(button="1")),
        ("answer_prompt", {"button": "Continue"}, AnswerPrompt(button="Continue")),
        ("cool_down", {}, CoolDown()),
    ],
)
async def test_operation_becomes_a_request(name: str, params: dict[str, Any], request_: Request) -> None:
    fleet = WillingFleet()
    fleet.result = {"replies": ["ok"]}
    result = await call(operation(name, fleet), params)
    [(printer, made)] = fleet.requests
    assert (printer, type(made), made.actor) == ("ender3", type(request_), "owner")
    expected = {field: getattr(request_, field) for field in request_.__dataclass_fields__ if field != "actor"}
    assert {field: getattr(made, field) for field in expected} == expected
    assert result == {"replies": ["ok"]}


@pytest.mark.parametrize(
    ("name", "params", "line"),
    [
        ("set_feedrate", {"percent": 80}, "M220 S80"),
        ("set_flow", {"percent": 95}, "M221 S95"),
        ("set_fan", {"percent": 50}, "M106 S128"),
        ("set_fan", {"percent": 100, "fan": 1}, "M106 P1 S255"),
        ("set_fan", {"percent": 0}, "M107"),
        ("select_tool", {"tool": 1}, "T1"),
    ],
)
async def test_operation_becomes_a_line(name: str, params: dict[str, Any], line: str) -> None:
    fleet = WillingFleet()
    fleet.result = {"replies": ["ok"]}
    assert await call(operation(name, fleet), params) == {}
    [(_, made)] = fleet.requests
    assert isinstance(made, SendGcode)
    assert (made.lines, made.actor) == ((line,), "owner")


@pytest.mark.parametrize("by_fraction", [False, True])
async def test_every_speed_of_a_fan_is_what_the_firmware_makes_of_it(by_fraction: bool) -> None:
    for percent in range(101):
        fleet = WillingFleet()
        await call(operation("set_fan", fleet), {"percent": percent})
        [(_, made)] = fleet.requests
        assert isinstance(made, SendGcode)
        tuning = TuningTracker(fans_by_fraction=by_fraction)
        tuning.obey(made.lines[0].encode(), 0)
        assert tuning.value.fans_percent["0"] == pytest.approx(percent, abs=0.25)


@pytest.mark.parametrize(
    ("name", "params", "field", "limit"),
    [
        ("send_gcode", {"lines": []}, "lines", 1),
        ("send_gcode", {"lines": ["G28"] * 101}, "lines", 100),
        ("send_gcode", {"lines": [""]}, "lines.0", 1),
        ("send_gcode", {"lines": ["x" * 97]}, "lines.0", 96),
        ("send_gcode", {"lines": ["G28\nM112"]}, "lines.0", None),
        ("send_gcode", {"lines": ["G28\x00"]}, "lines.0", None),
        ("send_gcode", {"lines": "G28"}, "lines", None),
        ("send_gcode", {"line": "G28"}, "lines", None),
        ("set_temperature", {"heater": "tool0"}, "target_celsius", None),
        ("set_temperature", {"heater": "tool0", "target_celsius": "205"}, "target_celsius", None),
        ("set_temperature", {"heater": "tool0", "target_celsius": True}, "target_celsius", None),
        ("set_temperature", {"heater": "tool0", "target_celsius": float("nan")}, "target_celsius", None),
        ("home", {"axes": "xx"}, "axes", None),
        ("home", {"axes": "e"}, "axes", None),
        ("home", {"axes": "x\n"}, "axes", None),
        ("jog", {}, "", None),
        ("jog", {"x_mm": 1001}, "x_mm", 1000),
        ("jog", {"x_mm": 1, "feedrate_mm_per_minute": 0}, "feedrate_mm_per_minute", 0),
        ("extrude", {}, "length_mm", None),
        ("extrude", {"length_mm": 501}, "length_mm", 500),
        ("extrude", {"length_mm": 1, "tool": 16}, "tool", 15),
        ("extrude", {"length_mm": 1, "tool": 1.0}, "tool", None),
        ("connect", {"force": True}, "force", None),
    ],
)
def test_wrong_params_name_their_field_and_limit(
    name: str, params: dict[str, Any], field: str, limit: float | None
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        model_from_plain(operation(name).params, params, what=f"printer.{name}")
    assert caught.value.details["field"] == field
    assert caught.value.details.get("limit") == limit
    assert caught.value.details["reason"]


@pytest.mark.parametrize(
    ("heater", "target", "limit"),
    [("tool0", 320.5, 320), ("tool1", 1000, 320), ("bed", 141, 140), ("chamber", 91, 90), ("bed", -1, 0)],
)
async def test_target_out_of_range_is_refused_with_the_limit(heater: str, target: float, limit: float) -> None:
    fleet = WillingFleet()
    with pytest.raises(InvalidMessage) as caught:
        await call(operation("set_temperature", fleet), {"heater": heater, "target_celsius": target})
    assert caught.value.details["limit"] == limit
    assert fleet.requests == []


@pytest.mark.parametrize(("heater", "target"), [("tool0", 320), ("bed", 140), ("chamber", 90), ("bed", 0)])
async def test_target_on_the_limit_is_fine(heater: str, target: float) -> None:
    fleet = WillingFleet()
    await call(operation("set_temperature", fleet), {"heater": heater, "target_celsius": target})
    assert len(fleet.requests) == 1


@pytest.mark.parametrize("heater", ["toaster", "probe", "tool", "toolbox", "bedside", "TOOL0"])
async def test_what_is_no_heater_is_not_found(heater: str) -> None:
    with pytest.raises(NotFound):
        await call(operation("set_temperature"), {"heater": heater, "target_celsius": 1})


async def test_repeat_key_goes_down_with_what_must_not_repeat_and_not_with_what_makes_safe() -> None:
    fleet = WillingFleet()
    await call(operation("home", fleet), key="k" * 16)
    await call(operation("cool_down", fleet), key="k" * 16)
    await call(operation("emergency_stop", fleet), key="k" * 16)
    keys = [request.idempotency_key for _, request in fleet.requests]
    assert keys == ["owner:" + "k" * 16, None, None]


async def test_emergency_stop_without_printer_stops_all_that_the_caller_may_control() -> None:
    fleet = WillingFleet("a", "b", "c")
    guest = Principal(name="guest", printers=frozenset({"a", "c"}))
    assert await call(operation("emergency_stop", fleet), printer=None, principal=guest) == {"stopped": ["a", "c"]}
    assert fleet.requests == [("a", EmergencyStop(actor="guest")), ("c", EmergencyStop(actor="guest"))]


async def test_emergency_stop_reports_whom_it_did_not_reach() -> None:
    fleet = WillingFleet("a", "b")
    fleet.failures["a"] = SpoolerLost("gone")
    result = await call(operation("emergency_stop", fleet), printer=None)
    assert result["stopped"] == ["b"]
    assert result["failed"] == {"a": {"code": "spooler_lost", "message": "gone", "details": {}}}


async def test_emergency_stop_says_when_each_firmware_acts_on_it() -> None:
    fleet = WillingFleet("a", "b")
    fleet.result = {"emergency": [{"line": "M112", "seen": "on arrival", "confirmed": False}]}
    result = await call(operation("emergency_stop", fleet), printer=None)
    assert result["emergency"] == {"a": fleet.result["emergency"], "b": fleet.result["emergency"]}


async def test_emergency_stop_that_reached_nobody_is_an_error() -> None:
    fleet = WillingFleet("a")
    fleet.failures["a"] = SpoolerLost("gone")
    with pytest.raises(SpoolerLost):
        await call(operation("emergency_stop", fleet), printer="a")
    nobody = Principal(name="nobody", printers=frozenset())
    with pytest.raises(Unavailable):
        await call(operation("emergency_stop", fleet), printer=None, principal=nobody)
