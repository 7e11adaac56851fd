"""The least a host can do: a raw descriptor, numbered lines, one or a few in flight, wait for `ok`. It shows what the wire and
the printer allow; what we cost more is our price."""

from __future__ import annotations

import os
import tty

from hydrogen.gcode.checksum import numbered

NUMBER_BASE = 1000


class SmallestHost:
    """One open pty, one line in flight, plain `ok`s. Knows no time-outs, faults, temperatures or states."""

    def __init__(self, port: str) -> None:
        self._descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._descriptor)
        self._send(numbered(NUMBER_BASE, b"M110 N%d" % NUMBER_BASE))

    def print_frames(self, frames: list[bytes]) -> None:
        """Send them one by one, each after the `ok` of the former; returns after the last `ok`."""
        for frame in frames:
            self._send(frame)

    def close(self) -> None:
        os.close(self._descriptor)

    def _send(self, frame: bytes) -> None:
        os.write(self._descriptor, frame)
        said = os.read(self._descriptor, 4096)
        while not said.endswith(b"ok\n"):
            said += os.read(self._descriptor, 4096)


class WindowedHost(SmallestHost):
    """The same with up to `in_flight` unacknowledged lines, whatever the printer can hold; `ok`s may have numbers."""

    def __init__(self, port: str, in_flight: int) -> None:
        self._in_flight = in_flight
        self._unacknowledged = 0
        self._partial = b""
        super().__init__(port)

    def print_frames(self, frames: list[bytes]) -> None:
        """Send them as the window has room; returns after the last `ok`."""
        for frame in frames:
            self._await_oks(self._in_flight - 1)
            os.write(self._descriptor, frame)
            self._unacknowledged += 1
        self._await_oks(0)

    def _send(self, frame: bytes) -> None:
        os.write(self._descriptor, frame)
        self._unacknowledged += 1
        self._await_oks(0)

    def _await_oks(self, most: int) -> None:
        """Until no more than `most` lines are unacknowledged."""
        while self._unacknowledged > most:
            *lines, self._partial = (self._partial + os.read(self._descriptor, 4096)).split(b"\n")
            self._unacknowledged -= sum(line.startswith(b"ok") for line in lines)


def frames_of(lines: list[bytes]) -> list[bytes]:
    """The lines with numbers and checksums, as a host that prepares everything beforehand has them."""
    return [numbered(NUMBER_BASE + 1 + i, line) for i, line in enumerate(lines)]
