"""What comes before lines may be sent: the opening, once in a while a measurement, the numbers.

::

    a new link                  opening (who is there?) ──► count from B
    a link with a past          resuming (what is your last line?) ──► count on, or else: a new link
    the buffer is to be known   measurement of the receive buffer ──► count from B again
    the numbers grow too long   count from B again

One object for `GcodeLink` to ask, whichever of the parts is at work.
"""

from __future__ import annotations

from collections import deque

from hydrogen.errors import DeviceError
from hydrogen.gcode.link.buffer_measurement import BufferMeasurement, ReceiveBuffer
from hydrogen.gcode.link.link_limits import LinkLimits
from hydrogen.gcode.link.link_state import LinkPhase, LinkTrigger, next_phase
from hydrogen.gcode.link.opening import Opening
from hydrogen.gcode.link.resuming import Resuming
from hydrogen.gcode.replies import Reply


class Beginning:
    """Pure: replies, garbage and `now` in; bytes, a verdict and the next deadline out.

    base: the number that counting begins at. byte_seconds: see GcodeLink. phase: OPENING, MEASURING (the printer counts from
    `last_number` then) or NUMBERING. resuming: what comes first, for a printer with a past. Over when `is_settled`, or with
    an `error`; then `numbers_checked`, `receive_buffer` (None: not measured), `resumed_from` (None: the numbers begin anew)
    and `greeting` tell what was found.
    """

    def __init__(
        self,
        base: int,
        byte_seconds: float,
        limits: LinkLimits,
        now: float,
        phase: LinkPhase = LinkPhase.OPENING,
        last_number: int = 0,
        resuming: Resuming | None = None,
    ) -> None:
        self.receive_buffer: ReceiveBuffer | None = None
        self._base = base
        self._limits = limits
        self._part: Opening | BufferMeasurement | Resuming
        if resuming is not None:
            self._part = resuming
        elif phase is LinkPhase.MEASURING:
            self._part = BufferMeasurement(base=last_number, byte_seconds=byte_seconds, quiet=limits.quiet, now=now)
        else:
            self._part = Opening(base=base, limits=limits, now=now, phase=phase)

    @property
    def phase(self) -> LinkPhase:
        """What the link is doing."""
        return LinkPhase.MEASURING if isinstance(self._part, BufferMeasurement) else self._part.phase

    @property
    def error(self) -> DeviceError | None:
        """Why it failed."""
        return None if isinstance(self._part, BufferMeasurement) else self._part.error

    @property
    def is_settled(self) -> bool:
        """Done: the printer counts from `base`, or on, or counts nothing, and no residue is on its way."""
        return not isinstance(self._part, BufferMeasurement) and self._part.is_settled

    @property
    def numbers_checked(self) -> bool:
        """Does the firmware check line numbers?"""
        return isinstance(self._part, BufferMeasurement) or self._part.numbers_checked

    @property
    def resumed_from(self) -> int | None:
        """The number that counting goes on behind."""
        return self._part.accepted if isinstance(self._part, Resuming) else None

    @property
    def announced(self) -> deque[int]:
        """The numbers of every M110 in `outgoing`; for the caller to empty."""
        return self._part.announced if isinstance(self._part, Opening) else deque()

    @property
    def greeting(self) -> tuple[str, ...]:
        """The text that was heard while opening, bounded."""
        return self._part.greeting if isinstance(self._part, Opening) else ()

    @property
    def outgoing(self) -> deque[bytes]:
        """What is to be sent, each entry in one write."""
        return self._part.outgoing

    def on_bytes(self, data: bytes) -> None:
        """Something came, whatever it is."""
        if isinstance(self._part, Opening):
            self._part.on_bytes(data)

    def on_reply(self, reply: Reply, now: float) -> None:
        """One line from the printer."""
        self._part.on_reply(reply, now)
        self._go_on(now)

    def next_deadline(self) -> float:
        """When `handle_deadline` is due; there always is one."""
        return self._part.next_deadline()

    def handle_deadline(self, now: float) -> None:
        """Ask again, go on, or give up."""
        self._part.handle_deadline(now)
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """The measurement is over: whatever it sent, the numbers begin anew. Nothing can be resumed: who is there?"""
        if isinstance(self._part, Resuming) and self._part.is_strange:
            phase = next_phase(LinkPhase.RESUMING, LinkTrigger.NUMBER_STRANGE)
            self._part = Opening(base=self._base, limits=self._limits, now=now, phase=phase)
        if isinstance(self._part, BufferMeasurement) and self._part.is_done:
            self.receive_buffer = self._part.result
            phase = next_phase(LinkPhase.MEASURING, LinkTrigger.BUFFER_MEASURED)
            self._part = Opening(base=self._base, limits=self._limits, now=now, phase=phase)
