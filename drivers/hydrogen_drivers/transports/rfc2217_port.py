"""A printer behind a bridge that can be told the speed: `rfc2217://host:port` (ser2net, esp-link, terminal servers).

pyserial speaks the same, but it blocks and works with threads; here the protocol is a pure machine
(`hydrogen/devices/com_port.py`) on the socket of tcp_port.py. A bridge that refuses the parameters, or knows nothing of them,
is used as it is: it has a speed of its own then.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from hydrogen.devices.com_port import ComPort, Control, Purge, Setting, escape, missing_of_command, opening, setting
from hydrogen.devices.port_address import PortAddress
from hydrogen.errors import LinkLost, PortUnusable
from hydrogen_drivers.transports.tcp_port import TcpWire, connected_socket

NEGOTIATION_SECONDS = 2.0
"""For the bridge to accept the option and confirm the speed; one that does not is used as it is."""

SPEED_SECONDS = 1.0
"""For another speed to be confirmed. A bridge that has confirmed one before and is silent now has lost it."""

RESET_PULSE_SECONDS = 0.25
"""As on a cable (serial_port.py)."""


class Rfc2217Wire(TcpWire):
    """Signs PortWire."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, link: socket.socket) -> None:
        super().__init__(loop, protocol, link)
        self._com_port = ComPort()
        self._takes_speed = False
        self._changed = asyncio.Event()
        self._partly_sent = bytearray()

    def _received(self, data: bytes) -> None:
        payload = self._unpacked(data)
        if payload:
            self._protocol.data_received(payload)

    def _discarded(self, data: bytes) -> bool:
        self._unpacked(data)
        return bool(data)

    def _unpacked(self, data: bytes) -> bytes:
        com_port = self._com_port
        payload = com_port.receive_data(data)
        if len(payload) != len(data):
            self._changed.set()
            if com_port.replies:
                super().write(bytes(com_port.replies))
                com_port.replies.clear()
        return payload

    def write(self, data: bytes) -> None:
        """See Wire.write."""
        super().write(escape(data))

    def _note_sent(self, sent: int) -> None:
        """Of what was begun and not ended, everything is kept: a command must not be cut in the middle."""
        if sent < len(self._unsent):
            self._partly_sent += self._unsent[:sent]
        else:
            self._partly_sent.clear()

    def discard_output(self) -> None:
        """See Wire.discard_output; what waits in the bridge goes too."""
        kept = self._unsent[: missing_of_command(bytes(self._partly_sent), bytes(self._unsent))]
        super().discard_output()
        self._partly_sent.clear()
        self._say(bytes(kept) + self._purge(Purge.TO_SEND))

    def discard_input(self) -> None:
        """See Wire.discard_input."""
        super().discard_input()
        self._say(self._purge(Purge.RECEIVED))

    def _purge(self, what: Purge) -> bytes:
        return setting(Setting.PURGE, what) if self._com_port.is_agreed else b""

    def _say(self, command: bytes) -> None:
        if command:
            super().write(command)

    # ---------------------------------------------------------------------------------------------- the far port

    async def negotiate(self, baud: int) -> None:
        """Ask for a raw port at `baud`; returns when it is there, or is not to be had. Raises LinkLost."""
        self._say(opening(baud))
        await self._hear(lambda: self._com_port.is_agreed is False or self._speed is not None, NEGOTIATION_SECONDS)
        self._takes_speed = self._speed == baud

    @property
    def may_change_speed(self) -> bool:
        """See PortWire."""
        return self._takes_speed

    @property
    def _speed(self) -> int | None:
        return self._com_port.values.get(Setting.BAUD)

    async def change_speed(self, baud: int) -> None:
        """See PortWire; nothing is asked of a bridge that has refused it before."""
        if not self._takes_speed or self._speed == baud:
            return
        self._com_port.forget(Setting.BAUD)
        self._say(setting(Setting.BAUD, baud))
        await self._hear(lambda: self._speed is not None, SPEED_SECONDS)
        if self._speed != baud:
            told = "says nothing to it" if self._speed is None else f"is at {self._speed}"
            raise PortUnusable(f"the bridge does not take {baud} baud, it {told}", baud=baud)

    async def pulse_reset(self) -> bool:
        """See PortWire."""
        if not self._com_port.is_agreed:
            return False
        self._say(setting(Setting.CONTROL, Control.DTR_OFF) + setting(Setting.CONTROL, Control.RTS_OFF))
        await asyncio.sleep(RESET_PULSE_SECONDS)
        self._say(setting(Setting.CONTROL, Control.DTR_ON) + setting(Setting.CONTROL, Control.RTS_ON))
        return True

    async def _hear(self, is_enough: Callable[[], bool], seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not is_enough():
                    if self._is_closing:
                        raise LinkLost("the bridge closed the connection while its port was set up")
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass

    def _end(self, error: Exception | None) -> None:
        super()._end(error)
        self._changed.set()


async def open_rfc2217_port(address: PortAddress, baud: int, protocol_factory: Callable[[], Any]) -> Rfc2217Wire:
    """Raises PortMissing or LinkLost."""
    link = await connected_socket(address)
    wire = Rfc2217Wire(asyncio.get_running_loop(), protocol_factory(), link)
    try:
        await wire.negotiate(baud)
    except BaseException:
        wire.close()
        raise
    return wire
