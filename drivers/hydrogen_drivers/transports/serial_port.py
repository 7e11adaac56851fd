"""A serial port, or a pty that stands for one.

pyserial sets the port up; reading and writing go straight to the descriptor. The stock transport of pyserial-asyncio costs
twice the CPU per line, sums its whole queue at each write and drains the port inside the event loop when it closes
(measured); so those methods are replaced here, and nothing else.

Opening a Linux tty raises DTR in the kernel, which resets many boards; that cannot be helped. What can: HUPCL is cleared
right after, so that closing leaves DTR up and the *next* open resets nothing, and DTR and RTS are set by us only when a
reset is asked for (`pulse_reset`). A port is set to another speed while it is open, never reopened for it. The port is
locked with flock, not TIOCEXCL: on a pty the latter outlives the kill -9 of its owner.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import select
import stat
import sys
import termios
from collections.abc import Callable
from pathlib import Path
from typing import Any

import serial
from serial_asyncio import SerialTransport

from hydrogen.errors import DeviceError, LinkLost, PortBusy, PortForbidden, PortMissing, PortUnusable
from hydrogen_drivers.transports.simulated_port import is_simulated

OPEN_SECONDS = 5.0
"""A tty opens at once, or hangs in its driver."""

SPEED_SECONDS = 2.0
"""Another speed is one request to a USB adapter, which answers within milliseconds or not at all."""

RESET_PULSE_SECONDS = 0.25
"""How long DTR and RTS are down. avrdude (`arduino.c`, `arduino_open`) waited 50 ms, then 250 ms, 20 ms of late: the 100 nF
between the line and RESET must discharge. The reset itself happens when the lines come up again."""

_RESET_LINES = (termios.TIOCM_DTR | termios.TIOCM_RTS).to_bytes(4, sys.byteorder)
"""Both in one request, as avrdude moves them: RESET hangs on DTR on an Arduino and most CH340 boards, on RTS on some; and an
ESP32, whose two transistors act when the lines differ, is not sent into its bootloader by one that comes first."""

READ_BYTES = 4096
"""More than a pty or a USB endpoint gives in one read."""


class SerialWire(SerialTransport):  # type: ignore[misc]  # pyserial-asyncio has no types
    """The transport of one open port; `PortWire` plus asyncio's own interface."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol, port: serial.Serial) -> None:
        self._descriptor: int = port.fileno()
        self._unsent = bytearray()
        super().__init__(loop, protocol, port)

    def _read_ready(self) -> None:
        try:
            data = os.read(self._descriptor, READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._abort(error)
            return
        if data:
            self._protocol.data_received(data)
        elif self._is_hung_up():
            self._abort(OSError(errno.EIO, "the device is gone"))

    def _is_hung_up(self) -> bool:
        """A raw tty (VMIN 0) reads 0 bytes when there are none; only a hang-up tells that it is gone."""
        poll = select.poll()
        poll.register(self._descriptor, select.POLLIN)
        return any(events & (select.POLLHUP | select.POLLERR) for _, events in poll.poll(0))

    def write(self, data: bytes) -> None:
        """See Wire.write."""
        if self._closing:
            return
        if not self._unsent:
            try:
                sent = os.write(self._descriptor, data)
            except (BlockingIOError, InterruptedError):
                sent = 0
            except OSError as error:
                self._abort(error)
                return
            if sent == len(data):
                return
            data = data[sent:]
        self._unsent += data
        self._ensure_writer()

    def _write_ready(self) -> None:
        try:
            sent = os.write(self._descriptor, self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            self._abort(error)
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._remove_writer()

    def get_write_buffer_size(self) -> int:
        """Bytes that the kernel has not taken."""
        return len(self._unsent)

    def unsent_bytes(self) -> int:
        """See Wire.unsent_bytes."""
        if self._closing:
            return 0
        try:
            waiting = int.from_bytes(fcntl.ioctl(self._descriptor, termios.TIOCOUTQ, bytes(4)), "little")
        except OSError:
            waiting = 0
        return len(self._unsent) + waiting

    def discard_output(self) -> None:
        """See Wire.discard_output."""
        self._unsent.clear()
        self._remove_writer()
        self._flush_kernel(termios.TCOFLUSH)

    def discard_input(self) -> None:
        """See Wire.discard_input."""
        self._flush_kernel(termios.TCIFLUSH)

    def _flush_kernel(self, queue: int) -> None:
        if self._closing:
            return
        try:
            termios.tcflush(self._descriptor, queue)
        except termios.error:
            pass  # a port that is gone has nothing to flush

    @property
    def may_change_speed(self) -> bool:
        """See PortWire: it is our own port."""
        return True

    @property
    def is_simulated(self) -> bool:
        """See PortWire."""
        return is_simulated(self._descriptor)

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        """From now on `protocol` hears what comes; it is not told `connection_made`."""
        self._protocol = protocol

    async def change_speed(self, baud: int) -> None:
        """Set the open port to `baud`; the modem lines see nothing of it. Raises PortUnusable or LinkLost."""
        if self._closing:
            raise LinkLost(f"{self._serial.port} is closed", port=self._serial.port)
        try:
            async with asyncio.timeout(SPEED_SECONDS):
                await self._loop.run_in_executor(None, self._set_speed, baud)
        except TimeoutError:
            said = f"{self._serial.port} did not take {baud} baud within {SPEED_SECONDS:.0f} s; unplug and replug it"
            raise PortUnusable(said, port=self._serial.port, baud=baud) from None

    def _set_speed(self, baud: int) -> None:
        path = self._serial.port
        try:
            self._serial.baudrate = baud
        except serial.SerialException as error:
            raise _port_error(path, baud, error) from error
        except (ValueError, OverflowError, OSError, termios.error) as error:
            raise PortUnusable(f"{path} does not take {baud} baud: {error}", port=path, baud=baud) from error

    async def pulse_reset(self) -> bool:
        """Take DTR and RTS down for RESET_PULSE_SECONDS and up again, which resets most boards with an adapter.

        False for a port that has no such lines (a pty): nothing was reset.
        """
        if not self._move_reset_lines(termios.TIOCMBIC):
            return False
        await asyncio.sleep(RESET_PULSE_SECONDS)
        return self._move_reset_lines(termios.TIOCMBIS)

    def _move_reset_lines(self, request: int) -> bool:
        if self._closing:
            return False
        try:
            fcntl.ioctl(self._descriptor, request, _RESET_LINES)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Close now; unsent bytes are dropped. May be called twice."""
        if not self._closing:
            self._abort(None)

    def _call_connection_lost(self, error: Exception | None) -> None:
        """As the stock one, without the drain that can block the loop on a port held by flow control."""
        try:
            self._protocol.connection_lost(error)
        finally:
            self._unsent.clear()
            self._serial.close()


class QuietSerial(serial.Serial):
    """pyserial's port with the modem lines left alone."""

    def _update_dtr_state(self) -> None:
        """DTR stays as the kernel set it."""

    def _update_rts_state(self) -> None:
        """RTS stays as the kernel set it."""


async def open_serial_port(path: str, baud: int, protocol_factory: Callable[[], Any]) -> SerialWire:
    """Open, configure and lock `path`; the protocol hears `connection_made` soon after.

    Raises PortMissing, PortBusy, PortForbidden, PortUnusable or LinkLost, each saying what to do.
    """
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            port = await loop.run_in_executor(None, _open, path, baud)
    except TimeoutError:
        raise PortUnusable(
            f"{path} did not open within {OPEN_SECONDS:.0f} s; unplug and replug it", port=path
        ) from None
    return SerialWire(loop, protocol_factory(), port)


def _open(path: str, baud: int) -> QuietSerial:
    _check_path(path)
    try:
        port = QuietSerial(path, baudrate=baud, exclusive=True, timeout=0, write_timeout=0)
    except serial.SerialException as error:
        raise _port_error(path, baud, error) from error
    except (ValueError, OverflowError, OSError, termios.error) as error:
        raise PortUnusable(f"{path} does not take {baud} baud: {error}", port=path, baud=baud) from error
    _keep_lines_up(port.fileno())
    _ask_for_low_latency(port)
    return port


def _check_path(path: str) -> None:
    try:
        mode = Path(path).stat().st_mode
    except FileNotFoundError:
        raise PortMissing(f"there is no port {path}: is the cable plugged in?", port=path) from None
    except OSError as error:
        raise PortForbidden(f"{path} cannot be looked at: {error.strerror}", port=path) from None
    if not stat.S_ISCHR(mode):
        raise PortUnusable(f"{path} is not a serial device", port=path)


def _port_error(path: str, baud: int, error: serial.SerialException) -> DeviceError:
    number = error.errno
    if number in (errno.EACCES, errno.EPERM):
        return PortForbidden(
            f"no permission to open {path}: add the user to the group that owns it (often `dialout`)",
            port=path,
        )
    if number in (errno.EBUSY, errno.EWOULDBLOCK):
        return PortBusy(f"{path} is held by another program; close that one first", port=path)
    if number in (errno.ENOENT, errno.ENXIO, errno.ENODEV):
        return PortMissing(f"{path} leads to no device: is the cable plugged in?", port=path)
    if number == errno.EIO:
        return LinkLost(f"{path} answers with an input/output error: replug it", port=path)
    return PortUnusable(f"{path} is not a usable serial device at {baud} baud: {error}", port=path, baud=baud)


def _keep_lines_up(descriptor: int) -> None:
    attributes = termios.tcgetattr(descriptor)
    attributes[2] &= ~termios.HUPCL
    termios.tcsetattr(descriptor, termios.TCSANOW, attributes)


def _ask_for_low_latency(port: QuietSerial) -> None:
    """FTDI adapters hold answers back for up to 16 ms otherwise; who cannot do it (a pty, CDC-ACM) says so."""
    try:
        port.set_low_latency_mode(True)
    except (OSError, ValueError, AttributeError):
        pass
