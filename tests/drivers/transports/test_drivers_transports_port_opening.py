"""One door for ports of every kind."""

from __future__ import annotations

import asyncio
import os
import pty
import tty

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.errors import PortMissing
from hydrogen_drivers.transports.port_opening import open_port
from hydrogen_drivers.transports.rfc2217_port import Rfc2217Wire
from hydrogen_drivers.transports.serial_port import SerialWire
from hydrogen_drivers.transports.tcp_port import TcpWire
from tests.support.network_bridge import Manners, NetworkBridge
from tests.support.waiting import wait_until


class Listener(asyncio.Protocol):
    def __init__(self) -> None:
        self.is_over = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_over = True


async def test_each_kind_of_port_gets_its_own_wire() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    path = os.ttyname(slave)
    async with NetworkBridge(path) as raw, NetworkBridge(path, Manners.AGREES) as telnet:
        for text, kind in ((path, SerialWire), (raw.url, TcpWire), (telnet.url, Rfc2217Wire)):
            listener = Listener()
            wire = await open_port(parse_port(text), text, 115200, lambda heard=listener: heard)  # type: ignore[misc]
            assert type(wire) is kind
            wire.close()
            await wait_until(lambda over=listener: over.is_over)  # type: ignore[misc]
    os.close(master)
    os.close(slave)


async def test_device_that_an_adapter_stands_for_is_opened_where_it_is_now() -> None:
    with pytest.raises(PortMissing, match="/dev/no-such-tty"):
        await open_port(parse_port("usb:1a86:7523:AB12"), "/dev/no-such-tty", 115200, Listener)
