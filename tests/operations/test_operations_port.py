"""The machine's ports as an operation."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hydrogen.auth.principal import Principal
from hydrogen.core.clock import ManualClock
from hydrogen.fleet.discovery import BoundBy, FoundPort
from hydrogen.operations.port import port_operations
from hydrogen.operations.registry import Registry
from hydrogen.operations.repeat import RepeatMemory
from tests.operations.fleet import WillingFleet

PORTS = (
    FoundPort(
        path="/dev/ttyUSB0", bind="usb:1:2:A", bound_by=BoundBy.SERIAL_NUMBER, printer="ender3", advice="write it"
    ),
    FoundPort(path="/dev/ttyUSB1", bind="usb:1:2:B", bound_by=BoundBy.SERIAL_NUMBER, printer="prusa"),
    FoundPort(path="/dev/ttyUSB2", bind="usb:1:2:C", bound_by=BoundBy.SERIAL_NUMBER),
)


class Desk:
    async def look(self) -> Sequence[FoundPort]:
        return PORTS


def registry() -> Registry:
    fleet = WillingFleet("ender3", "prusa")
    return Registry(port_operations(Desk()), fleet=fleet, repeats=RepeatMemory(clock=ManualClock()))


async def test_a_reader_sees_every_port_as_plain_json() -> None:
    reader = Principal(name="reader", scopes=frozenset({"read"}))
    result = await registry().execute(reader, "port.list", None, {})
    told = json.loads(json.dumps(result))["ports"]
    assert [(port["path"], port["printer"], port["in_use"]) for port in told] == [
        ("/dev/ttyUSB0", "ender3", True),
        ("/dev/ttyUSB1", "prusa", True),
        ("/dev/ttyUSB2", None, False),
    ]
    assert told[0]["bound_by"] == "serial_number"


async def test_who_may_not_see_a_printer_does_not_hear_its_name() -> None:
    guest = Principal(name="guest", scopes=frozenset({"read"}), printers=frozenset({"prusa"}))
    result = await registry().execute(guest, "port.list", None, {})
    assert [(port["printer"], port["advice"], port["in_use"]) for port in result["ports"]] == [
        (None, "", True),
        ("prusa", "", True),
        (None, "", False),
    ]
