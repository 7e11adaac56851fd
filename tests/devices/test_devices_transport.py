"""Who signs the transport contract keeps it."""

from __future__ import annotations

from hydrogen.devices.transport import Wire
from hydrogen_drivers.transports.serial_port import SerialWire
from tests.support.contract import missing_from


def test_serial_port_signs_the_wire() -> None:
    assert missing_from(SerialWire, Wire) == []
