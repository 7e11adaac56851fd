"""A printer behind a bridge that passes bytes on as they are: `tcp://host:port`.

The same promises as for a cable. What differs from one:

- A line that the kernel has taken cannot be called back, so little is given to it: the send buffer is small, nothing is
  collected (TCP_NODELAY), and `unsent_bytes` counts what has not left this host yet (SIOCOUTQNSD). Beyond that the link's own
  law holds: what the printer's receive ring has no room for is never sent.
- A peer that is gone says nothing. Unacknowledged bytes end the connection after DEAD_SECONDS (TCP_USER_TIMEOUT), silence is
  asked (keepalive) about as soon. Then the connection is reset, not closed: what the kernel still holds must not arrive behind
  the next connection's first words.
- Whether the bridge resets the board when somebody connects is its own affair, and nothing is assumed: the printer is asked
  for its last line, as always.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
from collections.abc import Callable
from typing import Any

from hydrogen.devices.port_address import PortAddress
from hydrogen.errors import PortMissing
from hydrogen_drivers.transports.simulated_port import is_simulated_peer

CONNECT_SECONDS = 5.0
"""For finding the bridge's address and being let in; a Wi-Fi bridge that sleeps takes a second."""

DEAD_SECONDS = 8
"""Bytes that nobody has acknowledged for so long end the connection. A Wi-Fi client that roams is away for a second or two."""

KEEPALIVE_IDLE_SECONDS, KEEPALIVE_EVERY_SECONDS, KEEPALIVE_COUNT = 4, 2, 3
"""A silent peer is asked after 4 s, and given up after three questions: 10 s in all."""

SEND_BUFFER_BYTES = 4096
"""What the kernel may hold for us (it counts double, for its own book-keeping). The longest line has 95 bytes."""

ADDRESSES_MOST = 4
"""Of a name that has many; each gets its share of the time."""

READ_BYTES = 4096

DISCARDED_READS_MOST = 64
"""A peer that talks faster than it is read must not hold the loop."""

_SIOCOUTQNSD = 0x894B
"""linux/sockios.h: bytes in the send queue that were never sent."""


class TcpWire:
    """Signs PortWire over one connected socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, link: socket.socket) -> None:
        self._loop = loop
        self._protocol = protocol
        self._socket = link
        self._unsent = bytearray()
        self._is_closing = False
        self._is_writing = False
        loop.add_reader(link, self._read_ready)

    # ------------------------------------------------------------------------------------------------------ reading

    def _read_ready(self) -> None:
        try:
            data = self._socket.recv(READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._end(error)
            return
        if data:
            self._received(data)
        else:
            self._end(ConnectionResetError("the bridge closed the connection"))

    def _received(self, data: bytes) -> None:
        self._protocol.data_received(data)

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        """See PortWire."""
        self._protocol = protocol

    def discard_input(self) -> None:
        """See Wire.discard_input."""
        for _ in range(DISCARDED_READS_MOST):
            try:
                if self._is_closing or not self._discarded(self._socket.recv(READ_BYTES)):
                    return  # an end is found by the next read
            except OSError:
                return

    def _discarded(self, data: bytes) -> bool:
        return bool(data)

    # ------------------------------------------------------------------------------------------------------ writing

    def write(self, data: bytes) -> None:
        """See Wire.write."""
        if self._is_closing:
            return
        self._unsent += data
        if not self._is_writing:
            self._write_ready()

    def _write_ready(self) -> None:
        try:
            sent = self._socket.send(self._unsent)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError as error:
            self._end(error)
            return
        self._note_sent(sent)
        del self._unsent[:sent]
        self._wait_to_write(bool(self._unsent))

    def _note_sent(self, sent: int) -> None:
        pass

    def _wait_to_write(self, wanted: bool) -> None:
        if wanted is not self._is_writing:
            self._is_writing = wanted
            if wanted:
                self._loop.add_writer(self._socket, self._write_ready)
            else:
                self._loop.remove_writer(self._socket)

    def unsent_bytes(self) -> int:
        """See Wire.unsent_bytes."""
        if self._is_closing:
            return 0
        try:
            waiting = struct.unpack("i", fcntl.ioctl(self._socket, _SIOCOUTQNSD, bytes(4)))[0]
        except OSError:
            waiting = 0
        return len(self._unsent) + int(waiting)

    def discard_output(self) -> None:
        """See Wire.discard_output. What the kernel has taken goes out: less than a line, or the window's worth."""
        self._unsent.clear()
        if not self._is_closing:
            self._wait_to_write(False)

    # ---------------------------------------------------------------------------------------------- the far port

    @property
    def may_change_speed(self) -> bool:
        """See PortWire: the bridge's own affair."""
        return False

    @property
    def is_simulated(self) -> bool:
        """See PortWire."""
        return is_simulated_peer(self._socket)

    async def change_speed(self, baud: int) -> None:
        """See PortWire: nothing can be done."""

    async def pulse_reset(self) -> bool:
        """See PortWire: the lines are out of reach."""
        return False

    # ------------------------------------------------------------------------------------------------------ the end

    def close(self) -> None:
        """See Wire.close. What the kernel has taken still goes out."""
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._is_closing:
            return
        self._is_closing = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._unsent.clear()
        if error is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._loop.call_soon(self._say_farewell, error)

    def _say_farewell(self, error: Exception | None) -> None:
        try:
            self._protocol.connection_lost(error)
        finally:
            self._socket.close()


async def open_tcp_port(address: PortAddress, protocol_factory: Callable[[], Any]) -> TcpWire:
    """Raises PortMissing, saying what to do."""
    link = await connected_socket(address)
    return TcpWire(asyncio.get_running_loop(), protocol_factory(), link)


async def connected_socket(address: PortAddress) -> socket.socket:
    """A socket that notices a dead peer. Raises PortMissing."""
    loop = asyncio.get_running_loop()
    failure: Exception | None = None
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            found = await loop.getaddrinfo(address.host, address.number, type=socket.SOCK_STREAM)
            patience = CONNECT_SECONDS / min(len(found), ADDRESSES_MOST)
            for family, kind, protocol, _, place in found[:ADDRESSES_MOST]:
                link = socket.socket(family, kind, protocol)
                failure = await _failure_of_connecting(link, place, patience)
                if failure is None:
                    return link
    except (OSError, UnicodeError) as error:
        failure = failure or error
    raise _missing(address, failure)


async def _failure_of_connecting(link: socket.socket, place: object, patience: float) -> OSError | None:
    """None once it is connected; otherwise it is closed."""
    try:
        _prepare(link)
        async with asyncio.timeout(patience):
            await asyncio.get_running_loop().sock_connect(link, place)  # type: ignore[arg-type]
    except OSError as error:  # a TimeoutError is one
        link.close()
        return error
    except BaseException:
        link.close()
        raise
    return None


def _prepare(link: socket.socket) -> None:
    link.setblocking(False)
    options = (
        (socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_EVERY_SECONDS),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_COUNT),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_SECONDS * 1000),
    )
    for level, option, value in options:
        link.setsockopt(level, option, value)


def _missing(address: PortAddress, failure: Exception | None) -> PortMissing:
    if isinstance(failure, socket.gaierror | UnicodeError):
        said = f"no address is known for {address.host}: check the name, or give the bridge's IP address"
    elif isinstance(failure, ConnectionRefusedError):
        said = f"{address.host} refuses port {address.number}: is its bridge running, and is that its port?"
    else:
        why = "no answer in time" if isinstance(failure, TimeoutError) or failure is None else str(failure)
        said = f"the bridge {address.text} is not reached ({why}): is it switched on, and in this network?"
    return PortMissing(said, port=address.text)
