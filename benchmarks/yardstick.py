"""The least a host can do: a raw descriptor, numbered lines, one in flight, wait for `ok`. What is above it is our price."""

from __future__ import annotations

import os
import tty

from hydrogen.gcode.checksum import numbered

NUMBER_BASE = 1000


class SmallestHost:
    """One open pty. Knows no time-outs, faults, temperatures or states."""

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


def frames_of(lines: list[bytes]) -> list[bytes]:
    """The lines with numbers and checksums, as a host that prepares everything beforehand has them."""
    return [numbered(NUMBER_BASE + 1 + i, line) for i, line in enumerate(lines)]
