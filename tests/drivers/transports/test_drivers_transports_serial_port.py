"""The serial transport on real ptys."""

from __future__ import annotations

import array
import asyncio
import fcntl
import os
import pty
import termios
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hydrogen.errors import LinkLost, PortBusy, PortForbidden, PortMissing, PortUnusable
from hydrogen_drivers.transports import serial_port
from hydrogen_drivers.transports.serial_port import SerialWire, open_serial_port
from tests.support.speed_peer import OUTPUT_SPEED_WORD, TCGETS2
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


def speed_of(pair: Pair) -> int:
    """What the host set, as the far side sees it."""
    words = array.array("I", [0] * 64)
    fcntl.ioctl(pair.master, TCGETS2, words)
    return words[OUTPUT_SPEED_WORD]


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
    wire, listener = await opened(pair.path, baud)
    assert speed_of(pair) == baud
    await closed(wire, listener)


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


async def test_closing_will_not_drop_dtr_whatever_the_port_was_set_to(pair: Pair) -> None:
    """A pty has no DTR to watch; HUPCL is what makes the kernel drop it at the last close."""
    before = os.open(pair.path, os.O_RDWR | os.O_NOCTTY)
    attributes = termios.tcgetattr(before)
    attributes[2] |= termios.HUPCL
    termios.tcsetattr(before, termios.TCSANOW, attributes)
    assert termios.tcgetattr(before)[2] & termios.HUPCL
    wire, listener = await opened(pair.path)
    assert termios.tcgetattr(before)[2] & termios.HUPCL == 0
    await wire.change_speed(250000)
    assert termios.tcgetattr(before)[2] & termios.HUPCL == 0
    await closed(wire, listener)
    assert termios.tcgetattr(before)[2] & termios.HUPCL == 0
    os.close(before)


# ---------------------------------------------------------------------------------------------------- another speed


@pytest.mark.parametrize("baud", [9600, 57600, 250000, 1_000_000])
async def test_open_port_changes_its_speed_and_keeps_its_lock_and_its_descriptor(pair: Pair, baud: int) -> None:
    wire, listener = await opened(pair.path)
    descriptor = wire.serial.fileno()
    await wire.change_speed(baud)
    assert speed_of(pair) == baud
    assert wire.serial.fileno() == descriptor
    with pytest.raises(PortBusy):
        await opened(pair.path)
    wire.write(b"M105\n")
    await wait_until(lambda: pair.read_all() == b"M105\n")
    await closed(wire, listener)
    with pytest.raises(LinkLost):
        await wire.change_speed(115200)


async def test_speed_that_no_port_takes_is_told(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    with pytest.raises(PortUnusable, match="baud"):
        await wire.change_speed(-5)
    await closed(wire, listener)


async def test_another_protocol_hears_what_comes_from_then_on(pair: Pair) -> None:
    wire, first = await opened(pair.path)
    second = Listener()
    wire.set_protocol(second)
    os.write(pair.master, b"ok\n")
    await wait_until(lambda: second.data == b"ok\n")
    await closed(wire, second)
    assert (first.data, first.losses) == (b"", [])


# ------------------------------------------------------------------------------------------------------ modem lines


class Kernel:
    """What a serial adapter's driver answers where a pty has nothing to: modem lines and the struct of TIOCGSERIAL."""

    REQUESTS = (
        termios.TIOCMGET,
        termios.TIOCMBIS,
        termios.TIOCMBIC,
        termios.TIOCMSET,
        termios.TIOCGSERIAL,
        termios.TIOCSSERIAL,
    )

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[int, int]] = []
        self._real = fcntl.ioctl
        monkeypatch.setattr(fcntl, "ioctl", self._ioctl)

    def _ioctl(self, descriptor: int, request: int, argument: Any = 0, mutate: bool = True) -> Any:
        if request not in self.REQUESTS:
            return self._real(descriptor, request, argument, mutate)
        words = argument if isinstance(argument, array.array) else array.array("i", bytes(argument))
        self.calls.append((request, words[4] if len(words) > 4 else words[0]))
        return 0

    def modem_calls(self) -> list[tuple[int, int]]:
        return [call for call in self.calls if call[0] not in (termios.TIOCGSERIAL, termios.TIOCSSERIAL)]


BOTH_LINES = termios.TIOCM_DTR | termios.TIOCM_RTS


async def test_opening_changing_the_speed_and_closing_never_touch_dtr_and_rts(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel = Kernel(monkeypatch)
    wire, listener = await opened(pair.path)
    await wire.change_speed(250000)
    await wire.change_speed(115200)
    wire.discard_input()
    wire.discard_output()
    await closed(wire, listener)
    assert kernel.modem_calls() == []


async def test_adapter_is_asked_for_low_latency(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """ASYNC_LOW_LATENCY is bit 13 of `serial_struct.flags`, the fifth word (linux/tty_flags.h, linux/serial.h)."""
    kernel = Kernel(monkeypatch)
    await closed(*await opened(pair.path))
    assert [request for request, _ in kernel.calls] == [termios.TIOCGSERIAL, termios.TIOCSSERIAL]
    assert kernel.calls[1][1] & 1 << 13


async def test_reset_takes_both_lines_down_and_up_again_together(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serial_port, "RESET_PULSE_SECONDS", 0.05)
    kernel = Kernel(monkeypatch)
    wire, listener = await opened(pair.path)
    began = asyncio.get_running_loop().time()
    assert await wire.pulse_reset()
    assert asyncio.get_running_loop().time() - began >= 0.04
    assert kernel.modem_calls() == [(termios.TIOCMBIC, BOTH_LINES), (termios.TIOCMBIS, BOTH_LINES)]
    await closed(wire, listener)
    assert not await wire.pulse_reset()


async def test_port_without_modem_lines_is_not_reset_and_says_so(pair: Pair) -> None:
    wire, listener = await opened(pair.path)
    assert not await wire.pulse_reset()
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
