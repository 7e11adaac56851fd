"""What a transport signs: bytes to and from a printer, whatever carries them.

Reading follows `asyncio.Protocol`: the transport calls `data_received(data)` and, once, `connection_lost(error)`.
"""

from __future__ import annotations

import asyncio
from typing import Protocol


class Wire(Protocol):
    """An open way to a printer."""

    def write(self, data: bytes) -> None:
        """Hand over bytes in order; never blocks, never raises. What cannot leave now waits in a buffer of its own."""

    def unsent_bytes(self) -> int:
        """Bytes that have not left the host: in the transport's buffer and, where it can be asked, in the kernel's."""

    def discard_output(self) -> None:
        """Throw away what has not left the host. For the emergency stop."""

    def discard_input(self) -> None:
        """Throw away what has arrived and was not read."""

    def close(self) -> None:
        """Close without touching the modem lines, so that the board is not reset. May be called twice."""


class PortWire(Wire, Protocol):
    """A wire while the printer behind it is being found."""

    @property
    def may_change_speed(self) -> bool:
        """Can the speed of the printer's port be chosen here? Else whoever stands between has chosen it."""

    @property
    def is_simulated(self) -> bool:
        """Is a simulator at its other end? As the kernel tells now, never concluded from what is said on the wire."""

    def set_protocol(self, protocol: asyncio.Protocol) -> None:
        """From now on `protocol` hears what comes; it is not told `connection_made`."""

    async def change_speed(self, baud: int) -> None:
        """Set the open port to `baud`; the modem lines see nothing of it. Raises PortUnusable or LinkLost."""

    async def pulse_reset(self) -> bool:
        """Take DTR and RTS down and up again, which resets most boards; False where there are no such lines."""
