"""Frames that are made once for many."""

from __future__ import annotations

import json

from hydrogen.auth.principal import Principal
from hydrogen.core.bus import Bus
from hydrogen.core.clock import ManualClock
from hydrogen.core.context import Context
from hydrogen.core.log import SilentLog
from hydrogen.model.events import JobStarted, TemperatureMeasured
from hydrogen.model.state import State
from hydrogen.system.info import StatusBuilder, WebSocketFigures
from hydrogen.websocket.context import ServerContext, WebSocketSettings, error_frame

OWNER = Principal(name="owner")
GUEST = Principal(name="guest", scopes=frozenset({"read"}), printers=frozenset({"b"}))


def context() -> ServerContext:
    clock = ManualClock()
    figures = WebSocketFigures()
    house = Context(epoch="e", initial=State(), bus=Bus(lambda _name, _error: None))
    status = StatusBuilder(clock=clock, epoch="e", version="1", figures=figures)
    return ServerContext(WebSocketSettings(), house=house, status=status, figures=figures, clock=clock, log=SilentLog())


def heat(shared: ServerContext, printer: str) -> None:
    shared.house.publish(TemperatureMeasured(at=1.0, printer=printer, heater="bed", actual_celsius=float("nan")))


def test_snapshot_is_encoded_once_for_each_seq_and_set_of_rights() -> None:
    shared = context()
    heat(shared, "a")
    first = shared.snapshot_frame(OWNER)
    assert shared.snapshot_frame(Principal(name="other"))[0] is first[0]
    assert shared.snapshot_frame(GUEST)[0] is not first[0]
    heat(shared, "b")
    second, seq = shared.snapshot_frame(OWNER)
    assert (second != first[0], seq) == (True, 2)


def test_snapshot_shows_only_what_the_caller_may_see() -> None:
    shared = context()
    heat(shared, "a")
    heat(shared, "b")
    assert set(json.loads(shared.snapshot_frame(GUEST)[0])["state"]["printers"]) == {"b"}
    assert set(json.loads(shared.snapshot_frame(OWNER)[0])["state"]["printers"]) == {"a", "b"}


def test_caller_that_may_not_read_sees_no_printer() -> None:
    shared = context()
    heat(shared, "a")
    button = Principal(name="button", scopes=frozenset({"emergency"}))
    assert json.loads(shared.snapshot_frame(button)[0])["state"]["printers"] == {}


def test_snapshot_of_a_large_house_is_a_frame() -> None:
    shared = context()
    for number in range(16):
        printer = f"printer-with-a-long-name-{number:02}"
        for heater in ("bed", "chamber", *(f"tool{tool}" for tool in range(8))):
            shared.house.publish(
                TemperatureMeasured(at=1.0, printer=printer, heater=heater, actual_celsius=204.87, target_celsius=205.0)
            )
        shared.house.publish(
            JobStarted(at=1.0, printer=printer, job="j" * 22, file="f" * 255, lines_total=10**6, bytes_total=10**8)
        )
    assert len(shared.snapshot_frame(OWNER)[0]) <= 65_536


def test_not_a_number_is_null_on_the_wire() -> None:
    shared = context()
    heat(shared, "a")
    heaters = json.loads(shared.snapshot_frame(OWNER)[0])["state"]["printers"]["a"]["heaters"]
    assert heaters["bed"]["actual_celsius"] is None


def test_status_frame_begins_with_its_type_and_echoes_an_id() -> None:
    shared = context()
    assert shared.status_frame(OWNER).startswith(b'{"type":"status","server_start_time":"')
    assert json.loads(shared.status_frame(GUEST, "s"))["id"] == "s"


def test_error_frame_has_an_id_only_if_there_is_one() -> None:
    error = {"code": "x", "message": "m", "details": {}}
    assert json.loads(error_frame(error)) == {"type": "error", "error": error}
    assert json.loads(error_frame(error, "c")) == {"type": "error", "id": "c", "error": error}
