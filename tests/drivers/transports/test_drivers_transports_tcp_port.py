"""A bridge on the network as a wire: over real sockets of this machine."""

from __future__ import annotations

import asyncio
import select
import socket
import struct
from collections.abc import AsyncIterator, Iterator

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.errors import PortMissing
from hydrogen_drivers.transports import tcp_port
from hydrogen_drivers.transports.tcp_port import TcpWire, open_tcp_port
from tests.support.waiting import wait_until


class Listener(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""
        self.losses: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.losses.append(exc)


class Peer:
    """The bridge's end, by hand."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = self._listener.getsockname()[1]
        self.link: socket.socket | None = None

    def accept(self) -> socket.socket:
        self.link, _ = self._listener.accept()
        self.link.setblocking(False)
        return self.link

    def heard(self) -> bytes:
        assert self.link is not None
        data = b""
        while True:
            try:
                piece = self.link.recv(65536)
            except BlockingIOError:
                return data
            if not piece:
                return data
            data += piece

    def close(self) -> None:
        self._listener.close()
        if self.link is not None:
            self.link.close()


@pytest.fixture
def peer() -> Iterator[Peer]:
    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
async def pair(peer: Peer) -> AsyncIterator[tuple[TcpWire, Listener, Peer]]:
    listener = Listener()
    wire = await open_tcp_port(parse_port(f"tcp://127.0.0.1:{peer.port}"), lambda: listener)
    peer.accept()
    yield wire, listener, peer
    wire.close()
    await wait_until(lambda: listener.losses)


async def test_bytes_go_both_ways(pair: tuple[TcpWire, Listener, Peer]) -> None:
    wire, listener, peer = pair
    wire.write(b"M105\n")
    assert peer.link is not None
    heard = b""

    def all_heard() -> bool:
        nonlocal heard
        heard += peer.heard()
        return heard == b"M105\n"

    await wait_until(all_heard)
    peer.link.send(b"ok T:20\xff\n")
    await wait_until(lambda: listener.data == b"ok T:20\xff\n")
    await wait_until(lambda: wire.unsent_bytes() == 0)
    await wire.change_speed(250000)
    assert not wire.may_change_speed
    assert not await wire.pulse_reset()


async def test_peer_that_closes_ends_the_connection_and_says_so(pair: tuple[TcpWire, Listener, Peer]) -> None:
    wire, listener, peer = pair
    assert peer.link is not None
    peer.link.close()
    await wait_until(lambda: listener.losses)
    assert "closed the connection" in str(listener.losses[0])
    wire.write(b"M105\n")
    assert wire.unsent_bytes() == 0


async def test_own_close_is_told_once_and_may_come_twice(peer: Peer) -> None:
    listener = Listener()
    wire = await open_tcp_port(parse_port(f"tcp://127.0.0.1:{peer.port}"), lambda: listener)
    wire.close()
    wire.close()
    await wait_until(lambda: listener.losses)
    await asyncio.sleep(0)
    assert listener.losses == [None]


async def test_peer_that_reads_nothing_blocks_nobody_and_what_has_not_left_can_be_discarded(
    pair: tuple[TcpWire, Listener, Peer],
) -> None:
    wire, _, peer = pair
    sent = 0
    while wire.unsent_bytes() < 20_000:  # the kernel takes so much and no more
        wire.write(b"x" * 1000)
        sent += 1000
        assert sent < 10_000_000
    assert wire.unsent_bytes() >= 20_000
    wire.discard_output()
    left = wire.unsent_bytes()
    assert left < 20_000
    wire.write(b"\nM112\n")
    heard = b""

    def is_heard() -> bool:
        nonlocal heard
        heard += peer.heard()
        return heard.endswith(b"\nM112\n")

    await wait_until(is_heard, within_seconds=10)
    assert len(heard) < sent


async def test_socket_notices_a_dead_peer_and_collects_nothing(pair: tuple[TcpWire, Listener, Peer]) -> None:
    wire, _, _ = pair
    link = wire._socket
    assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    assert link.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == tcp_port.DEAD_SECONDS * 1000
    assert link.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 4 * tcp_port.SEND_BUFFER_BYTES


async def test_discarded_input_is_not_heard(pair: tuple[TcpWire, Listener, Peer]) -> None:
    wire, listener, peer = pair
    assert peer.link is not None
    peer.link.send(b"old\n")
    select.select([wire._socket], [], [], 10)
    wire.discard_input()  # what is there in this moment, before the loop has looked
    peer.link.send(b"ok\n")
    await wait_until(lambda: listener.data.endswith(b"ok\n"))
    assert listener.data == b"ok\n"


async def test_lost_connection_is_reset_so_that_nothing_comes_behind_the_next_one(
    pair: tuple[TcpWire, Listener, Peer],
) -> None:
    wire, listener, _ = pair
    wire._end(ConnectionError("given up"))
    linger = wire._socket.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)
    assert struct.unpack("ii", linger) == (1, 0)
    await wait_until(lambda: listener.losses)


@pytest.mark.parametrize(
    ("url", "words"),
    [("tcp://127.0.0.1:1", "refuses port 1"), ("tcp://no-such-host.invalid:23", "no address is known")],
)
async def test_bridge_that_is_not_there_is_missing_with_what_to_do(url: str, words: str) -> None:
    with pytest.raises(PortMissing, match=words):
        await open_tcp_port(parse_port(url), Listener)
