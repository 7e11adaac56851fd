"""A bridge between the network and a printer's pty, as ser2net and ESP-Link are: raw, or with Telnet and RFC 2217.

Shares no code with the driver. It is as bad as it is told: it refuses parameters or overhears them, holds bytes up for a while
(in order, as TCP does with a lost packet), and drops a connection with half a line on its way.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import socket
import struct
from collections import deque
from collections.abc import Callable
from enum import Enum

IAC = b"\xff"
_DO, _DONT, _WILL, _WONT = b"\xfd", b"\xfe", b"\xfb", b"\xfc"
_COM_PORT = b"\x2c"
_COMMAND = re.compile(rb"\xff(?:([\xfb-\xfe])(.)|\xfa((?:[^\xff]|\xff\xff)*)\xff\xf0|(\xff))", re.DOTALL)


class Manners(Enum):
    """What the bridge makes of RFC 2217."""

    RAW = "passes every byte on, Telnet's too"
    AGREES = "takes every parameter"
    REFUSES = "speaks Telnet, and refuses the option"
    IGNORES = "speaks Telnet, and says nothing to anything"
    STAYS = "agrees, and stays at 57600 baud whatever it is told"
    LIMITED = "agrees, but knows nothing above 115200 baud"


FIXED_BAUD = 57600
FASTEST_BAUD = 115200


class _Lane:
    """One direction: bytes come out in order, each held up for as long as `delay` says."""

    def __init__(self, deliver: Callable[[bytes], None], delay: Callable[[], float]) -> None:
        self._deliver, self._delay = deliver, delay
        self._free_at = 0.0
        self._pieces: deque[bytes] = deque()

    def push(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._free_at = max(self._free_at, loop.time() + self._delay())
        self._pieces.append(data)
        loop.call_at(self._free_at, self._arrive)

    def _arrive(self) -> None:
        if self._pieces:
            self._deliver(self._pieces.popleft())

    def cut(self) -> None:
        """Half of what is next arrives, the rest never."""
        if self._pieces:
            self._deliver(self._pieces[0][: len(self._pieces[0]) // 2])
            self._pieces.clear()


class NetworkBridge:
    """`async with NetworkBridge(pty) as bridge`; `bridge.url` is what a host connects to, one at a time.

    jitter_seconds: each piece is held up by up to so much. loss: this share of them by 0.2 s more, a retransmission.
    """

    def __init__(
        self,
        pty: str,
        manners: Manners = Manners.RAW,
        *,
        jitter_seconds: float = 0.0,
        loss: float = 0.0,
        seed: int = 1,
    ) -> None:
        self._descriptor = os.open(pty, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._manners = manners
        self._random = random.Random(seed)
        self._jitter, self._loss = jitter_seconds, loss
        self._writer: asyncio.Transport | None = None
        self._lanes: tuple[_Lane, _Lane] | None = None
        self._pending = b""
        self._server: asyncio.Server | None = None
        self.settings: dict[int, int] = {}
        """What was asked for last, by RFC 2217's code."""
        self.purges: list[int] = []
        self.controls: list[int] = []
        self.connections = 0
        self.port = 0

    @property
    def url(self) -> str:
        scheme = "tcp" if self._manners is Manners.RAW else "rfc2217"
        return f"{scheme}://127.0.0.1:{self.port}"

    async def __aenter__(self) -> NetworkBridge:
        await self.listen()
        asyncio.get_running_loop().add_reader(self._descriptor, self._from_printer)
        return self

    async def __aexit__(self, *_: object) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        self.cut()
        await self.fall_silent()
        os.close(self._descriptor)

    async def listen(self) -> None:
        """Let hosts in again, under the same address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Guest(self), "127.0.0.1", self.port, reuse_address=True)
        self.port = self._server.sockets[0].getsockname()[1]

    async def fall_silent(self) -> None:
        """Nobody listens any more; who is connected stays."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def cut(self) -> None:
        """The connection is gone in this moment; of what was held up half a line arrives."""
        writer, lanes = self._writer, self._lanes
        self._writer = self._lanes = None
        for lane in lanes or ():
            lane.cut()
        if writer is not None:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.abort()

    # ------------------------------------------------------------------------------------------------------ the host

    def welcome(self, writer: asyncio.Transport) -> None:
        if self._writer is not None:
            writer.abort()
            return
        self.connections += 1
        self._writer, self._pending = writer, b""
        self._lanes = (_Lane(self._to_printer, self._delay), _Lane(self._to_host, self._delay))

    def on_host_data(self, writer: asyncio.Transport, data: bytes) -> None:
        if writer is self._writer and self._lanes is not None:
            payload = data if self._manners is Manners.RAW else self._understand(data)
            if payload:
                self._lanes[0].push(payload)

    def on_host_gone(self, writer: asyncio.Transport) -> None:
        if writer is self._writer:
            self._writer = self._lanes = None

    def _understand(self, data: bytes) -> bytes:
        data, self._pending = self._pending + data, b""
        payload, place = b"", 0
        while (start := data.find(IAC, place)) >= 0:
            payload += data[place:start]
            found = _COMMAND.match(data, start)
            if found is None:
                self._pending = data[start:]
                return payload
            verb, option, said, escaped = found.groups()
            payload += escaped or b""
            if verb is not None:
                self._on_option(verb, option)
            elif said is not None:
                self._on_setting(said.replace(IAC + IAC, IAC))
            place = found.end()
        return payload + data[place:]

    def _on_option(self, verb: bytes, option: bytes) -> None:
        if self._manners is Manners.IGNORES:
            return
        is_taken = option != _COM_PORT or self._manners is not Manners.REFUSES
        answer = {_WILL: _DO if is_taken else _DONT, _DO: _WILL if is_taken else _WONT}.get(verb)
        if answer is not None:
            self._answer(IAC + answer + option)

    def _on_setting(self, said: bytes) -> None:
        if self._manners not in (Manners.AGREES, Manners.STAYS, Manners.LIMITED) or said[:1] != _COM_PORT:
            return
        code, value = said[1], int.from_bytes(said[2:], "big")
        if code == 12:
            self.purges.append(value)
        elif code == 5:
            self.controls.append(value)
        self.settings[code] = value
        if code == 1 and self._manners is Manners.STAYS:
            said = said[:2] + FIXED_BAUD.to_bytes(4, "big")
        elif code == 1 and self._manners is Manners.LIMITED:
            said = said[:2] + min(value, FASTEST_BAUD).to_bytes(4, "big")
        self._answer(IAC + b"\xfa" + said[:1] + bytes((code + 100,)) + said[2:].replace(IAC, IAC + IAC) + IAC + b"\xf0")

    def _answer(self, data: bytes) -> None:
        if self._lanes is not None:
            self._lanes[1].push(data)

    # --------------------------------------------------------------------------------------------------- the printer

    def _from_printer(self) -> None:
        try:
            data = os.read(self._descriptor, 4096)
        except BlockingIOError:
            return
        except OSError:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            return
        if self._manners is not Manners.RAW:
            data = data.replace(IAC, IAC + IAC)
        self._answer(data)

    def _to_printer(self, data: bytes) -> None:
        os.write(self._descriptor, data)

    def _to_host(self, data: bytes) -> None:
        if self._writer is not None:
            self._writer.write(data)

    def _delay(self) -> float:
        late = 0.2 if self._random.random() < self._loss else 0.0
        return late + self._random.uniform(0.0, self._jitter)


class _Guest(asyncio.Protocol):
    def __init__(self, bridge: NetworkBridge) -> None:
        self._bridge = bridge
        self._writer: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._writer = transport
        self._bridge.welcome(transport)

    def data_received(self, data: bytes) -> None:
        if self._writer is not None:
            self._bridge.on_host_data(self._writer, data)

    def connection_lost(self, _exc: Exception | None) -> None:
        if self._writer is not None:
            self._bridge.on_host_gone(self._writer)
