"""RFC 2217 against a bridge that shares no code with it, with good manners and with bad ones."""

from __future__ import annotations

import asyncio
import os
import pty
import tty
from collections.abc import Iterator

import pytest

from hydrogen.devices.port_address import parse_port
from hydrogen.errors import PortUnusable
from hydrogen_drivers.transports import rfc2217_port
from hydrogen_drivers.transports.rfc2217_port import Rfc2217Wire, open_rfc2217_port
from tests.support.network_bridge import Manners, NetworkBridge
from tests.support.waiting import wait_until


class Listener(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""
        self.losses: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.losses.append(exc)


class Board:
    """The printer's end of a pty, by hand."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self.master, False)
        self.heard = b""

    def hears(self, words: bytes) -> bool:
        try:
            self.heard += os.read(self.master, 65536)
        except BlockingIOError:
            pass
        return words in self.heard

    def close(self) -> None:
        os.close(self.master)
        os.close(self._slave)


@pytest.fixture
def board() -> Iterator[Board]:
    board = Board()
    yield board
    board.close()


SILENT = (Manners.IGNORES, Manners.RAW)
"""Bridges that never answer."""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who answers may be slow on a busy machine."""
    monkeypatch.setattr(rfc2217_port, "NEGOTIATION_SECONDS", 20.0)
    monkeypatch.setattr(rfc2217_port, "SPEED_SECONDS", 20.0)


async def opened(bridge: NetworkBridge, baud: int = 250000) -> tuple[Rfc2217Wire, Listener]:
    listener = Listener()
    return await open_rfc2217_port(parse_port(bridge.url), baud, lambda: listener), listener


async def closed(wire: Rfc2217Wire, listener: Listener) -> None:
    wire.close()
    await wait_until(lambda: listener.losses)


async def test_raw_port_at_the_wanted_speed_is_agreed_upon_and_every_byte_passes(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.AGREES) as bridge:
        wire, listener = await opened(bridge)
        assert wire.may_change_speed
        assert bridge.settings[1] == 250000
        every = bytes(range(256))
        wire.write(every)
        await wait_until(lambda: board.hears(every))
        os.write(board.master, every)
        await wait_until(lambda: listener.data == every)
        await wire.change_speed(115200)
        assert bridge.settings == {1: 115200, 2: 8, 3: 1, 4: 1, 5: 1}
        await closed(wire, listener)


@pytest.mark.parametrize("manners", [Manners.REFUSES, Manners.IGNORES, Manners.RAW])
async def test_bridge_that_refuses_parameters_still_works(
    board: Board, manners: Manners, monkeypatch: pytest.MonkeyPatch
) -> None:
    if manners in SILENT:
        monkeypatch.setattr(rfc2217_port, "NEGOTIATION_SECONDS", 0.3)
    async with NetworkBridge(board.path, manners) as bridge:
        listener = Listener()
        address = parse_port(f"rfc2217://127.0.0.1:{bridge.port}")
        wire = await open_rfc2217_port(address, 115200, lambda: listener)
        assert not wire.may_change_speed
        await wire.change_speed(9600)  # nothing to be done, and no complaint
        assert not await wire.pulse_reset()
        wire.write(b"\nM105\n")
        await wait_until(lambda: board.hears(b"\nM105\n"))
        os.write(board.master, b"ok T:20\n")
        await wait_until(lambda: listener.data == b"ok T:20\n")
        await closed(wire, listener)


async def test_bridge_that_keeps_its_own_speed_is_used_at_it(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.STAYS) as bridge:
        wire, listener = await opened(bridge)
        assert not wire.may_change_speed
        await wire.change_speed(115200)
        await closed(wire, listener)


async def test_speed_that_the_bridge_does_not_know_is_refused_with_the_one_that_it_has(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.LIMITED) as bridge:
        wire, listener = await opened(bridge, 9600)
        assert wire.may_change_speed
        with pytest.raises(PortUnusable, match="250000 baud, it is at 115200"):
            await wire.change_speed(250000)
        await wire.change_speed(57600)
        assert bridge.settings[1] == 57600
        await closed(wire, listener)


async def test_emergency_empties_the_bridge_too(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.AGREES) as bridge:
        wire, listener = await opened(bridge)
        wire.discard_output()
        wire.write(b"\nM112\n")
        await wait_until(lambda: board.hears(b"\nM112\n"))
        assert bridge.purges == [2]
        wire.discard_input()
        await wait_until(lambda: bridge.purges == [2, 1])
        await closed(wire, listener)


async def test_reset_moves_both_lines_down_and_up(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rfc2217_port, "RESET_PULSE_SECONDS", 0.01)
    async with NetworkBridge(board.path, Manners.AGREES) as bridge:
        wire, listener = await opened(bridge)
        assert bridge.controls == [1]  # no flow control; the lines are left alone
        assert await wire.pulse_reset()
        await wait_until(lambda: bridge.controls == [1, 9, 12, 8, 11])
        await closed(wire, listener)


async def test_bridge_that_hangs_up_while_it_is_asked_is_a_lost_link(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.AGREES) as bridge:
        first, listener = await opened(bridge)
        second, deaf = Listener(), None
        with pytest.raises(rfc2217_port.LinkLost, match="closed the connection"):
            deaf = await open_rfc2217_port(parse_port(bridge.url), 115200, lambda: second)
        assert deaf is None
        await closed(first, listener)


async def test_what_was_begun_is_ended_before_the_emergency(board: Board) -> None:
    async with NetworkBridge(board.path, Manners.AGREES) as bridge:
        wire, listener = await opened(bridge)
        sent: list[bytes] = []

        class Slow:
            """The socket takes one byte, then none for a while."""

            def send(self, data: bytes) -> int:
                if sent:
                    raise BlockingIOError
                sent.append(bytes(data[:1]))
                return 1

        real, wire._socket = wire._socket, Slow()  # type: ignore[assignment]
        wire._wait_to_write = lambda _wanted: None  # type: ignore[method-assign]
        wire.write(b"\xff\xfe unpacked words")
        assert bytes(wire._unsent).startswith(b"\xff")  # the second half of a doubled 255
        wire.discard_output()
        assert bytes(wire._unsent).startswith(b"\xff\xff\xfa\x2c\x0c\x02")
        wire._unsent.clear()
        wire._socket = real
        await closed(wire, listener)
