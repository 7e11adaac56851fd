"""From the first byte to a link that takes lines: the opening, once in a while a measurement, the numbers.

::

    opening (who is there? count from B) ──► measurement of the receive buffer, if wanted ──► count from B again
    a second beginning of the same link only counts anew

One object for `GcodeLink` to ask, whichever of the parts is at work.
"""

from __future__ import annotations

from collections import deque

from hydrogen.errors import DeviceError
from hydrogen.gcode.buffer_measurement import BufferMeasurement, ReceiveBuffer
from hydrogen.gcode.link_limits import LinkLimits
from hydrogen.gcode.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.opening import Opening
from hydrogen.gcode.replies import Reply


class Beginning:
    """Pure: replies, garbage and `now` in; bytes, a verdict and the next deadline out.

    base: the number that counting begins at. byte_seconds: see GcodeLink. Over when `is_settled`, or with an `error`;
    then `numbers_checked`, `receive_buffer` (None: not measured) and `greeting` tell what was found.
    """

    def __init__(
        self, base: int, byte_seconds: float, limits: LinkLimits, now: float, phase: LinkPhase = LinkPhase.OPENING
    ) -> None:
        self.receive_buffer: ReceiveBuffer | None = None
        self._base = base
        self._byte_seconds = byte_seconds
        self._limits = limits
        self._opening = Opening(base=base, limits=limits, now=now, phase=phase)
        self._measurement: BufferMeasurement | None = None
        self._is_measuring_wanted = limits.measures_receive_buffer and phase is LinkPhase.OPENING

    @property
    def phase(self) -> LinkPhase:
        """What the link is doing."""
        return LinkPhase.MEASURING if self._measurement is not None else self._opening.phase

    @property
    def error(self) -> DeviceError | None:
        """Why it failed."""
        return self._opening.error

    @property
    def is_settled(self) -> bool:
        """Done: the printer counts from `base`, or counts nothing, and no residue is on its way."""
        return self._measurement is None and self._opening.is_settled and not self._wants_to_measure

    @property
    def numbers_checked(self) -> bool:
        """Does the firmware check line numbers?"""
        return self._opening.numbers_checked

    @property
    def outgoing(self) -> deque[bytes]:
        """What is to be sent, each entry in one write."""
        return self._opening.outgoing if self._measurement is None else self._measurement.outgoing

    def on_bytes(self, count: int) -> None:
        """Something came, whatever it is."""
        self._opening.on_bytes(count)

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer."""
        if self._measurement is None:
            self._opening.on_reply(reply, now)
        else:
            self._measurement.on_reply(reply, now)
        self._go_on(now)

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        return self._opening.next_deadline() if self._measurement is None else self._measurement.next_deadline()

    def handle_deadline(self, now: float) -> None:
        """Ask again, go on, or give up."""
        if self._measurement is None:
            self._opening.handle_deadline(now)
        else:
            self._measurement.handle_deadline(now)
        self._go_on(now)

    @property
    def _wants_to_measure(self) -> bool:
        return self._is_measuring_wanted and self._opening.numbers_checked and self._opening.error is None

    def _go_on(self, now: float) -> None:
        measurement = self._measurement
        if measurement is not None and measurement.is_done:
            self.receive_buffer = measurement.result
            self._measurement = None
            phase = next_phase(LinkPhase.MEASURING, LinkTrigger.BUFFER_MEASURED)
            self._opening = Opening(base=self._base, limits=self._limits, now=now, phase=phase)
        elif measurement is None and self._wants_to_measure and self._opening.is_settled:
            self._is_measuring_wanted = False
            next_phase(self._opening.phase, LinkTrigger.BUFFER_UNKNOWN)
            self._measurement = BufferMeasurement(
                base=self._base,
                byte_seconds=self._byte_seconds,
                quiet=self._limits.quiet,
                now=now,
            )
