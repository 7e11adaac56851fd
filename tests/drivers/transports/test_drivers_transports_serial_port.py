"""The serial transport on real ptys."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pty
import termios
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from hydrogen.errors import PortBusy, PortForbidden, PortMissing, PortUnusable
from hydrogen_drivers.transports.serial_port import SerialWire, open_serial_port
from tests.support.waiting import wait_until


class Listener(asyncio.Protocol):
    def __init__(self) -> None:
        self.data = b""
        self.losses: list[Exception | None] = []

    def data_received(self, data: bytes) -> None:
        self.data += data

    def connection_lost(self, exc: Exception | None) -> None:
        self.losses.append(exc)


class Pair:
    """A pty: `path` is what a host opens."""

    def __init__(self) -> None:
        self.master, self._slave = pty.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self.master, False)

    def read_all(self) -> bytes:
        data = b""
        while True:
            try:
                data += os.read(self.master, 65536)
            except BlockingIOError:
                return data

    def close(self) -> None:
        for descriptor in (self.master, self._slave):
            try:
                os.close(descriptor)
            except OSError:
                pass


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.close()


async def opened(path: str, baud: int = 115200) -> tuple[SerialWire, Listener]:
    listener = Listener()
    return await open_serial_port(path, baud, lambda: listener), listener


async def closed(wire: SerialWire, listener: Listener) -> None:
    wire.close()
    await wait_until(lambda: listener.losses, what="connection_lost")


async def test_bytes_travel_both_ways(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    wire.write(b"M105\n")
    await wait_until(lambda: pair.read_all() == b"M105\n")
    os.write(pair.master, b"ok\n")
    await wait_until(lambda: listener.data == b"ok\n")
    await closed(wire, listener)
    assert listener.losses == [None]


@pytest.mark.parametrize("baud", [9600, 115200, 250000, 1_000_000])
async def test_usual_and_odd_speeds_are_taken(pair: Pair, baud: int) -> None:
    await closed(*await opened(pair.path, baud))


async def test_megabyte_written_while_nobody_reads_arrives_whole_and_in_order(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    data = os.urandom(1 << 19) * 2
    for i in range(0, len(data), 4096):
        wire.write(data[i : i + 4096])
    assert wire.get_write_buffer_size() > 0
    received = bytearray()

    def all_there() -> bool:
        received.extend(pair.read_all())
        return len(received) == len(data)

    await wait_until(all_there, within_seconds=20)
    assert bytes(received) == data
    await wait_until(lambda: wire.unsent_bytes() == 0)
    await closed(wire, listener)


async def test_discarded_output_never_reaches_the_printer(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    wire.write(b"x" * 200_000)
    assert wire.unsent_bytes() > 100_000
    wire.discard_output()
    assert wire.get_write_buffer_size() == 0
    pair.read_all()
    wire.write(b"\nM112\n")
    received = bytearray()
    await wait_until(lambda: received.extend(pair.read_all()) or received.endswith(b"\nM112\n"))
    assert len(received) < 100_000
    await closed(wire, listener)


async def test_far_side_that_goes_away_is_told_once(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    pair.close()
    await wait_until(lambda: listener.losses)
    assert isinstance(listener.losses[0], OSError)
    wire.write(b"too late")
    wire.close()
    wire.close()
    assert len(listener.losses) == 1
    assert wire.unsent_bytes() == 0


async def test_closing_leaves_the_modem_lines_up(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    descriptor = os.open(pair.path, os.O_RDWR | os.O_NOCTTY)
    assert termios.tcgetattr(descriptor)[2] & termios.HUPCL == 0
    os.close(descriptor)
    await closed(wire, listener)


# ------------------------------------------------------------------------------------------------- what can be wrong


async def test_missing_port_is_named(tmp_path: Path) -> None:
    with pytest.raises(PortMissing, match="ttyNONE"):
        await opened(str(tmp_path / "ttyNONE"))


async def test_dangling_link_is_a_missing_port(tmp_path: Path) -> None:
    link = tmp_path / "ttyGONE"
    link.symlink_to("/dev/pts/does-not-exist")
    with pytest.raises(PortMissing):
        await opened(str(link))


@pytest.mark.parametrize("kind", ["file", "folder", "null"])
async def test_what_is_not_a_serial_device_is_said_to_be_none(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "thing"
    if kind == "file":
        path.write_text("hello")
    elif kind == "folder":
        path.mkdir()
    else:
        path = Path("/dev/null")
    with pytest.raises(PortUnusable, match="serial device"):
        await opened(str(path))


async def test_second_owner_is_refused(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    with pytest.raises(PortBusy, match="another program"):
        await opened(pair.path)
    await closed(wire, listener)
    await closed(*await opened(pair.path))


async def test_lock_held_by_another_program_is_respected(pair: Pair) -> None:
    descriptor = os.open(pair.path, os.O_RDWR | os.O_NOCTTY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(PortBusy):
        await opened(pair.path)
    os.close(descriptor)


async def test_port_without_permission_is_told_with_its_cure(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests may run as root, whom no mode stops: the refusal is the kernel's, played by `os.open`."""
    real_open = os.open

    def refusing(path: object, *rest: object, **more: object) -> int:
        if path == pair.path:
            raise PermissionError(13, "Permission denied", str(path))
        return real_open(path, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refusing)
    with pytest.raises(PortForbidden, match="group"):
        await opened(pair.path)
