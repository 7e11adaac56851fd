"""Opens a port of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hydrogen.devices.port_address import PortAddress, PortKind
from hydrogen.devices.transport import PortWire
from hydrogen_drivers.transports.rfc2217_port import open_rfc2217_port
from hydrogen_drivers.transports.serial_port import open_serial_port
from hydrogen_drivers.transports.tcp_port import open_tcp_port


async def open_port(address: PortAddress, path: str, baud: int, protocol_factory: Callable[[], Any]) -> PortWire:
    """`path` is where a device is now; of a bridge the address tells all.

    Raises PortMissing, PortBusy, PortForbidden, PortUnusable or LinkLost, each saying what to do.
    """
    match address.kind:
        case PortKind.TCP:
            return await open_tcp_port(address, protocol_factory)
        case PortKind.RFC2217:
            return await open_rfc2217_port(address, baud, protocol_factory)
        case _:
            return await open_serial_port(path, baud, protocol_factory)
