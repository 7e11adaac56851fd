from __future__ import annotations

import json

import pytest

from hydrogen.errors import InvalidMessage
from hydrogen.spooler.request import (
    ConnectPrinter,
    Extrude,
    Jog,
    Request,
    SendGcode,
    StartJob,
    StopSpooler,
    TraceTerminal,
)
from hydrogen.spooler.wire.request_codec import request_from_plain, request_params


@pytest.mark.parametrize(
    "request_",
    [
        ConnectPrinter(),
        SendGcode(lines=("G28", "M105"), actor="ada", idempotency_key="k" * 16),
        Jog(x_mm=1.0, z_mm=-0.1),
        Extrude(length_mm=5, tool=1),
        StartJob(job="j1", path="/files/ä.gcode", file="ä.gcode"),
        TraceTerminal(on=False),
        StopSpooler(only_if_idle=True),
    ],
)
def test_request_comes_back_from_the_wire(request_: Request) -> None:
    wire = json.loads(json.dumps(request_params(request_)))
    assert request_from_plain(request_.wire_name, wire) == request_


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("dance", {}),
        (None, {}),
        ("connect", None),
        ("trace", {}),
        ("trace", {"on": "yes"}),
        ("extrude", {"length_mm": "5"}),
        ("extrude", {"length_mm": True}),
        ("send_gcode", {"lines": "G28"}),
        ("send_gcode", {"lines": [1]}),
    ],
)
def test_what_is_no_request_is_refused(name: object, params: object) -> None:
    with pytest.raises(InvalidMessage):
        request_from_plain(name, params)
