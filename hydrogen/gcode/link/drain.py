"""When is the residue of a fault over?

After a refused line the printer's receive buffer was thrown away, but what was still on the wire arrives as fragments, and
each makes another refusal. So nothing is sent until everything has left the wire and the printer has fallen silent. What
the printer reports by itself is no residue, and a printer that never stops talking cannot prolong it for ever.
"""

from __future__ import annotations

from hydrogen.gcode.link.link_limits import LinkLimits


class Drain:
    """Bytes on the wire, and the silence after a fault. All times are monotonic seconds.

    ends_with_ok: nothing was refused but the probe itself, so its `ok` is the last of it.
    byte_seconds: time of a byte on the wire, 0 where it is not known. On a USB port or a pty the wire is faster than the
    baud rate says, so what the printer has acknowledged counts as arrived.
    """

    __slots__ = ("_byte_seconds", "_ends_at", "_limits", "_quiet_at", "_wire_free_at", "ends_with_ok")

    def __init__(self, byte_seconds: float, limits: LinkLimits) -> None:
        self._byte_seconds = byte_seconds
        self._limits = limits
        self._wire_free_at = 0.0
        self._quiet_at = 0.0
        self._ends_at = 0.0
        self.ends_with_ok = False

    def wire_seconds(self, size: int) -> float:
        """How long `size` bytes are on the wire."""
        return size * self._byte_seconds

    def on_sent(self, size: int, now: float, *, is_alone: bool) -> None:
        """`size` bytes were handed to the port; `is_alone`: nothing before them is unacknowledged."""
        begins = now if is_alone or self._wire_free_at < now else self._wire_free_at
        self._wire_free_at = begins + size * self._byte_seconds

    def begin(self, now: float, in_flight_bytes: int) -> None:
        """A fault: of what was sent, at most `in_flight_bytes` can still be on the wire."""
        self.ends_with_ok = False
        self._ends_at = now + self._limits.drain_most
        self._wire_free_at = min(self._wire_free_at, now + in_flight_bytes * self._byte_seconds)
        self.prolong(now)

    def prolong(self, now: float) -> None:
        """More residue: the silence begins anew."""
        self._quiet_at = min(max(now, self._wire_free_at) + self._limits.quiet, self._ends_at)

    def end(self, now: float) -> None:
        """There is nothing to wait for."""
        self._quiet_at = self._ends_at = now

    @property
    def quiet_at(self) -> float:
        """When it is over if nothing more comes."""
        return self._quiet_at
